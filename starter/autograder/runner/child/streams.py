"""Exact reads and writes of frames: over pipes on any system, over a Unix socket with a deadline."""

from __future__ import annotations

import math
import os
import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from . import wire

CHUNK_BYTES = 1 << 20
READ_AHEAD_BYTES = 1 << 14  # a frame without large arrays is received in one piece


class Stream(Protocol):
    """Sends and receives the bytes of frames."""

    def receive(self, count: int) -> bytes | memoryview:
        """Return exactly ``count`` bytes, or raise a WireError."""
        ...

    def send(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Write all pieces, or raise a WireError."""
        ...


@dataclass(frozen=True)
class PipeStream:
    """Two pipes; blocks until the peer answers or closes. What it receives is immutable."""

    read_fd: int
    write_fd: int

    def receive(self, count: int) -> bytes:
        parts = []
        while count > 0:
            try:
                part = os.read(self.read_fd, min(count, CHUNK_BYTES))
            except OSError as error:
                raise wire.PeerClosedError(str(error)) from None
            if not part:
                raise wire.PeerClosedError("the peer closed")
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def send(self, pieces: Sequence[bytes | memoryview]) -> None:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                try:
                    written = os.write(self.write_fd, view[:CHUNK_BYTES])
                except OSError as error:  # EPIPE; EINVAL on Windows
                    raise wire.PeerClosedError(str(error)) from None
                view = view[written:]


class ReadAhead:
    """Bytes that were received together with the requested ones."""

    def __init__(self) -> None:
        self._data, self._at = b"", 0

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes, or fewer if there are no more."""
        part = self._data[self._at : self._at + count]
        self._at += len(part)
        return part

    def put(self, data: bytes) -> None:
        """Store bytes for later; what was stored before must have been taken."""
        self._data, self._at = data, 0


@dataclass(frozen=True)
class SocketStream:
    """A blocking Unix socket, as the student's process sees it. What it receives is immutable."""

    sock: socket.socket
    read_ahead: ReadAhead = field(default_factory=ReadAhead)

    def receive(self, count: int) -> bytes:
        part = self.read_ahead.take(count)
        if len(part) == count:
            return part
        parts = [part] if part else []
        count -= len(part)
        while count > 0:
            if count < READ_AHEAD_BYTES:
                data = self.sock.recv(READ_AHEAD_BYTES)
                self.read_ahead.put(data)
                part = self.read_ahead.take(count)
            else:
                part = self.sock.recv(count, socket.MSG_WAITALL)  # usually one object of the full size
            if not part:
                raise wire.PeerClosedError("the peer closed")
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def send(self, pieces: Sequence[bytes | memoryview]) -> None:
        for piece in pieces:
            self.sock.sendall(piece)


@dataclass(frozen=True)
class DeadlineStream:
    """The tester's end of a non-blocking Unix socket: every read and write of a frame shares one deadline.

    Attributes:
        deadline: on ``time.monotonic``'s clock, in seconds.
        read_ahead: what the peer sent too early; it is read as the next frame and refused for its request id.
        check: raises a WireError where another limit is reached, which a peer that sends part of a message would
            escape; returns the seconds after which to ask again. Asked to the last byte of a frame.
    """

    sock: socket.socket
    deadline: float
    read_ahead: ReadAhead = field(default_factory=ReadAhead)
    check: Callable[[], float] = lambda: math.inf

    def _wait(self, event: int, reason: str) -> None:
        poll = select.poll()
        poll.register(self.sock, event)
        while True:
            left = self._left(reason)
            if poll.poll(left * 1000):
                return

    def _left(self, reason: str) -> float:
        """For how many seconds to wait at most before the limits are looked at again."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise wire.DeadlineError(reason)
        return min(left, self.check())

    def receive(self, count: int) -> memoryview:
        # unwritten pages of np.empty cost nothing, so a peer that announces much and sends little gains nothing
        view = memoryview(bytearray(count)) if count <= CHUNK_BYTES else np.empty(count, np.uint8).data
        part = self.read_ahead.take(count)
        filled = len(part)
        view[:filled] = part
        while filled < count:
            try:
                got = self._receive_some(view[filled:])
            except BlockingIOError:
                self._wait(select.POLLIN, "the message was sent too slowly")
                continue
            except OSError as error:
                raise wire.PeerClosedError(str(error)) from None
            if got == 0:
                raise wire.PeerClosedError("the peer closed")
            filled += got
            if filled < count:  # a slow sender that never exceeds the limit of one read
                self._left("the message was sent too slowly")
        return view

    def _receive_some(self, view: memoryview) -> int:
        """Fill the beginning of ``view``; what is received beyond it is stored."""
        if len(view) >= READ_AHEAD_BYTES:
            return self.sock.recv_into(view)
        data = self.sock.recv(READ_AHEAD_BYTES)
        self.read_ahead.put(data)
        part = self.read_ahead.take(len(view))
        view[: len(part)] = part
        return len(part)

    def send(self, pieces: Sequence[bytes | memoryview]) -> None:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                try:
                    sent = self.sock.send(view)
                except BlockingIOError:
                    self._wait(select.POLLOUT, "the peer does not read")
                    continue
                except OSError as error:
                    raise wire.PeerClosedError(str(error)) from None
                view = view[sent:]
