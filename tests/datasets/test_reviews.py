"""IMDB from a small archive in the published format, and from wrong ones."""

from __future__ import annotations

import pytest

from datasets.errors import ChecksumError, FormatError
from datasets.reviews import load_imdb

from . import made

NAME = "aclImdb_v1.tar.gz"


def imdb_source(tmp_path, members, count=4):
    """An archive in a folder and its catalogue entry."""
    files = {NAME: made.tar_gz(members)}
    return made.put(tmp_path, files), made.source("imdb", files, {"train": count, "test": count}, classes=2)


def test_imdb_is_read(tmp_path):
    """Texts, labels and ratings come in a fixed order, and unlabelled reviews stay out."""
    folder, entry = imdb_source(tmp_path, made.imdb())
    splits = load_imdb(folder, source=entry)

    assert ("test bad 0", "test bad 1", "test good 0 <br /> café", "test good 1 <br /> café") == splits["test"].texts
    assert [0, 0, 1, 1] == splits["train"].y.tolist()
    assert [1, 4, 10, 7] == splits["train"].ratings.tolist()


def test_imdb_is_checked_before_it_is_opened(tmp_path, monkeypatch):
    """With other bytes than the catalogue's the archive is not opened at all."""
    folder, entry = imdb_source(tmp_path, made.imdb())
    (folder / NAME).write_bytes(b"<html>busy</html>")
    monkeypatch.setattr("datasets.reviews.tarfile.open", lambda *_: pytest.fail("it was opened"))

    with pytest.raises(ChecksumError, match="is a web page"):
        load_imdb(folder, source=entry)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"aclImdb/train/pos/7_3.txt": b"bad"}, "does not fit its label"),
        ({"aclImdb/train/neg/7_11.txt": b"bad"}, "does not fit its label"),
        ({"aclImdb/train/neg/7_0.txt": b"bad"}, "does not fit its label"),
        ({"aclImdb/train/pos/7_9.txt": b"one more"}, "should have 4 reviews"),
        ({"aclImdb/train/pos/0_10.txt": b"\xff\xfe"}, "truncated or damaged"),
        ({"aclImdb/train/pos/0_10.txt": b"x" * (2 << 20)}, "too large"),
    ],
    ids=["low_positive", "rating_11", "rating_0", "count", "no_utf8", "too_large"],
)
def test_a_wrong_archive_is_refused(tmp_path, changes, words):
    """Ratings, numbers and encoding are checked."""
    folder, entry = imdb_source(tmp_path, made.imdb() | changes)
    with pytest.raises(FormatError, match=words):
        load_imdb(folder, source=entry)


def test_half_an_archive_is_refused(tmp_path):
    """An archive that ends early is a FormatError, also under a right checksum."""
    files = {NAME: made.tar_gz(made.imdb())[:300]}
    entry = made.source("imdb", files, {"train": 4, "test": 4}, classes=2)
    with pytest.raises(FormatError, match="truncated or damaged"):
        load_imdb(made.put(tmp_path, files), source=entry)
