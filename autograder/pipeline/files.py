"""Write a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from autograder.errors import AutograderError, UsageError


def write_file(path: Path, data: bytes | Callable[[BinaryIO], None]) -> None:
    """Replace ``path``; a reader, or a machine that stops, sees the old or the new file, never a part.

    Args:
        path: its folder is made if need be.
        data: the contents, or what writes them.

    Raises:
        AutograderError: it could not be written, for instance because the disk is full.
    """
    waiting = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with waiting.open("wb") as file:
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


def make_folder(path: Path) -> None:
    """Make a folder, unless it is there.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: this folder cannot be made: {error.strerror}; name another one with --out") from None
