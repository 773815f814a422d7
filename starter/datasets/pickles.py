"""Reading the pickles of CIFAR-10 without running code in them.

A pickle is a program: plain ``pickle.load`` calls any function that it names. This unpickler knows only the names
that a numpy array of numbers needs, and refuses all others before anything is called.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

from datasets.errors import FormatError

NUMBERS = frozenset(kind + size for kind in "iuf" for size in "1248") | {"b1"}


def _empty_array(subtype: type, shape: tuple[int, ...], kind: bytes | str) -> np.ndarray:
    """Replaces ``numpy.core.multiarray._reconstruct``: an empty array, which is then filled by its state."""
    if subtype is not np.ndarray or tuple(shape) != (0,) or kind not in (b"b", "b"):
        raise pickle.UnpicklingError("an array that is created in another way")
    return np.ndarray.__new__(np.ndarray, (0,), "b")


def _dtype(name: str, *_: Any) -> np.dtype:
    """``numpy.dtype`` for plain numbers only: no objects, no records."""
    if not isinstance(name, str) or name not in NUMBERS:
        raise pickle.UnpicklingError(f"an array of dtype {name!r}")
    return np.dtype(name)


ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy._core.multiarray", "_reconstruct"): _empty_array,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _dtype,
}


class NumbersUnpickler(pickle.Unpickler):
    """Accepts dicts, lists, strings, numbers, and numpy arrays of numbers."""

    def find_class(self, module: str, name: str) -> Any:
        """Look a name up in ``ALLOWED``.

        Raises:
            pickle.UnpicklingError: it is not there.
        """
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"the name {module}.{name}")
        return ALLOWED[module, name]

    def persistent_load(self, pid: Any) -> Any:  # noqa: ARG002  # the name that pickle calls it by
        """Refuse references to the outside."""
        raise pickle.UnpicklingError("a reference to something outside")


def loads(data: bytes, label: str) -> Any:
    """Return the content of a pickle of numbers; strings of Python 2 are read as Latin-1.

    Args:
        data: the pickle.
        label: its name in the message.

    Raises:
        FormatError: it is damaged, or contains more than numbers, strings and containers of them.
    """
    try:
        return NumbersUnpickler(io.BytesIO(data), encoding="latin1").load()
    except (
        pickle.UnpicklingError, ArithmeticError, AttributeError, EOFError, ImportError, IndexError, KeyError,
        MemoryError, RecursionError, TypeError, ValueError,
    ) as error:  # a damaged pickle fails in any of these ways  # fmt: skip
        raise FormatError(f"{label}: not a pickle of arrays of numbers ({type(error).__name__}: {error})") from None
