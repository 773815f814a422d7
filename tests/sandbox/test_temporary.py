"""Shared temporary folders: measuring and removing what a hostile process left in them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import temporary


def test_a_deep_folder_is_removed(tmp_path: Path) -> None:
    """Three thousand nested folders, whose path is longer than the kernel takes, go away."""
    root = tmp_path / "shared"
    root.mkdir()
    fd = os.open(root, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("deep", dir_fd=fd)
        inner = os.open("deep", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(fd)
    temporary.remove(str(root))

    assert not root.exists()


def test_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    """What a link points to stays."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    root = tmp_path / "shared"
    root.mkdir()
    (root / "link").symlink_to(kept)
    temporary.remove(str(root))

    assert (False, True) == (root.exists(), (kept / "file").exists())


def test_a_closed_folder_is_removed(tmp_path: Path) -> None:
    """A folder that its owner may not even enter goes away too."""
    root = tmp_path / "shared"
    (root / "closed" / "inner").mkdir(parents=True)
    (root / "closed").chmod(0)
    temporary.remove(str(root))

    assert not root.exists()


def test_size_counts_blocks_and_gives_up_on_crowds(tmp_path: Path) -> None:
    """Bytes on disk are counted, links are not followed, and too many entries give None."""
    (tmp_path / "file").write_bytes(bytes(100_000))
    (tmp_path / "link").symlink_to("/usr")
    size = temporary.size_of(str(tmp_path))
    for number in range(temporary.MEASURED_ENTRIES):
        (tmp_path / str(number)).touch()

    assert size is not None
    assert 100_000 <= size < 200_000
    assert temporary.size_of(str(tmp_path)) is None


def test_what_a_killed_grader_left_is_swept_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a living grader goes; a locked one, a young one and other people's things stay."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    living, young, left = temporary.make_shared(), temporary.make_shared(), temporary.make_shared()
    other = tmp_path / "other"
    other.mkdir()
    (Path(left.path) / "0").mkdir()
    for ended in (young, left):
        os.close(ended.lock_fd)
    for old in (living.path, left.path, str(other)):
        os.utime(old, (0, 0))

    assert 1 == temporary.sweep()
    assert {Path(living.path), Path(young.path), other} == set(tmp_path.iterdir())
    living.remove()
    assert not Path(living.path).exists()
