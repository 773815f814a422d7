"""Tensors of PyTorch as arrays.

The tester has no torch. An array is marked as a tensor in its dtype's metadata (``{"torch": "bfloat16"}``),
which numpy keeps in copies, views and slices. bfloat16, which numpy lacks, is held as float32 and sent as 16 bits.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

BFLOAT16 = "bfloat16"
HELD_AS = {
    BFLOAT16: "<f4",
    "float16": "<f2",
    "float32": "<f4",
    "float64": "<f8",
    "complex64": "<c8",
    "complex128": "<c16",
    "bool": "|b1",
    "int8": "|i1",
    "uint8": "|u1",
    "int16": "<i2",
    "int32": "<i4",
    "int64": "<i8",
}
SENT_AS = {**HELD_AS, BFLOAT16: "<u2"}
_DTYPES = {name: np.dtype(held, metadata={"torch": name}) for name, held in HELD_AS.items()}


def tensor(array: Any, dtype: str | None = None) -> np.ndarray:
    """An array that a probe receives as a ``torch.Tensor``; a probe that has no torch receives the array.

    Args:
        array: numbers or truth values of any shape.
        dtype: as torch names it, with or without ``torch.``; by default the array's own. Values are rounded to it.

    Raises:
        ValueError: torch has no such dtype, or it cannot be sent.
    """
    values = np.asarray(array)
    name = (dtype or str(values.dtype)).removeprefix("torch.")
    if name not in HELD_AS:
        raise ValueError(f"there are no tensors of dtype {name}; there are {', '.join(HELD_AS)}")
    if name == BFLOAT16:
        values = from_bits(to_bits(values.astype(np.float32)))
    return marked(np.array(values, HELD_AS[name], order="C"), name)


def marked(array: np.ndarray, name: str) -> np.ndarray:
    """A view of an array, marked as a tensor of this dtype; the array has the dtype that holds it."""
    return array.view(_DTYPES[name])


def torch_name(array: np.ndarray) -> str | None:
    """The dtype of the tensor that an array is marked as; None without a mark."""
    metadata = array.dtype.metadata
    name = metadata.get("torch") if metadata is not None else None
    return name if name in HELD_AS else None


def dtype_name(array: Any) -> str:
    """The dtype of an array, or of the tensor that it is marked as: ``float32`` or ``bfloat16`` for instance."""
    return torch_name(array) or str(array.dtype)


def to_bits(values: np.ndarray) -> np.ndarray:
    """float32 rounded to bfloat16, to the nearest, ties to even, as its 16 bits (``<u2``); a NaN stays a NaN."""
    bits = np.ascontiguousarray(values, "<f4").view("<u4")
    rounded = ((bits.astype(np.uint64) + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")
    quiet = ((bits >> 16) | 0x40).astype("<u2")
    return np.where(np.isnan(values), quiet, rounded).reshape(np.shape(values))


def from_bits(bits: np.ndarray) -> np.ndarray:
    """The float32 numbers of the 16 bits of bfloat16."""
    return np.asarray(bits.astype("<u4") << 16).view("<f4")  # numpy makes a number of an array without axes


def sent(array: np.ndarray, name: str) -> np.ndarray:
    """The numbers that are sent for an array that is marked as a tensor of this dtype."""
    return to_bits(array) if name == BFLOAT16 else array


def received(array: np.ndarray, name: str) -> np.ndarray:
    """The marked array from the numbers that were sent."""
    return marked(from_bits(array) if name == BFLOAT16 else array, name)


def to_torch(array: np.ndarray) -> Any:
    """A new tensor, where torch has been imported; otherwise the array."""
    torch, name = sys.modules.get("torch"), torch_name(array)
    if torch is None or name is None:
        return array
    copied = torch.from_numpy(np.array(array, HELD_AS[name]))
    return copied.to(torch.bfloat16) if name == BFLOAT16 else copied


def of_torch(value: Any) -> np.ndarray:
    """A tensor's numbers; bfloat16 is marked, since numpy has no dtype that says it.

    Raises:
        TypeError: numpy has nothing for it: a quantised tensor, or one on the meta device, which has no numbers.
    """
    torch = sys.modules["torch"]  # it made the tensor
    if value.device.type == "meta":
        raise TypeError("a tensor on the meta device has no numbers")
    dense = value.detach().to_dense() if value.layout != torch.strided else value.detach()
    dense = dense.cpu().resolve_conj().resolve_neg()
    if dense.dtype == torch.bfloat16:
        return marked(dense.float().numpy(), BFLOAT16)
    found: np.ndarray = dense.numpy()
    return found
