"""A cache that the testers of a run share: an unnamed file that all of them have open."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from autograder.runner.child import plaindata, wire

HEAD = struct.Struct("<QI")  # bytes of the value and of the name; the name is first in the file
MOST_BYTES = 256 << 20
APPENDING = 1 << 40  # offsets beyond the file's end: locked while something is done
WORKING = APPENDING + 1
LIMITS = wire.WireLimits(payload_bytes=64 << 20, arrays=4096)


class SharedCache:
    """Values by name, each computed by one process while the others that need it wait.

    The locks of a process that ends are released; what it had written in part is overwritten. Values are plain data in
    the wire format. Only this course's own code has made them, and even so nothing is unpickled.
    """

    def __init__(self, descriptor: int) -> None:
        """Share the file that ``descriptor`` was opened for; it must be this process's only one of that file."""
        os.set_inheritable(descriptor, False)  # noqa: FBT003  # it takes no keyword; students' processes have none of our descriptors
        self._descriptor, self._end_bytes = descriptor, 0
        self._places: dict[str, tuple[int, int]] = {}

    def get(self, name: str, compute: Callable[[], Any]) -> Any:
        """The value of this name; ``compute`` is called if no process has stored it yet."""
        with self._locked(WORKING + zlib.crc32(name.encode())):
            self._read_new_entries()
            if name in self._places:
                return self._read(*self._places[name])
            value = compute()
            self._append(name, value)
            return value

    @contextlib.contextmanager
    def _locked(self, place: int) -> Iterator[None]:
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, 1, place)
        try:
            yield
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, place)

    def _read_new_entries(self) -> None:
        """Find the entries that other processes have appended since."""
        size = os.fstat(self._descriptor).st_size
        while self._end_bytes + HEAD.size <= size:
            length, name_length = HEAD.unpack(os.pread(self._descriptor, HEAD.size, self._end_bytes))
            start = self._end_bytes + HEAD.size + name_length
            if start + length > size:  # being written, or incomplete
                return
            name = os.pread(self._descriptor, name_length, self._end_bytes + HEAD.size).decode()
            self._places[name] = (start, length)
            self._end_bytes = start + length

    def _read(self, start: int, length: int) -> Any:
        data = os.pread(self._descriptor, length, start)
        place = 0

        def receive(count: int) -> bytes:
            nonlocal place
            place += count
            return data[place - count : place]

        return wire.read_frame(receive, LIMITS).value

    def _append(self, name: str, value: Any) -> None:
        """Append a value; one that is too large, or does not fit, is computed by each process for itself."""
        try:
            frame = b"".join(wire.encode(wire.OUTPUTS, 0, value, LIMITS))
        except plaindata.UnsendableError:
            return
        entry = HEAD.pack(len(frame), len(name.encode())) + name.encode() + frame
        with self._locked(APPENDING):
            self._read_new_entries()
            if self._end_bytes + len(entry) > MOST_BYTES:
                return
            try:
                os.ftruncate(self._descriptor, self._end_bytes)
                written = os.pwrite(self._descriptor, entry, self._end_bytes)
                if written < len(entry):
                    os.ftruncate(self._descriptor, self._end_bytes)
            except OSError:  # the disk is full, for instance
                return
