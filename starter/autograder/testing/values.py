"""Plain values of probes: one form whichever process they are from, and their comparison by structure."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.model import Finding, FindingKind
from autograder.runner.child.tensors import torch_name
from autograder.testing.digits import shape_text, size_text
from autograder.testing.relations import shape_relation

FLOAT64_BITS = 1023  # 2**1024 is over the largest float64


class Outputs(Mapping[str, Any]):
    """What a probe returned, by name; the same form for a student's code and the reference."""

    def __init__(self, values: Mapping[str, Any], origin: str) -> None:
        self._values = dict(values)
        self.origin = origin

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<outputs of {self.origin}: {', '.join(self._values)}>"


def normalise(value: Any) -> Any:
    """Plain Python for scalars (0-d arrays too), contiguous arrays of plain dtypes, lists and dicts of those.

    A whole number that no float64 can hold becomes an infinity, so that no comparison can overflow.

    Raises:
        TypeError: anything else, an object array for instance.
    """
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return normalise(value.item())
    if isinstance(value, int) and value.bit_length() > FLOAT64_BITS:
        return math.copysign(math.inf, value >> FLOAT64_BITS)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biufc":
            raise TypeError(f"an array of dtype {value.dtype}")
        return np.ascontiguousarray(value)
    if isinstance(value, Mapping):
        return {str(key): normalise(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [normalise(item) for item in value]
    raise TypeError(f"a {type(value).__name__}")


def count_values(value: Any) -> int:
    """How many arrays and plain values there are."""
    if isinstance(value, Mapping):
        return sum(map(count_values, value.values()))
    return sum(map(count_values, value)) if isinstance(value, list | tuple) else 1


def size_bytes(value: Any) -> int:
    """The size of the arrays in a value."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, Mapping):
        return sum(map(size_bytes, value.values()))
    return sum(map(size_bytes, value)) if isinstance(value, list | tuple) else 0


def identical(one: Any, other: Any) -> bool:
    """Whether two plain values are the same to the last bit; a NaN outside an array is not identical to another."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        same = one.dtype == other.dtype and torch_name(one) == torch_name(other) and one.shape == other.shape
        return same and one.tobytes() == other.tobytes()
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(identical(one[key], item) for key, item in other.items())
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(identical, one, other))
    return bool(one == other) and repr(one) == repr(other)  # 0.0 is not -0.0


def digest(value: Any) -> bytes:
    """A hash of plain values: equal for equal kinds, shapes, dtypes and bytes."""
    pieces: list[bytes] = []
    _feed(pieces, value)
    return hashlib.sha256(b"".join(pieces)).digest()


def _feed(pieces: list[bytes], value: Any) -> None:
    # called for every value of every call: the common types are first
    if type(value) is np.ndarray:
        pieces.append(f"a{value.dtype.str}{torch_name(value) or ''}{value.shape}".encode())
        pieces.append(value.tobytes())
    elif isinstance(value, dict):
        pieces.append(b"d%d" % len(value))
        for key in sorted(value):
            pieces.append(key.encode())
            _feed(pieces, value[key])
    elif isinstance(value, list | tuple):
        pieces.append(b"l%d" % len(value))
        for item in value:
            _feed(pieces, item)
    elif isinstance(value, np.generic):
        _feed(pieces, value.item())
    else:
        pieces.append(f"{type(value).__name__}:{value!r};".encode())


def kind(value: Any) -> str:
    """The word for a value's kind in findings."""
    if value is None:
        return "None"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, np.ndarray):
        return "an array"
    return "a dict" if isinstance(value, Mapping) else "a list"


def structure_finding(name: str, actual: Any, expected: Any, *, shapes: bool) -> Finding | None:
    """The first difference in names, kinds and (with ``shapes``) shapes; None where they agree."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key, item in expected.items():
            path = f"{name}[{key!r}]" if name else key
            if key not in actual:
                return Finding(FindingKind.MISSING, f"{path}: nothing was returned")
            finding = structure_finding(path, actual[key], item, shapes=shapes)
            if finding:
                return finding
        return None
    if isinstance(expected, list) and isinstance(actual, list):
        if shapes and len(expected) != len(actual):
            got = size_text(len(actual), [len(expected)])
            return Finding(FindingKind.SHAPE, f"{name}: expected {len(expected)} items, got {got}")
        for index, (one, other) in enumerate(zip(actual, expected, strict=False)):
            finding = structure_finding(f"{name}[{index}]", one, other, shapes=shapes)
            if finding:
                return finding
        return None
    return _leaf_finding(name, actual, expected, shapes=shapes)


def _leaf_finding(name: str, actual: Any, expected: Any, *, shapes: bool) -> Finding | None:
    if isinstance(expected, np.ndarray) and isinstance(actual, np.ndarray):
        if actual.dtype.kind == "c" != expected.dtype.kind:
            return Finding(FindingKind.DTYPE, f"{name}: expected real numbers, got complex ones ({actual.dtype})")
        if shapes and actual.shape != expected.shape:
            got = shape_text(actual.shape, expected.shape)
            exact = "" if got == str(actual.shape) else f"got shape {actual.shape}"
            message = f"{name}: expected shape {expected.shape}, got {got}"
            return Finding(FindingKind.SHAPE, message, shape_relation(actual.shape, expected.shape), detail=exact)
        return None
    if isinstance(actual, np.ndarray) and isinstance(expected, bool | int | float):
        return Finding(
            FindingKind.SHAPE, f"{name}: expected a single number, got an array of shape {shape_text(actual.shape)}"
        )
    if isinstance(expected, np.ndarray) and isinstance(actual, bool | int | float):
        return Finding(FindingKind.SHAPE, f"{name}: expected an array of shape {expected.shape}, got a single number")
    numbers = isinstance(actual, int | float) and isinstance(expected, int | float)  # bool counts: 0 and 1
    if numbers or kind(actual) == kind(expected):
        return None
    hint = "The function returned nothing. Does it end with return?" if actual is None else ""
    return Finding(FindingKind.TYPE, f"{name}: expected {kind(expected)}, got {kind(actual)}", hint)
