"""TensorBoard's event files: scalars are written without the package tensorboard; tests read them by ``read_events``.

A file is a row of records: length (8 bytes), checksum of the length, data, checksum of the data. The data is a protocol
buffer ``Event`` with wall_time = 1, step = 2, file_version = 3, summary = 5; a summary has values = 1 with tag = 1 and
simple_value = 2. The checksum is CRC-32C, masked. Source: tensorboard/compat/proto/event.proto and TFRecord's format.
"""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path
from types import TracebackType

_TABLE: list[int] = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ (0x82F63B78 if _byte & 1 else 0)
    _TABLE.append(_byte)


class EventWriter:
    """Writes scalars to ``log_dir``; TensorBoard shows them. Each point is on the disk when the method returns."""

    def __init__(self, log_dir: str | os.PathLike[str]) -> None:
        folder = Path(log_dir)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time():.6f}.project.{os.getpid()}"
        self._file = (folder / name).open("ab", buffering=0)
        self._file.write(_record(_field(1, 1, struct.pack("<d", time.time())) + _field(3, 2, b"brain.Event:2")))

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        """Write one point."""
        scalar = _field(1, 2, tag.encode()) + _field(2, 5, struct.pack("<f", value))
        event = _field(1, 1, struct.pack("<d", time.time())) + _field(2, 0, _varint(step))
        self._file.write(_record(event + _field(5, 2, _field(1, 2, scalar))))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def checksum(data: bytes) -> int:
    """CRC-32C, masked as in these files."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", checksum(length)) + data + struct.pack("<I", checksum(data))


def _field(number: int, kind: int, content: bytes) -> bytes:
    size = _varint(len(content)) if kind == 2 else b""
    return _varint(number << 3 | kind) + size + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
