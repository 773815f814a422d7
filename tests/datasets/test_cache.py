"""Downloading: checked, resumed, and honest about what went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.cache import cache_folder, fetch
from datasets.errors import ChecksumError, DatasetError, UnavailableError

from .made import remote
from .server import Behaviour, serving

DATA = bytes(range(256)) * 40
PAGE = b"\n<!DOCTYPE html><html><body>Please log in</body></html>"
NOWHERE = "http://127.0.0.1:9/file"  # the discard port: nobody listens


@pytest.fixture(autouse=True)
def _online(monkeypatch):
    """Whatever is set outside does not count, and no proxy is between."""
    monkeypatch.delenv("DATASETS_OFFLINE", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def test_a_file_is_downloaded_once(tmp_path):
    """The first call downloads and checks, the second finds the file."""
    behaviour = Behaviour(DATA)
    with serving(behaviour) as url:
        for _ in range(2):
            path = fetch(remote("file.gz", DATA, url), tmp_path / "new" / "folder")

    assert DATA == path.read_bytes()
    assert [""] == behaviour.asked
    assert ["file.gz"] == [file.name for file in path.parent.iterdir()]


def test_an_interrupted_download_is_resumed(tmp_path):
    """What came before the connection broke is not asked for again."""
    behaviour = Behaviour(DATA, cut_after=[3000, 2000])
    with serving(behaviour) as url:
        path = fetch(remote("file.gz", DATA, url), tmp_path)

    assert DATA == path.read_bytes()
    assert ["", "bytes=3000-", "bytes=5000-"] == behaviour.asked


def test_a_download_goes_on_in_another_run(tmp_path):
    """After three broken connections the part stays, and the next call goes on from it."""
    behaviour = Behaviour(DATA, cut_after=[1000, 1000, 1000])
    with serving(behaviour) as url:
        file = remote("file.gz", DATA, url)
        with pytest.raises(UnavailableError, match=r"only 3,000 of 10,240 bytes|IncompleteRead"):
            fetch(file, tmp_path)
        path = fetch(file, tmp_path)

    assert DATA == path.read_bytes()
    assert "bytes=3000-" == behaviour.asked[-1]


def test_a_server_that_cannot_resume_starts_again(tmp_path):
    """An answer with the whole file replaces the part."""
    (tmp_path / "file.gz.part").write_bytes(b"old" * 100)
    behaviour = Behaviour(DATA, ranges=False)
    with serving(behaviour) as url:
        path = fetch(remote("file.gz", DATA, url), tmp_path)

    assert DATA == path.read_bytes()


def test_a_wrong_part_is_not_kept(tmp_path):
    """Where the resumed file is not the right one, the next call starts from nothing."""
    (tmp_path / "file.gz.part").write_bytes(b"x" * 100)
    behaviour = Behaviour(DATA)
    with serving(behaviour) as url:
        file = remote("file.gz", DATA, url)
        with pytest.raises(UnavailableError, match="damaged or another file"):
            fetch(file, tmp_path)
        path = fetch(file, tmp_path)

    assert DATA == path.read_bytes()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (PAGE, "is a web page, not file.gz"),
        (PAGE + b" " * len(DATA), "is a web page, not file.gz"),
        (DATA[:-1] + b"?", "damaged or another file"),
        (DATA + b"more", "is too long"),
        (DATA[:-7], "only 10,233 of 10,240 bytes were received"),
    ],
    ids=["page", "long_page", "corrupt", "too_long", "truncated"],
)
def test_a_wrong_download_is_refused(tmp_path, sent, words):
    """A web page, other bytes, too many or too few of them: said in words, and never under the file's name."""
    with serving(Behaviour(sent)) as url, pytest.raises(UnavailableError, match=words):
        fetch(remote("file.gz", DATA, url), tmp_path)

    assert not (tmp_path / "file.gz").exists()


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (PAGE, "is a web page"),
        (DATA[:-1] + b"?", "damaged"),
        (DATA[:50], "is incomplete: it has 50 bytes"),
        (b"", "is incomplete"),
    ],
    ids=["page", "corrupt", "truncated", "empty"],
)
def test_a_wrong_file_in_the_cache_is_refused(tmp_path, found, words):
    """A file that was put there by hand is checked like any other, and is left for its owner to delete."""
    (tmp_path / "file.gz").write_bytes(found)
    with pytest.raises(ChecksumError, match=words):
        fetch(remote("file.gz", DATA, NOWHERE), tmp_path)

    assert found == (tmp_path / "file.gz").read_bytes()


def test_the_second_address_is_tried(tmp_path):
    """Where the first address fails, the second serves."""
    with serving(Behaviour(PAGE, status=404)) as gone, serving(Behaviour(DATA)) as url:
        path = fetch(remote("file.gz", DATA, NOWHERE, gone, url), tmp_path)

    assert DATA == path.read_bytes()


def test_without_a_connection_the_error_says_where_to_put_the_file(tmp_path):
    """The message names the file, its size and hash, the address, and the path."""
    file = remote("file.gz", DATA, NOWHERE)
    with pytest.raises(UnavailableError) as caught:
        fetch(file, tmp_path)

    for words in ("10,240 bytes", file.sha256, NOWHERE, str(tmp_path / "file.gz"), "put it here"):
        assert words in str(caught.value)


def test_offline_nothing_is_asked_for(tmp_path, monkeypatch):
    """With DATASETS_OFFLINE set no server is asked, and a file that is there is found."""
    monkeypatch.setenv("DATASETS_OFFLINE", "1")
    behaviour = Behaviour(DATA)
    with serving(behaviour) as url:
        file = remote("file.gz", DATA, url)
        with pytest.raises(UnavailableError, match="DATASETS_OFFLINE is set"):
            fetch(file, tmp_path)
        (tmp_path / "file.gz").write_bytes(DATA)

        assert tmp_path / "file.gz" == fetch(file, tmp_path)
    assert [] == behaviour.asked


def test_a_cache_that_cannot_be_made_is_said(tmp_path):
    """Where the folder cannot be made, the message names the variable that chooses another."""
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DatasetError, match="DATASETS_CACHE"):
        fetch(remote("file.gz", DATA, NOWHERE), tmp_path / "file" / "folder")


def test_the_cache_folder_can_be_chosen(tmp_path, monkeypatch):
    """DATASETS_CACHE wins; without it the user's cache folder is taken."""
    monkeypatch.setenv("DATASETS_CACHE", str(tmp_path))
    assert tmp_path == cache_folder()

    monkeypatch.delenv("DATASETS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("datasets.cache.sys.platform", "linux")
    assert tmp_path / "deep-learning-datasets" == cache_folder()
    monkeypatch.setattr("datasets.cache.sys.platform", "darwin")
    assert Path.home() / "Library" / "Caches" / "deep-learning-datasets" == cache_folder()
