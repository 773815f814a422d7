"""Recognise how a wrong array relates to the right one: a sign, a factor, a transposition, a shift."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

Shape = tuple[int, ...]


def relation(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> str:
    """A sentence on a common relation of two arrays of one shape, or ''.

    Needs at least three values that are not nought, so that no relation is seen by chance, and a
    difference that is more than rounding: then every small relation would seem to hold.
    """
    if np.count_nonzero(expected) < 3 or not (np.isfinite(actual).all() and np.isfinite(expected).all()):
        return ""
    if not actual.any():
        return "Yours is nought everywhere."
    with np.errstate(all="ignore"):  # squares of large values overflow, and are then no relation
        if _close(actual, expected, rtol, atol):
            return ""
        return (
            factor_relation(actual, expected, rtol, atol)
            or _arrangement(actual, expected, rtol, atol)
            or _offset(actual, expected, rtol, atol)
        )


def _close(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> bool:
    return actual.shape == expected.shape and bool(np.allclose(actual, expected, rtol=max(rtol, 1e-7), atol=atol))


def factor_relation(
    actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float, shape: Shape | None = None
) -> str:
    """A sentence where every value is the expected one times the same number other than one, or ''.

    ``shape`` has the sizes that may explain the factor, where they are not those of the arrays.
    """
    power = float(np.vdot(expected, expected).real)
    ratio = float(np.vdot(expected, actual).real) / power if power else 0.0
    if ratio in (0.0, 1.0) or not _close(actual, ratio * expected, rtol, atol):
        return ""
    if abs(ratio + 1) < 1e-6:
        return "Yours is the expected result with its sign turned."
    return f"Yours is {_factor_words(ratio, expected.shape if shape is None else shape)}"


def _factor_words(ratio: float, shape: Shape) -> str:
    for times, root in ((abs(ratio), ""), (ratio * ratio, "the square root of ")):
        simple = Fraction(times).limit_denominator(1000)
        if simple == 1 or abs(float(simple) - times) > 1e-6 * times or 1 not in (simple.numerator, simple.denominator):
            continue
        count = max(simple.numerator, simple.denominator)
        why = _count_words(count, shape, is_root=bool(root), too_large=simple > 1)
        if root and not why:
            continue
        part = str(count) if simple > 1 else f"1/{count}"
        end = "" if why.endswith("?") else "."
        return f"{'minus ' if ratio < 0 else ''}{root}{part} times the expected result everywhere{why}{end}"
    return f"{ratio:.4g} times the expected result everywhere."


def _count_words(count: int, shape: Shape, *, is_root: bool, too_large: bool) -> str:
    """Why a factor of ``count`` may come about; '' where nothing about the shape speaks for it."""
    if count in shape:
        where = f"; {count} is the size of axis {shape.index(count)}"
    elif count == math.prod(shape):
        where = f"; {count} is the number of values"
    elif count == 2 and not is_root:
        return "; is the 2 of a square's derivative counted rightly?"
    else:
        return ""
    if is_root:
        return where
    return where + (": a sum in place of a mean?" if too_large else ": a mean in place of a sum?")


def _arrangement(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> str:
    for one in range(expected.ndim):
        for other in range(one + 1, expected.ndim):
            if _close(actual, np.swapaxes(expected, one, other), rtol, atol):
                return f"Yours is the expected result with axes {one} and {other} exchanged."
    for axis, size in enumerate(expected.shape):
        if size > 1 and _close(actual, np.flip(expected, axis), rtol, atol):
            return f"Yours is the expected result in reverse along axis {axis}."
        if size < 4:
            continue
        begin, end = np.delete(expected, -1, axis), np.delete(expected, 0, axis)
        if _close(begin, end, rtol, atol):
            continue  # the same everywhere along this axis: a step would not show
        if _close(np.delete(actual, 0, axis), begin, rtol, atol):
            return f"Yours runs one step behind along axis {axis}."
        if _close(np.delete(actual, -1, axis), end, rtol, atol):
            return f"Yours runs one step ahead along axis {axis}."
    return ""


def _offset(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> str:
    shift = float(np.mean((actual - expected).real))
    if _close(actual, expected + shift, rtol, atol):
        return f"Yours is off by the same amount everywhere, {shift:.4g}."
    for axis, size in enumerate(expected.shape):
        if size > 1 and _same_along(actual, axis) and not _same_along(expected, axis):
            return f"Yours is the same everywhere along axis {axis}."
    return ""


def _same_along(array: np.ndarray, axis: int) -> bool:
    return bool(np.allclose(array, np.take(array, [0], axis), rtol=1e-9, atol=0.0))


def shape_relation(actual: Shape, expected: Shape) -> str:
    """A sentence on how a wrong shape may have come about, or ''."""
    if len(actual) == len(expected) and sorted(actual) == sorted(expected):
        return "The axes stand in another order: is something transposed?"
    if [size for size in actual if size != 1] == [size for size in expected if size != 1]:
        more = "too many" if len(actual) > len(expected) else "too few" if len(actual) < len(expected) else "misplaced"
        return f"An axis of size 1 is {more}: look at keepdims, reshape and indexing."
    if len(expected) == 1 and actual == expected * 2:
        size = expected[0]
        return f"Shapes ({size},) and ({size}, 1) combine to ({size}, {size}): is there an axis of size 1 too many?"
    if math.prod(actual) == math.prod(expected):
        return "The number of values is right: look at the last reshape."
    return ""
