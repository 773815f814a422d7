"""TensorBoard's event files: scalars are written and read without the package tensorboard.

A file is a row of records: length (8 bytes), checksum of the length, data, checksum of the data. The data is a protocol
buffer ``Event`` with wall_time = 1, step = 2, file_version = 3, summary = 5; a summary has values = 1 with tag = 1 and
simple_value = 2. The checksum is CRC-32C, masked. Source: tensorboard/compat/proto/event.proto and TFRecord's format.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

MOST_RECORD_BYTES = 1 << 20
_TABLE: list[int] = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ (0x82F63B78 if _byte & 1 else 0)
    _TABLE.append(_byte)


@dataclass(frozen=True)
class Scalar:
    """One point of a curve; ``wall_time`` in seconds since 1970."""

    tag: str
    step: int
    value: float
    wall_time: float


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


def read_scalars(file: bytes) -> list[Scalar]:
    """Return the scalars of an event file, in the order of the file.

    Raises:
        ValueError: a length or a checksum is wrong, or a record cannot be read.
    """
    found: list[Scalar] = []
    for data in _records(file):
        wall_time, step, values = 0.0, 0, []
        for number, content in _fields(data):
            if number == 1 and isinstance(content, bytes) and len(content) == 8:
                (wall_time,) = struct.unpack("<d", content)
            elif number == 2 and isinstance(content, int):
                step = content
            elif number == 5 and isinstance(content, bytes):
                values += [inner for inner_number, inner in _fields(content) if inner_number == 1]
        found += [scalar for value in values if (scalar := _scalar(value, step, wall_time)) is not None]
    return found


def _scalar(data: bytes | int, step: int, wall_time: float) -> Scalar | None:
    """A value of a summary; torch writes it as simple_value (2), newer writers as a tensor (8) with float_val (5)."""
    fields = dict(_fields(data)) if isinstance(data, bytes) else {}
    tag, value = fields.get(1), fields.get(2)
    if value is None and isinstance(tensor := fields.get(8), bytes):
        value = dict(_fields(tensor)).get(5)
    if not isinstance(tag, bytes) or not isinstance(value, bytes) or len(value) != 4:
        return None
    return Scalar(tag.decode("utf-8", "replace"), step, struct.unpack("<f", value)[0], wall_time)


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


def _records(file: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(file):
        length, data_start = file[place : place + 8], place + 12
        size = int.from_bytes(length, "little")
        if size > MOST_RECORD_BYTES or data_start + size + 4 > len(file):
            raise ValueError(f"the record at byte {place} is longer than the file or than {MOST_RECORD_BYTES} bytes")
        data = file[data_start : data_start + size]
        sums = struct.unpack("<II", file[place + 8 : data_start] + file[data_start + size : data_start + size + 4])
        if sums != (checksum(length), checksum(data)):
            raise ValueError(f"the record at byte {place} has a wrong checksum")
        yield data
        place = data_start + size + 4


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The fields of a protocol buffer: number and content; wire types 0, 1, 2 and 5."""
    place = 0
    while place < len(data):
        key, place = _number(data, place)
        kind = key & 7
        if kind == 0:
            value, place = _number(data, place)
            yield key >> 3, value
            continue
        if kind == 2:
            size, place = _number(data, place)
        else:
            size = {1: 8, 5: 4}.get(kind, -1)
        if not 0 <= size <= len(data) - place:
            raise ValueError("a record cannot be read as an event")
        yield key >> 3, data[place : place + size]
        place += size


def _number(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            break
        byte, place = data[place], place + 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a record cannot be read as an event")


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
