"""Messages between the tester and a process that runs a student's code.

A frame is a 20-byte header, a JSON text of at most 64 KiB and the raw bytes of the arrays:

    magic 'AGW1' | u32 kind | u32 bytes of JSON | u64 bytes of arrays | JSON | arrays

All numbers are little-endian, arrays C-contiguous. JSON holds ``{"id": …, "value": …, "arrays": [[dtype, bytes], …]}``;
within ``value`` an object with one key that starts with ``$`` encodes what JSON lacks. Nothing is ever
unpickled, and each side treats the other's bytes as hostile: every size is checked before it is used.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import tensors
from .plaindata import DEPTH, DTYPES, TooLargeError, plain

HEADER = struct.Struct("<4sIIQ")
MAGIC = b"AGW1"
LOAD, CALL, READY, OUTPUTS, FAULT = 1, 2, 3, 4, 5
KINDS = frozenset((LOAD, CALL, READY, OUTPUTS, FAULT))
JSON_BYTES, ID_BYTES = 64 * 1024, 32  # of a frame, and of these for the request id
JOINED_BYTES = 1 << 20  # arrays up to this size together are received in one piece
INLINE_TEXT = 512  # longer texts are sent as bytes, so that they do not count against JSON_BYTES
PACKED_LIST = 32  # longer lists of floats or ints are sent as arrays, for the same reason
INT64 = range(-(2**63), 2**63)
_TO_JSON = json.JSONEncoder(separators=(",", ":")).encode


class WireError(Exception):
    """The peer's bytes break the format."""


class PeerClosedError(WireError):
    """The peer closed the connection."""


class DeadlineError(WireError):
    """The frame was not complete in time."""


@dataclass(frozen=True)
class WireLimits:
    """What one frame may hold at most."""

    payload_bytes: int = 64 << 20
    arrays: int = 512
    nodes: int = 20_000
    depth: int = DEPTH
    dimensions: int = 8
    text_bytes: int = 8 << 20
    key_characters: int = 200
    int_bits: int = 1024


@dataclass(frozen=True)
class Frame:
    """One message: ``request_id`` ties a reply to its call."""

    kind: int
    request_id: int
    value: Any


Receive = Callable[[int], "bytes | memoryview"]  # exactly n bytes, or an exception


def new_id() -> int:
    """Return 62 random bits that a reply must repeat: it cannot be sent before the call was received."""
    return secrets.randbits(62)


@dataclass(frozen=True)
class Body:
    """An encoded value, to be sent any number of times.

    Attributes:
        text: the JSON after the request id.
        pieces: the arrays' bytes, joined where they are few.
        payload_bytes: their sum.
    """

    text: bytes
    pieces: tuple[bytes | memoryview, ...]
    payload_bytes: int


def encode(kind: int, request_id: int, value: Any, limits: WireLimits = WireLimits()) -> list[bytes | memoryview]:
    """Return the pieces of one frame; see :func:`plain`, :func:`body_of` and :func:`frame_of`."""
    return frame_of(kind, request_id, body_of(plain(value), limits))


def frame_of(kind: int, request_id: int, body: Body) -> list[bytes | memoryview]:
    """Return the pieces of one frame, the first being header and JSON."""
    text = b'{"id":%d,%b' % (request_id, body.text)
    head = HEADER.pack(MAGIC, kind, len(text), body.payload_bytes) + text
    if body.payload_bytes <= JSON_BYTES:
        return [b"".join([head, *body.pieces])]
    return [head, *body.pieces]


def body_of(value: Any, limits: WireLimits = WireLimits()) -> Body:
    """Return a value that is plain data ready to be sent.

    Raises:
        TooLargeError: it exceeds ``limits``.
    """
    arrays: list[np.ndarray] = []
    tree = _pack(value, arrays)
    total = sum(array.nbytes for array in arrays)
    if total > limits.payload_bytes:
        raise TooLargeError(f"{total >> 20} MiB of arrays; at most {limits.payload_bytes >> 20} MiB can be sent")
    if len(arrays) > limits.arrays:
        raise TooLargeError(f"{len(arrays)} arrays; at most {limits.arrays} can be sent")
    try:  # what the receiver would refuse as a breach of the format is an ordinary error here
        _Decoder(arrays, limits).unpack(tree, 0)
    except WireError as error:
        raise TooLargeError(f"the value cannot be sent: {error}") from None
    specs = [[array.dtype.str, array.nbytes] for array in arrays]
    text = _TO_JSON({"value": tree, "arrays": specs}).encode()[1:]
    if len(text) > JSON_BYTES - ID_BYTES:
        raise TooLargeError("the value has too many parts")
    pieces = tuple(array.reshape(-1).data.cast("B") for array in arrays if array.size)
    return Body(text, (b"".join(pieces),) if total <= JSON_BYTES else pieces, total)


