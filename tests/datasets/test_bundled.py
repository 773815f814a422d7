"""Real data from installed packages, and the catalogue."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest

import datasets
from datasets import bundled
from datasets.catalogue import CATALOGUE, catalogue, source
from datasets.errors import ChecksumError, DatasetError, UnavailableError


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("digits", (1797, 64), 10),
        ("iris", (150, 4), 3),
        ("wine", (178, 13), 3),
        ("breast_cancer", (569, 30), 2),
        ("diabetes", (442, 10), 0),
    ],
)
def test_tables_have_the_catalogues_size(name, shape, classes):
    """Each table has its rows, features and classes, and can be changed without harm to the next call."""
    table = getattr(datasets, f"load_{name}")()

    assert shape == table.x.shape
    assert (shape[0],) == table.y.shape
    assert shape[0] == source(name).splits["all"]
    assert shape[1] == len(table.feature_names)
    assert classes == len(table.class_names) == (len(set(table.y.tolist())) if classes else 0)
    table.x[:] = 0
    assert getattr(datasets, f"load_{name}")().x.any()


def test_other_data_than_the_catalogues_are_refused(monkeypatch):
    """A changed value in the package is noticed."""
    import sklearn.datasets

    bunch = sklearn.datasets.load_iris()
    bunch.data[17, 2] += 0.1
    monkeypatch.setattr(sklearn.datasets, "load_iris", lambda: bunch)

    with pytest.raises(ChecksumError, match="iris"):
        datasets.load_iris()


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch):
    """The package is imported only when a table is asked for."""
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(UnavailableError, match="pip install scikit-learn"):
        datasets.load_digits()


def test_english_text_is_prose():
    """Half a million characters, the same on each call, cut into three parts that make up the whole."""
    text = datasets.english_text()
    parts = datasets.split_text(text)

    assert ["train", "val", "test"] == list(parts)
    assert text == "".join(parts.values()) == datasets.english_text()
    assert 0.8 == pytest.approx(len(parts["train"]) / len(text), abs=1e-5)
    bundled.check_english(text, None)


@pytest.mark.parametrize(
    "text",
    ["the of and is to that with object " * 10, "x = 1\n" * 100_000, "abcdef ghij " * 50_000, ""],
    ids=["short", "code", "other_words", "nothing"],
)
def test_other_texts_are_refused(text):
    """Without a pinned hash, length, letters and common words are looked at; with one, the hash."""
    with pytest.raises(ChecksumError):
        bundled.check_english(text, None)
    with pytest.raises(ChecksumError):
        bundled.check_english(text, "0" * 64)


def test_the_catalogue_is_complete():
    """Every entry has a title, source and licence; every download has hashes, sizes that add up, and addresses."""
    entries = catalogue()

    assert {"bundled", "download", "synthetic", "trained"} == {entry.kind for entry in entries.values()}
    for entry in entries.values():
        assert entry.title
        assert entry.source
        assert entry.licence
        assert (entry.kind == "download") == bool(entry.files)
        for file in entry.files:
            assert re.fullmatch("[0-9a-f]{64}", file.sha256)
            assert all(url.startswith("http") and url.endswith(file.name) for url in file.urls)
            assert file.bytes > 0
            assert file.urls
        if entry.kind in ("bundled", "trained"):
            assert entry.sha256 or entry.pins


def test_the_bytes_of_downloads_add_up():
    """The bytes of an entry are those of its files."""
    import tomllib

    entries = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    downloads = {name: entry for name, entry in entries.items() if entry["kind"] == "download"}

    assert {name: entry["bytes"] for name, entry in downloads.items()} == {
        name: sum(file["bytes"] for file in entry["files"]) for name, entry in downloads.items()
    }


def test_unknown_names_and_broken_catalogues_are_said(tmp_path):
    """A name that is not there, a file that is no TOML and an entry without a title are DatasetErrors."""
    with pytest.raises(DatasetError, match="breast_cancer, cifar10"):
        source("imagenet")
    for text in ("[", "[x]\nkind = 'bundled'"):
        (tmp_path / "datasets.toml").write_text(text)
        with pytest.raises(DatasetError, match=r"datasets\.toml"):
            catalogue(tmp_path / "datasets.toml")


def test_public_names_are_sorted_and_there():
    """``__all__`` is sorted, and every name in it is there."""
    assert sorted(datasets.__all__) == datasets.__all__
    assert all(hasattr(datasets, name) for name in datasets.__all__)


def test_importing_is_light():
    """The package needs numpy and the standard library until a table is asked for."""
    import subprocess

    code = "import sys, datasets; print([n for n in ('sklearn', 'torch', 'matplotlib', 'PIL') if n in sys.modules])"
    root = CATALOGUE.parent.parent
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert "[]" == found.stdout.strip()
    assert np.__name__ == "numpy"
