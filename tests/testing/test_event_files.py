"""TensorBoard's event files: read as SummaryWriter writes them; hostile ones end in a finding, soon."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.model import FindingKind
from autograder.testing import CheckFailed, EventLog, event_files, read_events
from autograder.testing.crc32c import masked_crc32c


def varint(value: int) -> bytes:
    """A number as protocol buffers write it."""
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def part(number: int, content: bytes | int | float) -> bytes:
    """A field: bytes, a whole number, or a float of 8 bytes."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    if isinstance(content, float):
        return varint(number << 3 | 1) + struct.pack("<d", content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def record(data: bytes, *, length: int | None = None) -> bytes:
    """A record; ``length`` is what it says of itself, with the checksum of that."""
    head = struct.pack("<Q", len(data) if length is None else length)
    return head + struct.pack("<I", masked_crc32c(head)) + data + struct.pack("<I", masked_crc32c(data))


def scalar(tag: bytes, step: int, value: float, wall_time: float = 1.5) -> bytes:
    """A record with one scalar as torch writes it."""
    inner = part(1, tag) + varint(2 << 3 | 5) + struct.pack("<f", value)
    return record(part(1, wall_time) + part(2, step) + part(5, part(1, inner)))


VERSION = record(part(1, 1.0) + part(3, b"brain.Event:2"))


def finding_of(file: bytes) -> str:
    """The words of the finding that a file ends in."""
    with pytest.raises(CheckFailed) as failed:
        read_events(file)
    assert failed.value.finding.kind is FindingKind.VALUE
    return failed.value.finding.message


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # add_graph calls it
def test_what_summary_writer_writes_is_read(tmp_path: Path) -> None:
    """Scalars in order with steps that repeat, an image, a histogram, text and a graph."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as log:
        for step in (1, 2, 2, 300):
            log.add_scalar("loss/train", 1 / step, step)
        log.add_scalar("newer", 0.25, 3, new_style=True)
        log.add_image("digit", torch.zeros(3, 4, 5), 7)
        log.add_histogram("weights", torch.tensor([0.0, 1.0, 1.0, 2.0]), 9)
        log.add_text("note", "words", 1)
        log.add_graph(torch.nn.Linear(2, 1), torch.zeros(1, 2))
    (file,) = tmp_path.iterdir()
    found = read_events(np.fromfile(file, np.uint8))

    curve = found.curve("loss/train")
    assert [1, 2, 2, 300] == curve.steps.tolist()
    assert np.allclose([1, 0.5, 0.5, 1 / 300], curve.values, rtol=1e-6)
    assert all(1.7e9 < time < 1e11 for time in curve.wall_times)
    assert [0.25] == found.curve("newer").values.tolist()
    ((image), (histogram)) = found.images[0], found.histograms[0]
    assert ("digit", 7, 4, 5, 3) == (image.tag, image.step, image.height, image.width, image.channels)
    assert b"\x89PNG" == image.encoded[:4]
    assert ("weights", 9, 0.0, 2.0, 4.0, 4.0) == (
        histogram.tag, histogram.step, histogram.minimum, histogram.maximum, histogram.count, histogram.total,
    )  # fmt: skip
    assert 4.0 == histogram.counts.sum()
    assert len(histogram.limits) == len(histogram.counts)
    assert [True, 1] == [found.has_graph, found.starts]
    assert ["note/text_summary"] == found.other_tags


def test_restarts_and_more_than_ten_thousand_points_are_seen() -> None:
    """Every point is there, in order, and each start of a writer is counted."""
    file = VERSION + b"".join(scalar(b"x", step, float(step)) for step in range(11_000))
    found = read_events(file, VERSION + scalar(b"x", -5, 1.0))

    assert [*range(11_000), -5] == found.curve("x").steps.tolist()
    assert 2 == found.starts


def test_a_tag_that_is_missing_is_named() -> None:
    """The tags that are there are only in the detail, which a hidden test does not show."""
    with pytest.raises(CheckFailed) as failed:
        read_events(VERSION + scalar(b"los", 1, 1.0)).curve("loss")
    finding = failed.value.finding

    assert (FindingKind.MISSING, "the log has no scalar with the tag 'loss'") == (finding.kind, finding.message)
    assert "los" in finding.detail


NESTED = b""
for _ in range(5000):
    NESTED = part(1, NESTED)
TAIL = struct.pack("<I", 0)
HOSTILE = {
    "huge length": (record(b"", length=1 << 63), "longer than 16 MiB"),
    "length of 16 MiB in a short file": (record(b"", length=16 << 20), "ends within a record"),
    "wrong checksum of a length": (b"\xff" * 12 + VERSION, "checksum of a length"),
    "wrong checksum of a record": (VERSION[:-4] + TAIL, "checksum of a record"),
    "changed byte": (VERSION[:25] + b"\0" + VERSION[26:], "checksum of a record"),
    "cut": (VERSION[:-1], "ends within a record"),
    "cut within a head": (VERSION + VERSION[:5], "ends within a record"),
    "not an event file": (b"PK\3\4" + bytes(100), "checksum of a length"),
    "number without an end": (record(b"\x10" + b"\xff" * 20), "does not end"),
    "field longer than its record": (record(varint(5 << 3 | 2) + varint(1 << 40)), "longer than its record"),
    "group": (record(b"\x0b" + b"\x0c"), "unknown type"),
    "long tag": (scalar(b"t" * 501, 1, 1.0), "a tag is longer than 500 bytes"),
    "many buckets": (
        record(part(5, part(1, part(1, b"h") + part(5, part(6, bytes(8 * 20_000)))))), "more than 10000 buckets"),
    "many fields": (record(part(2, 1) * 1_000_001), "too many fields"),
    "a million records": (record(b"") * 1_000_000, "more than 100000 records"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "words"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_end_in_a_finding(file: bytes, words: str) -> None:
    """Nothing of the size that a file claims is made, and the words hold no number of the submission's choice."""
    message = finding_of(file)
    assert words in message
    assert message.startswith("TensorBoard's event file: expected whole records with right checksums")


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything of it is read."""
    monkeypatch.setattr(event_files, "MOST_FILE_BYTES", 1 << 20)
    assert "larger than 1 MiB" in finding_of(bytes((1 << 20) + 1))


def test_strange_contents_are_read_as_they_are() -> None:
    """Deep nesting costs nothing; other types are no values; text that is no UTF-8 becomes a sign."""
    assert EventLog() == read_events(b"")
    assert [""] == read_events(record(part(5, part(1, part(3, NESTED))))).other_tags
    assert EventLog() == read_events(record(part(1, 7) + part(2, b"x") + part(5, 3) + part(99, b"y")))
    (point,) = read_events(scalar(b"\xff\0<b>", -1, float("nan"), float("inf"))).scalars
    assert ("\ufffd\0<b>", -1, float("inf")) == (point.tag, point.step, point.wall_time)
    assert np.isnan(point.value)


@pytest.mark.parametrize("value", [None, [1, 2], 3.0, np.zeros(3)], ids=["none", "list", "number", "floats"])
def test_what_is_no_file_is_a_finding(value: object) -> None:
    """A submission may return anything in place of the bytes."""
    with pytest.raises(CheckFailed, match="event file"):
        read_events(value)  # type: ignore[arg-type]  # what a student's code can return


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_in_a_record_end_well(data: bytes) -> None:
    """A log or a finding, never another exception."""
    for file in (data, record(data), record(part(5, part(1, data))), record(part(5, part(1, part(5, data))))):
        with contextlib.suppress(CheckFailed):
            assert isinstance(read_events(file), EventLog)
