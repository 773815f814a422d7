"""The files of a class on disk without a name: memory does not grow with what students send."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from autograder.errors import AutograderError


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's bytes in a spool; an :class:`autograder.model.FileContent`.

    Attributes:
        start: the place of its first byte.
        sha256: of its bytes, in hexadecimal.
    """

    spool: Spool = field(repr=False, compare=False)  # the same bytes are the same file, wherever they are
    start: int = field(compare=False)
    size_bytes: int
    sha256: str

    def open(self) -> BinaryIO:
        """Return a reader that can seek; several may be open at once, in any thread."""
        return io.BufferedReader(_Reader(self))  # as a BinaryIO: read, seek, tell and close

    def read(self) -> bytes:
        """Return all bytes.

        Raises:
            AutograderError: they cannot be read.
        """
        with self.open() as stream:
            return stream.read()


class Spool:
    """One file that was unlinked when it was made: no path leads to it, and it is gone when this process ends."""

    def __init__(self, folder: Path | None = None) -> None:
        """Make it in ``folder``, the system's temporary one by default.

        Raises:
            AutograderError: nothing can be written there.
        """
        self._descriptor, self._end_bytes = -1, 0
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                self._descriptor = os.dup(file.fileno())
        except OSError as error:
            raise _cannot_write(error) from None

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def put(self, data: bytes) -> StoredFile:
        """Keep bytes; see :meth:`put_chunks`."""
        return self.put_chunks((data,))

    def put_chunks(self, chunks: Iterable[bytes]) -> StoredFile:
        """Keep a file that is given piece by piece. If reading a piece fails, nothing of the file is kept.

        Raises:
            AutograderError: the disk is full, for instance; never a student's fault.
        """
        digest = hashlib.sha256()
        end = self._end_bytes
        for chunk in chunks:
            digest.update(chunk)
            self._write(chunk, end)
            end += len(chunk)
        stored = StoredFile(self, self._end_bytes, end - self._end_bytes, digest.hexdigest())
        self._end_bytes = end
        return stored

    def _write(self, data: bytes, start: int) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.pwrite(self._descriptor, view, start + len(data) - len(view)) :]
        except OSError as error:
            raise _cannot_write(error) from None

    def read_at(self, start: int, size_bytes: int) -> bytes:
        """Return bytes from a place, at least one of them; any thread may ask.

        Raises:
            AutograderError: they cannot be read, or the file ends before them.
        """
        try:
            data = os.pread(self._descriptor, size_bytes, start)
        except OSError as error:
            raise AutograderError(f"the unpacked download cannot be read: {error.strerror}") from None
        if size_bytes and not data:
            raise AutograderError("the unpacked download cannot be read: the temporary file is too short")
        return data


class _Reader(io.RawIOBase):
    """A place in a spool as a file."""

    def __init__(self, stored: StoredFile) -> None:
        self._stored, self._position = stored, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._stored.size_bytes}[whence]
        if base + offset < 0:
            raise OSError(
                errno.EINVAL, "a place before the beginning of the file"
            )  # as real files do; zipfile counts on it
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # typeshed's WriteableBuffer has no name
        left = max(self._stored.size_bytes - self._position, 0)
        data = self._stored.spool.read_at(self._stored.start + self._position, min(len(buffer), left))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _cannot_write(error: OSError) -> AutograderError:
    return AutograderError(
        f"the download cannot be unpacked: {error.strerror}; make room in the output folder, and run again"
    )
