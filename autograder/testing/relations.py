"""Recognise how a wrong array relates to the right one: a sign, a factor, a transposition, a shift."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from autograder.testing.digits import two_digits

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Names:
    """What the two arrays are called in a sentence."""

    actual: str = "Your result"
    expected: str = "the expected result everywhere"


NAMES = Names()


def relation(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> str:
    """A sentence on a common relation of two arrays of one shape, or ''.

    Needs at least three values that are not zero, so that no relation is found by chance, and a
    difference larger than rounding: otherwise every small relation would seem to hold.
    """
    if np.count_nonzero(expected) < 3 or not (np.isfinite(actual).all() and np.isfinite(expected).all()):
        return ""
    if not actual.any():
        return zero_relation()
    with np.errstate(all="ignore"):  # squares of large values overflow; then there is no relation
        if _close(actual, expected, rtol, atol):
            return ""
        return (
            factor_relation(actual, expected, rtol, atol)
            or _arrangement(actual, expected, rtol, atol)
            or _offset(actual, expected, rtol, atol)
        )


def zero_relation(names: Names = NAMES) -> str:
    """The sentence for a result of zeros."""
    return f"{names.actual} is zero everywhere."


def _close(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> bool:
    return actual.shape == expected.shape and bool(np.allclose(actual, expected, rtol=max(rtol, 1e-7), atol=atol))


def factor_relation(
    actual: np.ndarray,
    expected: np.ndarray,
    rtol: float,
    atol: float,
    shape: Shape | None = None,
    names: Names = NAMES,
) -> str:
    """A sentence if every value is the expected one times the same number other than one, or ''.

    ``shape`` has the sizes that may explain the factor, where they are not those of the arrays.
    """
    power = float(np.vdot(expected, expected).real)
    ratio = float(np.vdot(expected, actual).real) / power if power else 0.0
    if ratio in (0.0, 1.0) or not _close(actual, ratio * expected, rtol, atol):
        return ""
    if abs(ratio + 1) < 1e-6:
        return f"{names.actual} has the opposite sign everywhere."
    factor, reason = _factor(ratio, expected.shape if shape is None else shape)
    if factor in ("1", "-1"):
        return f"{names.actual} differs from {names.expected} by one factor that is near {factor}."
    return f"{names.actual} is {factor} times {names.expected}{reason or '.'}"


def _factor(ratio: float, shape: Shape) -> tuple[str, str]:
    """A factor in words, and a likely reason for it ('' where there is none)."""
    for times, root in ((abs(ratio), ""), (ratio * ratio, "the square root of ")):
        simple = Fraction(times).limit_denominator(1000)
        if simple == 1 or abs(float(simple) - times) > 1e-6 * times or 1 not in (simple.numerator, simple.denominator):
            continue
        count = max(simple.numerator, simple.denominator)
        reason = _count_reason(count, shape, is_root=bool(root), too_large=simple > 1)
        if root and not reason:
            continue
        part = str(count) if simple > 1 else f"1/{count}"
        return f"{'minus ' if ratio < 0 else ''}{root}{part}", reason
    return ("-" if ratio < 0 else "") + two_digits(abs(ratio)), ""


def _count_reason(count: int, shape: Shape, *, is_root: bool, too_large: bool) -> str:
    """Why a result may be ``count`` times too large or too small; '' where the shape does not explain it for certain.

    Without its 2 the derivative of a mean over (2, 3) values is 3 times wrong; that axis 1 has size 3 is coincidence.
    """
    sizes = {*shape, math.prod(shape)}
    if count in sizes and {2 * count, count / 2} & sizes:
        return ""
    if count in shape:
        where = f"; {count} is the size of axis {shape.index(count)}"
    elif count == math.prod(shape):
        where = f"; {count} is the number of values"
    elif count == 2 and not is_root:
        return "; did you keep the factor 2 from differentiating the square?"
    else:
        return ""
    if is_root:
        return f"{where}."
    return where + (": is it a sum instead of a mean?" if too_large else ": is it a mean instead of a sum?")


def _arrangement(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> str:
    for one in range(expected.ndim):
        for other in range(one + 1, expected.ndim):
            if _close(actual, np.swapaxes(expected, one, other), rtol, atol):
                return f"Your result has axes {one} and {other} swapped."
    for axis, size in enumerate(expected.shape):
        if size > 1 and _close(actual, np.flip(expected, axis), rtol, atol):
            return f"Your result is reversed along axis {axis}."
        if size < 4:
            continue
        begin, end = np.delete(expected, -1, axis), np.delete(expected, 0, axis)
        if _close(begin, end, rtol, atol):
            continue  # the same everywhere along this axis: a shift would not show
        if _close(np.delete(actual, 0, axis), begin, rtol, atol):
            return f"Your result is shifted by one position along axis {axis} (too late)."
        if _close(np.delete(actual, -1, axis), end, rtol, atol):
            return f"Your result is shifted by one position along axis {axis} (too early)."
    return ""


def _offset(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> str:
    shift = float(np.mean((actual - expected).real))
    if _close(actual, expected + shift, rtol, atol):
        size = two_digits(abs(shift))
        amount = f"-{size}" if shift < 0 else size
        return f"Your result differs from the expected result by the same amount everywhere, {amount}."
    for axis, size in enumerate(expected.shape):
        if size > 1 and _same_along(actual, axis) and not _same_along(expected, axis):
            return f"Your result is the same everywhere along axis {axis}."
    return ""


def _same_along(array: np.ndarray, axis: int) -> bool:
    return bool(np.allclose(array, np.take(array, [0], axis), rtol=1e-9, atol=0.0))


def shape_relation(actual: Shape, expected: Shape) -> str:
    """A sentence on a likely reason for a wrong shape, or ''."""
    if len(actual) == len(expected) and sorted(actual) == sorted(expected):
        return "The axes are in another order: is something transposed?"
    if [size for size in actual if size != 1] == [size for size in expected if size != 1]:
        many = len(actual) - len(expected)
        what = "There is an extra axis of size 1" if many > 0 else "An axis of size 1 is missing"
        return f"{what if many else 'An axis of size 1 is in the wrong place'}: check keepdims, reshape and indexing."
    if len(expected) == 1 and actual == expected * 2:
        size = expected[0]
        return f"Shapes ({size},) and ({size}, 1) broadcast to ({size}, {size}): is there an extra axis of size 1?"
    if math.prod(actual) == math.prod(expected):
        return "The number of values is right: check the last reshape."
    return ""
