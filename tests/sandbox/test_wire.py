"""The wire: what it carries, and what it refuses."""

from __future__ import annotations

import math
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.runner.child import plaindata, streams, wire
from tests.hostile.judge import count_descriptors
from tests.sandbox.fuzz import Reader, fuzz

LIMITS = wire.WireLimits(payload_bytes=1 << 20)
TEXT = st.text(st.characters(codec="utf-8"), max_size=700)  # without lone surrogates
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=20), inner, max_size=4)
    ),
    max_leaves=20,
)


def through(value: Any) -> Any:
    """The value as the other side gets it."""
    data = b"".join(map(bytes, wire.encode(wire.OUTPUTS, 5, value, LIMITS)))
    return wire.read_frame(Reader(data), LIMITS).value


@given(PLAIN)
def test_plain_values_survive(value: Any) -> None:
    """Every plain value comes out as it went in."""
    assert value == through(value)


@given(
    hnp.arrays(
        st.sampled_from(["<f8", "<f4", "|b1", "<i8", "|u1", "<c16", ">f8"]), hnp.array_shapes(min_dims=0, min_side=0)
    )
)
def test_arrays_survive(array: np.ndarray) -> None:
    """Arrays keep their values, shapes and dtypes, whatever their byte order was."""
    back = through(array)

    np.testing.assert_array_equal(array, back)
    assert (array.shape, array.dtype.newbyteorder("<")) == (back.shape, back.dtype)


def test_infinities_and_nan_survive() -> None:
    """Floats that JSON lacks are carried too."""
    assert [math.inf, -math.inf] == through([math.inf, -math.inf])
    assert math.isnan(through(math.nan))


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1: 2},
        np.array([object()]),
        np.zeros(1, "f8,i4"),
        np.zeros(200_000),
        [[]] * 30_000,
        {"x": {1, 2}},
        b"x",
    ],
    ids=["object", "key", "object-array", "structured", "too-large", "too-many", "set", "bytes"],
)
def test_what_is_not_plain_is_not_sent(value: Any) -> None:
    """A sender refuses what the receiver would have to refuse."""
    with pytest.raises(plaindata.UnsendableError):
        wire.encode(wire.OUTPUTS, 1, value, LIMITS)


@pytest.mark.parametrize("value", [np.zeros(200_000), [[]] * 30_000], ids=["bytes", "values"])
def test_what_is_too_large_is_not_called_wrong(value: Any) -> None:
    """Plain data over a limit has an exception of its own: a student reads another reason."""
    with pytest.raises(plaindata.TooLargeError):
        wire.encode(wire.OUTPUTS, 1, value, LIMITS)


def test_subclasses_are_sent_as_what_they_are() -> None:
    """Scalars of numpy become Python numbers, array subclasses plain arrays."""

    class Liar(np.ndarray):
        """Answers every question wrongly."""

        def __eq__(self, other: object) -> bool:  # type: ignore[override]  # it lies about that, too
            return True

        __hash__ = None  # type: ignore[assignment]  # as numpy has it

    back = through({"scalar": np.float32(0.5), "flag": np.bool_(True), "array": np.zeros(3).view(Liar)})

    assert (float, bool, np.ndarray) == tuple(map(type, back.values()))


def frame(tree: str, arrays: str = "[]", payload: bytes = b"", request_id: str = "1") -> bytes:
    text = f'{{"id":{request_id},"value":{tree},"arrays":{arrays}}}'.encode()
    return wire.HEADER.pack(wire.MAGIC, wire.OUTPUTS, len(text), len(payload)) + text + payload


