"""The fields of a protocol buffer, one level at a time: for bytes that a submission has written.

Nothing is recursive, so nesting costs nothing; every size is checked before it is used; the number of fields has
a limit.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MOST_FIELDS = 1_000_000
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
SIZES = {FIXED64: 8, FIXED32: 4}


class ProtobufError(ValueError):
    """The bytes are not a protocol buffer, or have too many fields; the words hold nothing of their content."""


class Fields:
    """Reads fields, and counts them.

    Args:
        most: fields that may be read in all.
    """

    def __init__(self, most: int = MOST_FIELDS) -> None:
        self._left = most

    def of(self, data: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
        """Yield number, wire type and content of each field: a whole number for VARINT, else its bytes.

        Raises:
            ProtobufError: a field is longer than the data, of an unknown type, or one too many.
        """
        place = 0
        while place < len(data):
            self._left -= 1
            if self._left < 0:
                raise ProtobufError("it has too many fields")
            key, place = _varint(data, place)
            number, kind = key >> 3, key & 7
            if kind == VARINT:
                value, place = _varint(data, place)
                yield number, kind, value
                continue
            if kind == BYTES:
                size, place = _varint(data, place)
            elif kind in SIZES:
                size = SIZES[kind]
            else:
                raise ProtobufError("a field has an unknown type")
            if size > len(data) - place:
                raise ProtobufError("a field is longer than its record")
            yield number, kind, data[place : place + size]
            place += size


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            break
        byte, place = data[place], place + 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, place
    raise ProtobufError("a number does not end")


def signed(value: int | memoryview) -> int:
    """An int64 field; 0 where the field is of another type."""
    if not isinstance(value, int):
        return 0
    return value - (1 << 64) if value >> 63 else value


def double(value: int | memoryview) -> float:
    """A double field; 0.0 where the field is of another type."""
    return float(struct.unpack("<d", value)[0]) if isinstance(value, memoryview) and len(value) == 8 else 0.0


def single(value: int | memoryview) -> float:
    """A float field; 0.0 where the field is of another type."""
    return float(struct.unpack("<f", value)[0]) if isinstance(value, memoryview) and len(value) == 4 else 0.0
