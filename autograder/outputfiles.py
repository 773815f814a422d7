"""Write a file whole or not at all; what has marks is the user's alone, and no link in an output folder is followed."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from autograder.errors import AutograderError, UsageError

PRIVATE_FOLDER = 0o700
Contents = bytes | Callable[[BinaryIO], None]


def write_file(path: Path, data: Contents, *, private: bool = False, below: Path | None = None) -> None:
    """Replace ``path``; a reader, or a machine that stops, sees the old or the new file, never a part.

    A link at ``path`` itself is replaced, and what it leads to is left alone.

    Args:
        path: its folder is made if need be.
        data: the contents, or what writes them.
        private: for the user alone, whatever the umask, because marks are in it.
        below: the output folder: no folder between it and the file may be a link; the file's own folder by default.

    Raises:
        UsageError: a folder on the way is a link.
        AutograderError: it could not be written, for instance because the disk is full.
    """
    try:
        if sys.platform == "win32":
            _write(path, data)
            return
        with _open_folder(path.parent, below or path.parent, private=private) as folder:
            _write_in(folder, path.name, data, 0o600 if private else 0o666)
    except OSError as error:
        raise AutograderError(
            f"{path}: it cannot be written: {error.strerror}; the records are safe, run again"
        ) from None


def _write_in(folder: int, name: str, data: Contents, mode: int) -> None:
    """Write beside the file and rename, relative to an open folder, so that nobody can exchange it meanwhile."""
    waiting = f".{name[:100]}.{secrets.token_hex(4)}"
    descriptor = os.open(waiting, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            _fill(file, data)
        os.replace(waiting, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(waiting, dir_fd=folder)
        raise


def _write(path: Path, data: Contents) -> None:
    """The same by paths, where there are no descriptors of folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        with waiting.open("x+b") as file:
            _fill(file, data)
        waiting.replace(path)
    except BaseException:
        waiting.unlink(missing_ok=True)
        raise


def _fill(file: BinaryIO, data: Contents) -> None:
    if callable(data):
        data(file)
    else:
        file.write(data)
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _open_folder(path: Path, below: Path, *, private: bool) -> Iterator[int]:
    """A descriptor of a folder; those below the output folder are made if need be, and are no links."""
    mode = PRIVATE_FOLDER if private else 0o777
    below.mkdir(mode, parents=True, exist_ok=True)
    flags = os.O_RDONLY | os.O_DIRECTORY
    folder, shown = os.open(below, flags), below
    try:
        for name in path.relative_to(below).parts:
            shown /= name
            if shown.is_symlink():
                raise UsageError(f"{shown}: this is a link, and links in an output folder are not followed; remove it")
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, mode, dir_fd=folder)
            inner = os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def make_folder(path: Path) -> None:
    """Make a folder for marks, the user's alone, unless it is there.

    Raises:
        UsageError: it cannot be made, or nothing can be written into it.
    """
    try:
        path.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: this folder cannot be made: {error.strerror}; name another one with --out") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise UsageError(f"{path}: you may not write into this folder; name another one with --out")