F8 = np.arange(6.0).tobytes()
REFUSED = {
    "magic": b"BAD!" + frame("1")[4:],
    "kind": wire.HEADER.pack(wire.MAGIC, 99, 2, 0) + b"{}",
    "4 GiB of JSON": wire.HEADER.pack(wire.MAGIC, 4, 0xFFFFFFFF, 0),
    "2**63 bytes of arrays": wire.HEADER.pack(wire.MAGIC, 4, 2, 2**63) + b"{}",
    "not JSON": wire.HEADER.pack(wire.MAGIC, 4, 2, 0) + b"{[",
    "not UTF-8": wire.HEADER.pack(wire.MAGIC, 4, 2, 0) + b"\xff\xff",
    "missing keys": wire.HEADER.pack(wire.MAGIC, 4, 2, 0) + b"{}",
    "id": frame("1", request_id='"x"'),
    "infinity": frame("Infinity"),
    "1e999": frame("1e999"),
    "60,000 digits": frame("9" * 60_000),
    "4,000 digits": frame("9" * 4_000),
    "30,000 levels": frame("[" * 30_000 + "]" * 30_000),
    "20 levels": frame("[" * 20 + "]" * 20),
    "30,000 values": frame("[" + ",".join(["1"] * 30_000) + "]"),
    "object dtype": frame("null", '[["|O",8]]', bytes(8)),
    "structured dtype": frame("null", '[[["f8"],8]]', bytes(8)),
    "date dtype": frame("null", '[["<M8[s]",8]]', bytes(8)),
    "half an element": frame("null", '[["<f8",7]]', bytes(7)),
    "negative size": frame("null", '[["<f8",-8]]'),
    "sizes that do not add up": frame("null", '[["<f8",16]]', bytes(8)),
    "shape of another size": frame('{"$array":[0,7]}', '[["<f8",48]]', F8),
    "negative shape": frame('{"$array":[0,-2,-3]}', '[["<f8",48]]', F8),
    "overflowing shape": frame('{"$array":[0,1048576,1048576,1048576,1048576,0]}', '[["<f8",0]]'),
    "nine dimensions": frame('{"$array":[0,6,1,1,1,1,1,1,1,1]}', '[["<f8",48]]', F8),
    "bool as a size": frame('{"$array":[0,true,6]}', '[["<f8",48]]', F8),
    "array used twice": frame('[{"$array":[0,6]},{"$array":[0,6]}]', '[["<f8",48]]', F8),
    "no such array": frame('{"$array":[1,6]}', '[["<f8",48]]', F8),
    "text of floats": frame('{"$text":0}', '[["<f8",48]]', F8),
    "floats of bytes": frame('{"$floats":0}', '[["|u1",48]]', F8),
    "tuple of nothing": frame('{"$tuple":1}'),
    "dict of a dict": frame('{"$dict":{}}'),
    "key twice": frame('{"$dict":[["a",1],["a",2]]}'),
    "key that is a number": frame('{"$dict":[[1,1]]}'),
    "unknown tag": frame('{"$pickle":"x"}'),
    "plain object": frame('{"a":1}'),
    "float by another name": frame('{"$float":"1.5"}'),
    "300 MiB announced": wire.HEADER.pack(wire.MAGIC, 4, 10, 300 << 20) + bytes(10),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_a_message_that_breaks_a_rule_is_refused(data: bytes) -> None:
    """Each rule of the wire has a message that breaks it alone."""
    with pytest.raises(wire.WireError):
        wire.read_frame(Reader(data), LIMITS)


def test_bytes_of_bools_are_made_valid() -> None:
    """A bool is 0 or 1 in memory, whatever byte was sent."""
    back = wire.read_frame(Reader(frame('{"$array":[0,4]}', '[["|b1",4]]', b"\xff\x00\x02\x01")), LIMITS).value

    assert [1, 0, 1, 1] == back.view(np.uint8).tolist()


def test_lone_surrogates_are_replaced() -> None:
    """Text that could not be printed or stored does not get in, not even as a key."""
    back = wire.read_frame(Reader(frame('{"$dict":[["\\ud800","a\\udfffb"]]}')), LIMITS).value

    assert {"?": "a?b"} == back


def test_mutated_messages_are_accepted_or_refused() -> None:
    """Of 10,000 damaged messages none raises anything but a WireError (make fuzz tries 200,000)."""
    counts = fuzz(10_000, seed=1)
    assert 10_000 == counts["accepted"] + counts["rejected"]


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    yield ours, theirs
    ours.close()
    theirs.close()


def in_thread(action: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=action)
    thread.start()
    return thread


def test_a_slow_drip_meets_the_deadline(pair: tuple[socket.socket, socket.socket]) -> None:
    """A byte now and then does not put off the end: the deadline is the frame's."""
    ours, theirs = pair
    stop = threading.Event()

    def drip() -> None:
        for byte in frame("[" + "1," * 5_000 + "1]"):
            if stop.wait(0.005):
                return
            theirs.send(bytes([byte]))

    thread = in_thread(drip)
    with pytest.raises(wire.DeadlineError):
        wire.read_frame(streams.DeadlineStream(ours, time.monotonic() + 0.2).receive, LIMITS)
    stop.set()
    thread.join()


def test_a_flood_takes_no_memory(pair: tuple[socket.socket, socket.socket]) -> None:
    """Of an endless stream no more is read than one frame; the sender is left waiting."""
    ours, theirs = pair
    theirs.settimeout(0.2)

    def flood() -> None:
        try:
            while True:
                theirs.send(b"flood" * 10_000)
        except OSError:
            return

    thread = in_thread(flood)
    with pytest.raises(wire.WireError):
        wire.read_frame(streams.DeadlineStream(ours, time.monotonic() + 60).receive, LIMITS)
    thread.join()


def test_a_peer_that_does_not_read_meets_the_deadline(pair: tuple[socket.socket, socket.socket]) -> None:
    """Sending waits no longer than the frame may take."""
    with pytest.raises(wire.DeadlineError):
        streams.DeadlineStream(pair[0], time.monotonic() + 0.1).send([bytes(64 << 20)])


def test_descriptors_sent_along_are_dropped(pair: tuple[socket.socket, socket.socket]) -> None:
    """Whoever sends descriptors with a message gives none of them to us."""
    before = count_descriptors()
    with socket.socket(socket.AF_UNIX) as other:
        socket.send_fds(pair[1], [frame("1")], [other.fileno()] * 10)
        value = wire.read_frame(streams.DeadlineStream(pair[0], time.monotonic() + 60).receive, LIMITS).value

    assert (1, before) == (value, count_descriptors())


def test_the_header_has_twenty_bytes() -> None:
    """The frame's layout is fixed: magic, kind, bytes of JSON, bytes of arrays."""
    assert 20 == wire.HEADER.size == struct.calcsize("<4sIIQ")