def _pack(value: Any, arrays: list[np.ndarray]) -> Any:
    kind = type(value)
    if kind is float and not math.isfinite(value):
        return {"$float": repr(value)}
    if kind is str and len(value) > INLINE_TEXT:
        return {"$text": _add(np.frombuffer(value.encode("utf-8", "replace"), np.uint8), arrays)}
    if kind is np.ndarray:
        name = tensors.torch_name(value)
        if name is not None:
            return {"$tensor": [name, _add(tensors.sent(value, name), arrays), *value.shape]}
        return {"$array": [_add(value, arrays), *value.shape]}
    if kind is list:
        if len(value) >= PACKED_LIST and all(type(item) is float for item in value):
            return {"$floats": _add(np.array(value, "<f8"), arrays)}
        if len(value) >= PACKED_LIST and all(type(item) is int and item in INT64 for item in value):
            return {"$ints": _add(np.array(value, "<i8"), arrays)}
        return [_pack(item, arrays) for item in value]
    if kind is tuple:
        return {"$tuple": _pack(list(value), arrays)}
    if kind is dict:
        return {"$dict": [[key, _pack(item, arrays)] for key, item in value.items()]}
    return value


def _add(array: np.ndarray, arrays: list[np.ndarray]) -> int:
    arrays.append(array)
    return len(arrays) - 1


def read_frame(
    receive: Receive, limits: WireLimits, kinds: frozenset[int] = KINDS, *, make_tensors: bool = False
) -> Frame:
    """Read and check one frame; ``receive`` returns exactly n bytes and enforces the deadline.

    Arrays are views of what ``receive`` returned: read-only where that is ``bytes``. With ``make_tensors`` an array
    that is marked as a tensor becomes one where torch has been imported.

    Raises:
        WireError: the format is broken, the peer closed, or the deadline passed.
    """
    magic, kind, json_bytes, payload_bytes = HEADER.unpack(receive(HEADER.size))
    if magic != MAGIC:
        raise WireError("wrong magic")
    if kind not in kinds:
        raise WireError("unexpected kind")  # its number would be 32 bits of the sender's choice
    if json_bytes > JSON_BYTES:
        raise WireError("JSON too long")
    if payload_bytes > limits.payload_bytes:
        raise WireError("arrays too large")
    message = _parse(bytes(receive(json_bytes)))
    request_id = message["id"]
    if type(request_id) is not int or request_id not in INT64:
        raise WireError("id")
    arrays = _read_arrays(message["arrays"], payload_bytes, receive, limits)
    decoder = _Decoder(arrays, limits, make_tensors)
    value = decoder.unpack(message["value"], 0)
    return Frame(kind, request_id, value)


def _parse(text: bytes) -> dict[str, Any]:
    try:
        message = _FROM_JSON(text.decode("utf-8", "strict"))
    except WireError:
        raise
    except (ValueError, RecursionError, MemoryError):  # UnicodeDecodeError is a ValueError
        raise WireError("not JSON") from None
    if type(message) is not dict or set(message) != {"id", "value", "arrays"}:
        raise WireError("wrong keys")
    return message


def _refuse_constant(name: str) -> None:
    raise WireError(f"{name} is not JSON")


_FROM_JSON = json.JSONDecoder(parse_constant=_refuse_constant).decode


def _read_arrays(specs: Any, payload_bytes: int, receive: Receive, limits: WireLimits) -> list[np.ndarray]:
    if type(specs) is not list or len(specs) > limits.arrays:
        raise WireError("list of arrays")
    total = 0
    for spec in specs:
        if type(spec) is not list or len(spec) != 2 or type(spec[0]) is not str or spec[0] not in DTYPES:
            raise WireError("dtype")
        if type(spec[1]) is not int or spec[1] < 0 or spec[1] % DTYPES[spec[0]].itemsize:
            raise WireError("bytes of an array")
        total += spec[1]
    if total != payload_bytes:
        raise WireError("the arrays do not add up")
    if payload_bytes > JOINED_BYTES:
        return [_array(DTYPES[name], receive(size) if size else b"") for name, size in specs]
    data = memoryview(receive(payload_bytes) if payload_bytes else b"")
    arrays, start = [], 0
    for name, size in specs:
        array = _array(DTYPES[name], data[start : start + size])
        # some processors read a number only where its size divides the address
        arrays.append(array.copy() if start % array.itemsize else array)
        start += size
    return arrays


