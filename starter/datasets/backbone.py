"""The weights of a small trained network, for transfer learning: a file of the safetensors format beside this module.

The format holds names, shapes and numbers, and nothing that could run: 8 bytes with the length of a header, the header
as JSON, and the numbers one after another (https://github.com/huggingface/safetensors). ``train_backbone.py`` made it.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets import catalogue
from datasets.errors import ChecksumError, FormatError, UnavailableError

FILE = Path(__file__).with_name("backbone.safetensors")
WIDTHS = (16, 32, 64, 64)  # outputs of the four convolutions
DTYPES = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8")}


def load_backbone(path: Path = FILE) -> dict[str, NDArray[Any]]:
    """Return the weights by the names of a ``state_dict``; the spec of s11 and its notebook build the network for them.

    Raises:
        UnavailableError: the file is not there.
        ChecksumError: it is not the file of the catalogue.
    """
    return read_bundled(path, "shapes_backbone")


def read_bundled(path: Path, name: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file that is a part of the course, once it is known to be the catalogue's of this name.

    Raises:
        UnavailableError: the file is not there.
        ChecksumError: it is not the file of the catalogue.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise UnavailableError(f"{path} is not there: it is a part of the course; unpack the bundle again") from None
    if hashlib.sha256(data).hexdigest() != catalogue.source(name).sha256:
        raise ChecksumError(f"{path} is not the course's file: delete it, and unpack the bundle again")
    return read_safetensors(data)


def read_safetensors(data: bytes) -> dict[str, NDArray[Any]]:
    """Arrays by name, of the dtypes float32 and int64.

    Raises:
        FormatError: it is no file of this format, or has other dtypes.
    """
    try:
        (length,) = struct.unpack_from("<Q", data)
        if length > len(data) - 8:
            raise ValueError("the header is cut off")
        header = json.loads(data[8 : 8 + length])
        header.pop("__metadata__", None)
        numbers = memoryview(data)[8 + length :]
        return {str(name): _array(entry, numbers) for name, entry in header.items()}
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise FormatError(f"this is no safetensors file: {type(error).__name__}: {error}") from None


def _array(entry: Mapping[str, Any], numbers: memoryview) -> NDArray[Any]:
    start, end = entry["data_offsets"]
    return np.frombuffer(numbers[start:end], DTYPES[entry["dtype"]]).reshape(entry["shape"]).copy()


def write_safetensors(arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> bytes:
    """The file of arrays of the dtypes float32 and int64; the same bytes for the same numbers."""
    names = {dtype: name for name, dtype in DTYPES.items()}
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    parts, offset = [], 0
    for name, array in arrays.items():
        dtype = np.dtype(array.dtype).newbyteorder("<")
        part = array.astype(dtype).tobytes()
        offsets = [offset, offset + len(part)]
        header[name] = {"dtype": names[dtype], "shape": list(array.shape), "data_offsets": offsets}
        parts.append(part)
        offset += len(part)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(parts)
