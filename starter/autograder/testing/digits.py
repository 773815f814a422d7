"""How numbers of a student's result are written in findings: two digits, within bounds.

A submission chooses its own results, and can put a hidden input into a number that is shown. So a number has no more
digits than a person needs, and none at all where it is far too small or too large: 2,000 different texts, 11 bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

SMALLEST, LARGEST = 1e-16, 1e6
EXACT = 100  # sizes below are shown as they are
LARGEST_SIZE = 10_000
MOST_AXES = 4


def two_digits(value: float) -> str:
    """A size that is not negative, to two digits; in words where it is out of bounds."""
    if math.isnan(value):
        return "nan"
    if value > LARGEST:
        return f"more than {LARGEST:g}"
    if 0 < value < SMALLEST:
        return f"less than {SMALLEST:g}"
    return f"{float(f'{value:.2g}'):g}" if value > 1 else f"{value:.2g}"


def size_text(size: int, known: Iterable[int] = ()) -> str:
    """The length of an axis or a list; large ones, that are not among the known sizes, are rounded."""
    if size < EXACT or size in known:
        return str(size)
    if size >= LARGEST_SIZE:
        return f"over {LARGEST_SIZE}"
    unit = 10 ** (len(str(size)) - 2)
    return f"about {size // unit * unit}"


def shape_text(shape: Sequence[int], expected: Sequence[int] = ()) -> str:
    """The shape of an array, as Python writes it where its sizes are shown as they are."""
    if len(shape) > max(MOST_AXES, len(expected)):
        return f"one of {len(shape)} axes"
    known = {*expected, math.prod(expected)}
    inner = ", ".join(size_text(size, known) for size in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"
