"""What students sent lies on disk without a name, and comes back as it was."""

from __future__ import annotations

import hashlib
import io
import os
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import AutograderError, GradebookError
from autograder.intake import ReadLimits
from autograder.intake.collect import collect_folder
from autograder.intake.spool import Spool, StoredFile
from autograder.model import Submission
from autograder.pipeline.storing import pack, unpack


@given(st.lists(st.binary(max_size=300), max_size=12))
def test_bytes_come_back_in_any_order(contents: list[bytes]) -> None:
    """Each file's own bytes, empty ones too."""
    spool = Spool()
    kept = [spool.put(data) for data in contents]

    assert contents[::-1] == [stored.read() for stored in kept[::-1]]


def test_no_name_leads_to_it(tmp_path: Path) -> None:
    """Nothing is left in the folder, even while it is open."""
    spool = Spool(tmp_path)
    kept = spool.put(b"x" * 100)

    assert [] == list(tmp_path.iterdir())
    assert b"x" * 100 == kept.read()


@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, 400), st.integers(-1, 100)), max_size=8))
def test_a_stored_file_reads_like_any_file(data: bytes, moves: list[tuple[int, int]]) -> None:
    """Seek, tell and read are those of a file with these bytes alone; its hash is known."""
    spool = Spool()
    spool.put(b"before")
    stored = spool.put_chunks([data[:100], data[100:]])
    spool.put(b"after")

    assert (len(data), hashlib.sha256(data).hexdigest()) == (stored.size_bytes, stored.sha256)
    with stored.open() as found, io.BytesIO(data) as expected:
        for place, count in moves:
            assert expected.seek(place) == found.seek(place)
            assert expected.read(count) == found.read(count)
            assert expected.tell() == found.tell()
        assert expected.seek(0, io.SEEK_END) == found.seek(0, io.SEEK_END)


def test_a_file_that_fails_half_way_leaves_no_bytes() -> None:
    """The next file begins where the broken one began."""
    spool = Spool()

    def broken() -> Iterator[bytes]:
        yield b"x" * 100
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        spool.put_chunks(broken())

    assert (0, b"next") == ((stored := spool.put(b"next")).start, stored.read())


def test_weights_cost_no_memory(tmp_path: Path) -> None:
    """A 200 MiB file in a zip in a download is unpacked, hashed, packed and read again in pieces."""
    size_mib = 200
    chunk = os.urandom(1 << 20)
    with zipfile.ZipFile(tmp_path / "work.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("scratch/optim.py", "class SGD:\n    pass\n")
        with archive.open("model/weights.pt", "w") as entry:
            for _ in range(size_mib):
                entry.write(chunk)
    expected = hashlib.sha256(chunk * 1)
    for _ in range(size_mib - 1):
        expected.update(chunk)
    folder = tmp_path / "class"
    folder.mkdir()
    (tmp_path / "work.zip").rename(folder / "ann.zip")
    tracemalloc.start()
    found, _ = collect_folder(folder, ReadLimits(), Spool(tmp_path), ZoneInfo("Europe/Dublin"))
    (sent,) = [Submission(files.number, files=files.files) for files in found.values()]
    record = unpack("ann", pack(sent))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert ["model/weights.pt", "scratch/optim.py"] == [file.path for file in sent.files]
    assert (size_mib << 20, expected.hexdigest()) == (sent.files[0].size_bytes, sent.files[0].sha256)
    assert sent.sha256 == record.sha256
    assert peak_bytes < 8 << 20
    with pytest.raises(GradebookError, match="too large for the gradebook"):
        record.files[0].open()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_our_fault_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """It never becomes a finding of a student."""
    spool = Spool()
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, start: os.write(full, data))  # os.pwrite's form
    with pytest.raises(AutograderError, match="No space left"):
        spool.put(b"x")
    os.close(full)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """In words, with the remedy."""
    with pytest.raises(AutograderError, match="output folder"):
        Spool(tmp_path / "missing")


def test_bytes_that_are_gone_are_said() -> None:
    """Half a file is never taken for a whole one."""
    with pytest.raises(AutograderError, match="too short"):
        StoredFile(Spool(), 0, 10, "").read()
