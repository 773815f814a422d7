"""TensorBoard's event files, as a submission wrote them: every point, in the order of the file.

A probe returns the file as bytes (``np.fromfile(path, np.uint8)``); :func:`read_events` reads it in the test. A file
is a row of records: length (8 bytes), checksum of the length, data, checksum of the data; CRC-32C, masked. The data is
a protocol buffer ``Event`` (tensorboard/compat/proto/event.proto). The package tensorboard is not used: its
reader keeps 10,000 points of a curve and hides restarts, and its parser is not made for hostile bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from autograder.model import Finding, FindingKind
from autograder.testing.assertions import CheckFailed
from autograder.testing.crc32c import masked_crc32c
from autograder.testing.protobuf import BYTES, FIXED32, Fields, ProtobufError, double, signed, single
from autograder.testing.values import kind

MOST_FILE_BYTES = 64 << 20
MOST_RECORD_BYTES = 16 << 20
MOST_RECORDS = 100_000
MOST_TAG_BYTES = 500
MOST_BUCKETS = 10_000
HEAD, CHECKSUM = struct.Struct("<QI"), struct.Struct("<I")
FLOAT, DOUBLE = 1, 2  # DataType of a TensorProto


@dataclass(frozen=True)
class Scalar:
    """One point of a curve; ``wall_time`` in seconds since 1970."""

    tag: str
    step: int
    wall_time: float
    value: float


@dataclass(frozen=True)
class Image:
    """An image as it is described; its encoded bytes are kept, not decoded."""

    tag: str
    step: int
    wall_time: float
    height: int
    width: int
    channels: int
    encoded: bytes = field(repr=False)


@dataclass(frozen=True)
class Histogram:
    """A distribution: ``counts[i]`` values are at most ``limits[i]`` and above the limit before."""

    tag: str
    step: int
    wall_time: float
    minimum: float
    maximum: float
    count: float
    total: float
    limits: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Curve:
    """All points of one tag in the order of the files; steps that occur twice are there twice."""

    steps: np.ndarray
    values: np.ndarray
    wall_times: np.ndarray


@dataclass
class EventLog:
    """What one or more event files hold.

    Attributes:
        other_tags: of values that are neither scalar nor image nor histogram (text, audio, hyperparameters).
        has_graph: whether a graph was written.
        starts: how many writers were opened: records with a version, one at the beginning of each file.
    """

    scalars: list[Scalar] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    histograms: list[Histogram] = field(default_factory=list)
    other_tags: list[str] = field(default_factory=list)
    has_graph: bool = False
    starts: int = 0

    def curve(self, tag: str) -> Curve:
        """The points of a tag.

        Raises:
            CheckFailed: there are none.
        """
        points = [point for point in self.scalars if point.tag == tag]
        if not points:
            there = ", ".join(sorted({repr(point.tag[:60]) for point in self.scalars})[:10]) or "none"
            raise CheckFailed(
                Finding(FindingKind.MISSING, f"the log has no scalar with the tag {tag!r}", detail=f"tags: {there}")
            )
        return Curve(
            np.array([point.step for point in points], np.int64),
            np.array([point.value for point in points]),
            np.array([point.wall_time for point in points]),
        )


def read_events(*files: bytes | np.ndarray) -> EventLog:
    """Everything in event files, the oldest first.

    Raises:
        CheckFailed: a file is not an event file, is cut or changed, or is too large; the finding says where.
    """
    log, fields = EventLog(), Fields()
    for number, file in enumerate(files):
        data = _bytes_of(file)
        for place, record in _records(data, number):
            try:
                _read_event(memoryview(record), log, fields)
            except ProtobufError as error:
                raise _unreadable(number, place, f"a record cannot be read as an event: {error}") from None
    return log


def _bytes_of(file: bytes | np.ndarray) -> bytes:
    if isinstance(file, bytes):
        return file
    if not isinstance(file, np.ndarray):
        raise CheckFailed(Finding(FindingKind.TYPE, f"TensorBoard's event file: expected its bytes, got {kind(file)}"))
    if file.dtype != np.uint8:
        raise CheckFailed(
            Finding(FindingKind.DTYPE, f"TensorBoard's event file: expected bytes (uint8), got {file.dtype}")
        )
    return file.tobytes()


def _unreadable(number: int, place: int, what: str) -> CheckFailed:
    message = f"TensorBoard's event file: expected whole records with right checksums, got another: {what}"
    return CheckFailed(Finding(FindingKind.VALUE, message, detail=f"file {number + 1}, the record at byte {place}"))


def _records(data: bytes, number: int) -> Iterator[tuple[int, bytes]]:
    """Yield where each record begins, and its data."""
    if len(data) > MOST_FILE_BYTES:
        raise _unreadable(number, 0, f"the file is larger than {MOST_FILE_BYTES >> 20} MiB")
    place = 0
    for _ in range(MOST_RECORDS):
        if place == len(data):
            return
        start = place + HEAD.size
        if start > len(data):
            raise _unreadable(number, place, "the file ends within a record")
        length, length_sum = HEAD.unpack_from(data, place)
        if length_sum != masked_crc32c(data[place : place + 8]):
            raise _unreadable(number, place, "the checksum of a length is wrong")
        if length > MOST_RECORD_BYTES:
            raise _unreadable(number, place, f"a record is longer than {MOST_RECORD_BYTES >> 20} MiB")
        end = start + length
        if end + CHECKSUM.size > len(data):
            raise _unreadable(number, place, "the file ends within a record")
        record = data[start:end]
        if CHECKSUM.unpack_from(data, end)[0] != masked_crc32c(record):
            raise _unreadable(number, place, "the checksum of a record is wrong")
        yield place, record
        place = end + CHECKSUM.size
    if place < len(data):
        raise _unreadable(number, place, f"the file has more than {MOST_RECORDS} records")


def _read_event(data: memoryview, log: EventLog, fields: Fields) -> None:
    wall_time, step, summaries = 0.0, 0, list[memoryview]()
    for number, _, content in fields.of(data):
        if number == 1:
            wall_time = double(content)
        elif number == 2:
            step = signed(content)
        elif isinstance(content, memoryview):
            log.starts += number == 3
            log.has_graph |= number == 4 and len(content) > 0
            if number == 5:
                summaries.append(content)
    for summary in summaries:
        for number, wire_type, value in fields.of(summary):
            if number == 1 and wire_type == BYTES and isinstance(value, memoryview):
                _read_value(value, step, wall_time, log, fields)


def _read_value(data: memoryview, step: int, wall_time: float, log: EventLog, fields: Fields) -> None:
    """One value of a summary: torch writes scalars as simple_value (2), newer writers as a tensor (8)."""
    tag, scalar, parts = "", None, dict[int, memoryview]()
    for number, wire_type, content in fields.of(data):
        if number == 2 and wire_type == FIXED32:
            scalar = single(content)
        elif isinstance(content, memoryview) and wire_type == BYTES:
            if number == 1:
                if len(content) > MOST_TAG_BYTES:
                    raise ProtobufError(f"a tag is longer than {MOST_TAG_BYTES} bytes")
                tag = bytes(content).decode("utf-8", "replace")
            else:
                parts[number] = content
    if scalar is None and 8 in parts:
        scalar = _scalar_of_tensor(parts[8], fields)
    if scalar is not None:
        log.scalars.append(Scalar(tag, step, wall_time, scalar))
    elif 4 in parts:
        log.images.append(_image(parts[4], tag, step, wall_time, fields))
    elif 5 in parts:
        log.histograms.append(_histogram(parts[5], tag, step, wall_time, fields))
    else:
        log.other_tags.append(tag)


def _scalar_of_tensor(data: memoryview, fields: Fields) -> float | None:
    """The number of a tensor with one float or double; None for any other."""
    dtype, parts = 0, dict[int, memoryview]()
    for number, _, content in fields.of(data):
        if isinstance(content, memoryview):
            parts[number] = content
        elif number == 1:
            dtype = content
    place = {FLOAT: 5, DOUBLE: 6}.get(dtype)
    content = parts.get(place or 0, parts.get(4, memoryview(b"")))
    if dtype == FLOAT and len(content) == 4:
        return single(content)
    return double(content) if dtype == DOUBLE and len(content) == 8 else None


def _image(data: memoryview, tag: str, step: int, wall_time: float, fields: Fields) -> Image:
    numbers, encoded = dict[int, int](), b""
    for number, _, content in fields.of(data):
        if isinstance(content, int):
            numbers[number] = signed(content)
        elif number == 4:
            encoded = bytes(content)
    height, width, channels = (numbers.get(number, 0) for number in (1, 2, 3))
    return Image(tag, step, wall_time, height, width, channels, encoded)


def _histogram(data: memoryview, tag: str, step: int, wall_time: float, fields: Fields) -> Histogram:
    facts, buckets = dict[int, float](), {6: list[float](), 7: list[float]()}
    for number, _, content in fields.of(data):
        if number not in buckets:
            facts[number] = double(content)
        elif isinstance(content, memoryview) and len(content) % 8 == 0:
            if len(buckets[number]) + len(content) // 8 > MOST_BUCKETS:
                raise ProtobufError(f"a histogram has more than {MOST_BUCKETS} buckets")
            buckets[number] += np.frombuffer(content, "<f8").tolist()
    minimum, maximum, count, total = (facts.get(number, 0.0) for number in (1, 2, 3, 4))
    limits, counts = np.array(buckets[6]), np.array(buckets[7])
    return Histogram(tag, step, wall_time, minimum, maximum, count, total, limits, counts)
