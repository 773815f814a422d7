"""Temporary folders of submissions that have no file system of their own: measured and removed from outside.

Their content is hostile: folders nested thousands deep, links, names of any bytes, folders without permissions.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from dataclasses import dataclass

MEASURED_ENTRIES = 4096
PREFIX = "autograder-temporary-"
SETTLED_SECONDS = 60.0  # a folder younger than this may not be locked yet


@dataclass(frozen=True)
class SharedFolder:
    """A grader's folder for all its submissions; locked until the grader's process ends, however it ends."""

    path: str
    lock_fd: int

    def remove(self) -> None:
        """Remove it and all below it."""
        remove(self.path)
        os.close(self.lock_fd)


def make_shared() -> SharedFolder:
    """Return a new folder of this grader's own."""
    path = tempfile.mkdtemp(prefix=PREFIX)
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return SharedFolder(path, fd)


def sweep(parent: str = "") -> int:
    """Remove this user's folders that killed graders left behind, and return how many there were."""
    removed = 0
    with os.scandir(parent or tempfile.gettempdir()) as entries:
        found = [entry for entry in entries if entry.name.startswith(PREFIX)]
    for entry in found:
        with contextlib.suppress(OSError):  # BlockingIOError: its grader is running
            status = entry.stat(follow_symlinks=False)
            if status.st_uid != os.getuid() or time.time() - status.st_mtime < SETTLED_SECONDS:
                continue
            fd = os.open(entry.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(entry.path)
                removed += 1
            finally:
                os.close(fd)
    return removed


def size_of(folder: str) -> int | None:
    """Return the bytes on disk below a folder; None where it has more than MEASURED_ENTRIES entries."""
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
    """Remove a folder and all below it; no running process may still write to it.

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
    """Remove the files of a folder, and return the names of its subfolders."""
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
