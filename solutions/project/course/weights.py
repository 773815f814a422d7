"""Weights as a safetensors file: names, shapes and numbers, and nothing that is run when it is read.

Format: https://github.com/huggingface/safetensors (8 bytes with the length of a JSON header, the header, the numbers).
"""

from __future__ import annotations

import json
import math
from typing import Any

import torch

MOST_HEADER_BYTES = 1 << 20
DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def save_weights(model: torch.nn.Module) -> bytes:
    """Return the file with a model's parameters and buffers."""
    header: dict[str, Any] = {}
    parts: list[bytes] = []
    start = 0
    for name, tensor in model.state_dict().items():
        data = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        header[name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, start + len(data)],
        }
        parts.append(data)
        start += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


def read_weights(file: bytes) -> dict[str, torch.Tensor]:
    """Return the tensors of a file, by name; the sizes are checked before anything is made.

    Raises:
        ValueError: it is no safetensors file; the words say why.
    """
    if len(file) < 8:
        raise ValueError("the file is too short to be a safetensors file")
    size = int.from_bytes(file[:8], "little")
    if size > min(MOST_HEADER_BYTES, len(file) - 8):
        raise ValueError("the file does not begin with the size of a safetensors header; was it written by torch.save?")
    try:
        header = json.loads(file[8 : 8 + size])
    except (ValueError, RecursionError):
        raise ValueError("the header of the safetensors file is no JSON") from None
    if not isinstance(header, dict):
        raise ValueError("the header of the safetensors file is no JSON object")
    numbers = bytearray(file[8 + size :])
    header.pop("__metadata__", None)
    return {name: _tensor(name, entry, numbers) for name, entry in header.items()}


def load_weights(model: torch.nn.Module, file: bytes) -> None:
    """Put the tensors of a file into a model; names and shapes must be the model's, none missing and none more.

    Raises:
        ValueError: the file cannot be read.
        RuntimeError: the names or shapes are others.
    """
    model.load_state_dict(read_weights(file), strict=True)


def _tensor(name: str, entry: Any, numbers: bytearray) -> torch.Tensor:
    try:
        dtype, shape, (start, end) = DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{name[:80]}: no dtype, shape or data_offsets that can be read") from None
    if not all(type(value) is int and value >= 0 for value in (start, end, *shape)):
        raise ValueError(f"{name[:80]}: sizes and offsets must be whole numbers")
    count = math.prod(shape)
    if not start <= end <= len(numbers) or end - start != count * dtype.itemsize:
        raise ValueError(f"{name[:80]}: the offsets do not fit the shape and the file")
    if count == 0:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(numbers, dtype=torch.uint8, count=end - start, offset=start).clone().view(dtype).view(shape)
