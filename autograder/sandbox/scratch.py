"""Temporary folders of submissions where they have no file system of their own: measured and removed from outside.

What lies in them is hostile: folders nested thousands deep, links, names of any bytes, folders that nobody may enter.
"""

from __future__ import annotations

import contextlib
import os

MEASURED_ENTRIES = 4096


def size_of(folder: str) -> int | None:
    """Return the bytes on disk below a folder, None where it holds more entries than are worth counting."""
    total, looked_at = 0, 0
    pending = [folder]
    while pending:
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                looked_at += 1
                if looked_at > MEASURED_ENTRIES:
                    return None
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total


def remove(folder: str) -> None:
    """Remove a folder and all below it; nothing that runs may still write to it.

    Folders are moved up before they are emptied, so that neither the depth nor the length of a path matters.
    """
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        number = 0
        pending = _remove_files(root, ".")
        while pending:
            name = pending.pop()
            for inner in _remove_files(root, name):
                number += 1
                moved = f".removing-{number}"
                with contextlib.suppress(OSError):
                    os.rename(f"{name}/{inner}", moved, src_dir_fd=root, dst_dir_fd=root)
                    pending.append(moved)
            with contextlib.suppress(OSError):
                os.rmdir(name, dir_fd=root)
    finally:
        os.close(root)
    with contextlib.suppress(OSError):
        os.rmdir(folder)  # noqa: PTH106 - as everything here


def _remove_files(root: int, name: str) -> list[str]:
    """Remove what is no folder from a folder, and return the names of those that are."""
    with contextlib.suppress(OSError):
        os.chmod(name, 0o700, dir_fd=root)
    folders = []
    try:
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
    except OSError:
        return []
    try:
        for inner in os.listdir(fd):  # noqa: PTH208 - a descriptor, not a path
            try:
                os.unlink(inner, dir_fd=fd)
            except OSError:  # a folder
                folders.append(inner)
    finally:
        os.close(fd)
    return folders
