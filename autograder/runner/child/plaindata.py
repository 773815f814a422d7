"""Plain data: what travels between the tester and a student's process, and how other values become it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import tensors

DEPTH = 16  # of lists and dicts within one another
DTYPES = {
    name: np.dtype(name)
    for name in ("<f2", "<f4", "<f8", "<c8", "<c16", "|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8")
}


class UnsendableError(TypeError):
    """A value that is not plain data; raised on the sender's side."""


class TooLargeError(UnsendableError):
    """Plain data over a limit."""


def plain(value: Any, depth: int = 0) -> Any:
    """Return ``value`` as plain data: None, bool, int, float, str, list, tuple, dict and exact ndarrays.

    Subclasses, numpy scalars and torch tensors are converted; arrays become little-endian and C-contiguous. An array
    marked as a tensor (:mod:`tensors`) keeps its mark.

    Raises:
        UnsendableError: something in it is not plain data.
    """
    if depth > DEPTH:
        raise UnsendableError("the value is nested too deeply, or contains itself")
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic):
        return (
            plain(np.asarray(value))
            if value.dtype.kind in "cOV" or value.dtype.char == "g"
            else plain(value.item(), depth)
        )
    if isinstance(value, np.ndarray):
        return _plain_array(value)
    if isinstance(value, list | tuple):
        items = [plain(item, depth + 1) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, Mapping):
        return {_plain_key(key): plain(item, depth + 1) for key, item in value.items()}
    for base in (int, float, str):
        if isinstance(value, base):
            return base(value)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        try:
            return _plain_array(tensors.of_torch(value))
        except (TypeError, RuntimeError) as error:  # a quantised one, or one without numbers
            raise UnsendableError(f"a tensor is not plain data: {error!s:.200}") from None
    raise UnsendableError(f"a {type(value).__name__} is not plain data (arrays, numbers, text, lists, dicts)")


def _plain_key(key: Any) -> str:
    if not isinstance(key, str):
        raise UnsendableError(f"the key {key!r:.50} of a dict is not text")
    return str(key)


def _plain_array(array: np.ndarray) -> Any:
    name = tensors.torch_name(array)
    if name is not None:  # numpy drops the mark of an array without axes
        return tensors.marked(np.array(array, tensors.HELD_AS[name], order="C", subok=False), name)
    array = np.array(array, order="C", subok=False)
    if array.dtype.kind == "U":
        return array.tolist()
    if array.dtype.kind in "fc" and array.dtype.str not in DTYPES and array.dtype.newbyteorder("<").str not in DTYPES:
        array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)  # long double
    dtype = array.dtype.newbyteorder("<")
    if dtype.str not in DTYPES:
        raise UnsendableError(f"an array of dtype {array.dtype} is not plain data")
    return array.astype(dtype, copy=False)
