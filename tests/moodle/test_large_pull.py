"""The zip of a pull, of any size: it is written piece by piece."""

from __future__ import annotations

import os
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.moodle.files.moodle_writer import Person, SentFile, write_download

SAVED = datetime(2027, 2, 12, 10, 3, 10, tzinfo=UTC)


@pytest.mark.slow
def test_more_files_than_an_old_zip_can_hold(tmp_path: Path) -> None:
    """65,536 files need the newer form of a zip's list."""
    count = 65_540
    files = tuple(SentFile(f"{number}.txt", b"", SAVED) for number in range(count))
    with (tmp_path / "d.zip").open("wb") as stream:
        write_download(stream, [Person(41210, "Ann Byrne", files=files)])
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        entries = archive.infolist()

    assert count == len(entries)
    assert "Ann Byrne_41210_assignsubmission_file/65539.txt" == entries[-1].filename
    assert (2027, 2, 12, 10, 3, 10) == entries[0].date_time


@pytest.mark.slow
def test_a_class_is_never_in_memory(tmp_path: Path) -> None:
    """Twenty files of 4 MiB cost less than one of them."""
    (tmp_path / "weights").write_bytes(os.urandom(4 << 20))
    people = [
        Person(number, f"P{number}", files=(SentFile("w.pt", tmp_path / "weights", SAVED),)) for number in range(1, 21)
    ]
    tracemalloc.start()
    with (tmp_path / "d.zip").open("wb") as stream:
        write_download(stream, people)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < 3 << 20
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        assert [4 << 20] * 20 == [entry.file_size for entry in archive.infolist()]


def test_a_date_before_zips_began_is_moved(tmp_path: Path) -> None:
    """Moodle gives 1970 where it knows no date."""
    file = SentFile("a.py", b"1", datetime(1970, 1, 1, tzinfo=UTC))
    with (tmp_path / "d.zip").open("wb") as stream:
        write_download(stream, [Person(1, "A", files=(file,))])
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        assert (1980, 1, 1, 0, 0, 0) == archive.infolist()[0].date_time
