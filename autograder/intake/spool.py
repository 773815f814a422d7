"""The files of a class on disk without a name: memory does not grow with what students send."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from autograder.errors import AutograderError
from autograder.model import SubmittedFile


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where a file's bytes lie in a spool."""

    start: int
    size_bytes: int


class Spool:
    """One file that was unlinked when it was made: no path leads to it and it goes with this process."""

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
        """Keep bytes.

        Raises:
            AutograderError: the disk is full, for instance; never a student's fault.
        """
        stored = StoredFile(self._end_bytes, len(data))
        view = memoryview(data)
        try:
            while view:
                view = view[os.pwrite(self._descriptor, view, stored.start + len(data) - len(view)) :]
        except OSError as error:
            raise _cannot_write(error) from None
        self._end_bytes += len(data)
        return stored

    def get(self, stored: StoredFile) -> bytes:
        """The bytes again; any thread may ask.

        Raises:
            AutograderError: they cannot be read.
        """
        try:
            data = os.pread(self._descriptor, stored.size_bytes, stored.start)
            while len(data) < stored.size_bytes and (
                more := os.pread(self._descriptor, stored.size_bytes - len(data), stored.start + len(data))
            ):
                data += more
        except OSError as error:
            raise AutograderError(f"what was read of the download is gone: {error.strerror}") from None
        if len(data) != stored.size_bytes:
            raise AutograderError("what was read of the download is gone: the temporary file is too short")
        return data


def _cannot_write(error: OSError) -> AutograderError:
    return AutograderError(
        f"the download cannot be unpacked: {error.strerror}; make room in the output folder, and run again"
    )


class SpooledFiles(Sequence[SubmittedFile]):
    """One student's files, each read when it is wanted."""

    def __init__(self, spool: Spool, files: Sequence[tuple[str, StoredFile]]) -> None:
        self._spool, self._files = spool, tuple(files)

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> SubmittedFile: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SubmittedFile]: ...
    def __getitem__(self, index: int | slice) -> SubmittedFile | Sequence[SubmittedFile]:
        if isinstance(index, slice):
            return SpooledFiles(self._spool, self._files[index])
        path, stored = self._files[index]
        return SubmittedFile(path, self._spool.get(stored))

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, SpooledFiles) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple((path, stored.size_bytes) for path, stored in self._files))
