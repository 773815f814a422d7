"""Write a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from autograder.errors import AutograderError, UsageError

PRIVATE_FOLDER = 0o700


def write_file(path: Path, data: bytes | Callable[[BinaryIO], None], *, private: bool = False) -> None:
    """Replace ``path``; a reader, or a machine that stops, sees the old or the new file, never a part.

    Args:
        path: its folder is made if need be.
        data: the contents, or what writes them.
        private: for the user alone, whatever the umask, because marks are in it.

    Raises:
        AutograderError: it could not be written, for instance because the disk is full.
    """
    waiting = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(PRIVATE_FOLDER if private else 0o777, parents=True, exist_ok=True)
        with open(waiting, "xb", opener=_private if private else None) as file:
            if callable(data):
                data(file)
            else:
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(path)
    except OSError as error:
        waiting.unlink(missing_ok=True)
        raise AutograderError(
            f"{path}: it cannot be written: {error.strerror}; the records are safe, run again"
        ) from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def make_folder(path: Path) -> None:
    """Make a folder for marks, the user's alone, unless it is there.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        path.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: this folder cannot be made: {error.strerror}; name another one with --out") from None