def _array(dtype: np.dtype, data: bytes | memoryview) -> np.ndarray:
    if dtype == np.bool_:  # a byte other than 0 and 1 is not a valid bool
        data = (np.frombuffer(data, np.uint8) != 0).tobytes()
    return np.frombuffer(data, dtype)


_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_SURROGATE = re.compile("[\ud800-\udfff]")  # a lone surrogate raises an error as soon as it is printed or stored


@dataclass
class _Decoder:
    """Turns the JSON of one frame back into values, each array used once."""

    arrays: list[np.ndarray]
    limits: WireLimits
    make_tensors: bool = False
    nodes: int = 0
    unused: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self.unused = set(range(len(self.arrays)))

    def unpack(self, node: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > self.limits.nodes or depth > self.limits.depth:
            raise WireError("too many values, or nested too deeply")
        kind = type(node)
        if node is None or kind is bool:
            return node
        if kind is float:
            if not math.isfinite(node):  # 1e999
                raise WireError("number out of range")
            return node
        if kind is int:
            if node.bit_length() > self.limits.int_bits:
                raise WireError("number too long")
            return node
        if kind is str:
            return _SURROGATE.sub("?", node)
        if kind is list:
            return [self.unpack(item, depth + 1) for item in node]
        if kind is not dict or len(node) != 1:
            raise WireError("unknown value")
        ((tag, content),) = node.items()
        return self._unpack_tag(tag, content, depth)

    def _unpack_tag(self, tag: str, content: Any, depth: int) -> Any:
        if tag == "$array":
            return self._shaped(content)
        if tag == "$tensor":
            return self._tensor(content)
        if tag == "$tuple":
            value = self.unpack(content, depth + 1)
            if type(value) is not list:
                raise WireError("tuple")
            return tuple(value)
        if tag == "$dict":
            return self._mapping(content, depth)
        if tag == "$float":
            if type(content) is not str or content not in _FLOATS:
                raise WireError("float")
            return _FLOATS[content]
        if tag == "$text":
            data = self._take(content, "|u1")
            if data.size > self.limits.text_bytes:
                raise WireError("text too long")
            return data.tobytes().decode("utf-8", "replace")
        if tag in ("$floats", "$ints"):
            data = self._take(content, "<f8" if tag == "$floats" else "<i8")
            self.nodes += data.size // 64  # packed values are cheap, not free
            if self.nodes > self.limits.nodes:
                raise WireError("too many values")
            return data.tolist()
        raise WireError("unknown value")

    def _take(self, index: Any, dtype: str | None = None) -> np.ndarray:
        if type(index) is not int or index not in self.unused:
            raise WireError("index of an array")
        self.unused.discard(index)
        array = self.arrays[index]
        if dtype is not None and array.dtype != DTYPES[dtype]:
            raise WireError("dtype of packed values")
        return array

    def _shaped(self, content: Any) -> np.ndarray:
        if type(content) is not list or not 1 <= len(content) <= self.limits.dimensions + 1:
            raise WireError("shape")
        if any(type(size) is not int or not 0 <= size <= self.limits.payload_bytes for size in content):
            raise WireError("shape")
        index, *shape = content
        array = self._take(index)
        if math.prod(shape) != array.size or math.prod(max(size, 1) for size in shape) > 2**62:
            raise WireError("shape")
        return array.reshape(shape)

    def _tensor(self, content: Any) -> Any:
        if type(content) is not list or not content or type(content[0]) is not str or content[0] not in tensors.SENT_AS:
            raise WireError("dtype of a tensor")
        name = content[0]
        array = self._shaped(content[1:])
        if array.dtype != DTYPES[tensors.SENT_AS[name]]:
            raise WireError("dtype of a tensor")
        value = tensors.received(array, name)
        return tensors.to_torch(value) if self.make_tensors else value

    def _mapping(self, content: Any, depth: int) -> dict[str, Any]:
        if type(content) is not list:
            raise WireError("dict")
        mapping: dict[str, Any] = {}
        for pair in content:
            if type(pair) is not list or len(pair) != 2 or type(pair[0]) is not str:
                raise WireError("dict")
            key = _SURROGATE.sub("?", pair[0])
            if len(key) > self.limits.key_characters or key in mapping:
                raise WireError("key")
            mapping[key] = self.unpack(pair[1], depth + 1)
        return mapping
