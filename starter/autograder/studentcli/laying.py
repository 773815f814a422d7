"""Replace files of a folder so that a command that is killed at any moment loses nothing.

First copies of all that will be replaced are written, then all new files beside each other in a folder of their own;
only then are they renamed, one by one. A rename is done or not done: no file is ever half written.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from autograder.errors import UsageError

BACKUPS = ".autograder-backup"
INCOMING = "incoming"
TRIES = 10  # Windows refuses while a virus scanner or an indexer has the file open, for some tenths of a second


def lay(
    root: Path, writes: Mapping[str, bytes], removed: Iterable[str], seen: Mapping[str, bytes], now: datetime
) -> Path:
    """Write and remove files; return the folder with copies of what was there before.

    Args:
        root: the student's folder.
        writes: new contents by path, in the order in which they take their places.
        removed: files that go away, before the last write: what that one replaces says that they are the course's.
        seen: what every path of ``writes`` and ``removed`` held when that was decided; one that is not in it was not
            there.
        now: names the folder of copies.

    Raises:
        UsageError: a file cannot be written or was changed meanwhile; the words say what to do.
    """
    removed = list(removed)
    waiting = root / BACKUPS / INCOMING
    try:
        shutil.rmtree(waiting, ignore_errors=True)  # of a command that was killed
        backup = _new_folder(root / BACKUPS, f"{now:%Y-%m-%dT%H-%M-%S}")
        for path in [*writes, *removed]:
            if path in seen:
                _write(backup / path, seen[path])
        for number, data in enumerate(writes.values()):
            _write(waiting / str(number), data)
        for number, path in enumerate(writes):
            if number == len(writes) - 1:
                _remove(root, removed, seen)
            _refuse_changed(root, path, seen)
            _replace(waiting / str(number), root / path)
        shutil.rmtree(waiting, ignore_errors=True)
    except OSError as error:
        raise UsageError(
            f"{error.filename2 or error.filename or root}: it cannot be written ({error.strerror or error}). Close the "
            "programs that use it and run the same command again; nothing of yours is lost, copies of all that was "
            f"replaced are in {BACKUPS}"
        ) from None
    return backup


def _new_folder(parent: Path, name: str) -> Path:
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _refuse_changed(root: Path, path: str, seen: Mapping[str, bytes]) -> None:
    target = root / path
    there = target.read_bytes() if target.is_file() else None
    if there != seen.get(path):
        raise UsageError(f"{path} was changed while this command ran: close your editor and run the same command again")


def _remove(root: Path, paths: Iterable[str], seen: Mapping[str, bytes]) -> None:
    for path in paths:
        _refuse_changed(root, path, seen)
        (root / path).unlink()


def _replace(waiting: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not os.access(target, os.W_OK):
        target.chmod(target.stat().st_mode | stat.S_IWRITE)  # Windows replaces no file that is read-only
    for _ in range(TRIES - 1):
        with contextlib.suppress(PermissionError):
            waiting.replace(target)
            return
        time.sleep(0.1)
    waiting.replace(target)
