"""What students sent lies on disk without a name, and comes back as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import AutograderError
from autograder.intake.spool import Spool, SpooledFiles, StoredFile


@given(st.lists(st.binary(max_size=300), max_size=12))
def test_bytes_come_back_in_any_order(contents: list[bytes]) -> None:
    """Each file's own bytes, empty ones too."""
    spool = Spool()
    kept = [spool.put(data) for data in contents]

    assert contents[::-1] == [spool.get(place) for place in kept[::-1]]


def test_no_name_leads_to_it(tmp_path: Path) -> None:
    """Nothing is left in the folder, even while it is open."""
    spool = Spool(tmp_path)
    kept = spool.put(b"x" * 100)

    assert [] == list(tmp_path.iterdir())
    assert b"x" * 100 == spool.get(kept)


def test_files_are_a_sequence() -> None:
    """Length, order, slices and paths, as of a tuple."""
    spool = Spool()
    files = SpooledFiles(spool, [(name, spool.put(name.encode())) for name in ("a.py", "b.py", "c.py")])

    assert [("a.py", b"a.py"), ("b.py", b"b.py"), ("c.py", b"c.py")] == [(file.path, file.data) for file in files]
    assert (3, ["b.py", "c.py"], "c.py") == (len(files), [file.path for file in files[1:]], files[-1].path)


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
        Spool().get(StoredFile(0, 10))
