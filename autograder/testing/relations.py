"""Recognise how a wrong array relates to the right one: a sign, a factor, a transposition, a shift."""

from __future__ import annotations

from fractions import Fraction

import numpy as np


def relation(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> str:
    """A sentence on a common relation of two arrays of one shape, or ''.

    Needs at least three values that are not nought, so that no relation is seen by chance.
    """
    if np.count_nonzero(expected) < 3 or not (np.isfinite(actual).all() and np.isfinite(expected).all()):
        return ""
    if not actual.any():
        return "Yours is nought everywhere."
    return (
        _factor(actual, expected, rtol, atol)
        or _arrangement(actual, expected, rtol, atol)
        or _offset(actual, expected, rtol, atol)
    )


def _close(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> bool:
    return actual.shape == expected.shape and bool(np.allclose(actual, expected, rtol=max(rtol, 1e-7), atol=atol))


def _factor(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> str:
    power = float(np.vdot(expected, expected).real)
    ratio = float(np.vdot(expected, actual).real) / power if power else 0.0
    if ratio == 0 or not _close(actual, ratio * expected, rtol, atol):
        return ""
    if abs(ratio + 1) < 1e-6:
        return "Yours is the expected result with its sign turned."
    simple = Fraction(ratio).limit_denominator(1000)
    if abs(float(simple) - ratio) < 1e-6 * abs(ratio) and 1 in (abs(simple.numerator), simple.denominator):
        words = f"{simple.numerator}" if simple.denominator == 1 else f"{simple.numerator}/{simple.denominator}"
        sizes = [axis for axis, size in enumerate(expected.shape) if size in (abs(simple.numerator), simple.denominator)]
        extra = f", and {abs(simple.numerator) if simple.denominator == 1 else simple.denominator} is the size of axis {sizes[0]}" if sizes else ""
        return f"Yours is {words} times the expected result everywhere{extra}: a mean in place of a sum, or the reverse?"
    return f"Yours is {ratio:.4g} times the expected result everywhere."


def _arrangement(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> str:
    if expected.ndim >= 2:
        for one in range(expected.ndim):
            for other in range(one + 1, expected.ndim):
                if _close(actual, np.swapaxes(expected, one, other), rtol, atol):
                    return f"Yours is the expected result with axes {one} and {other} exchanged."
    for axis in range(expected.ndim):
        if expected.shape[axis] > 3 and _close(np.delete(actual, 0, axis), np.delete(expected, -1, axis), rtol, atol):
            return f"Yours runs one step behind along axis {axis}."
        if expected.shape[axis] > 3 and _close(np.delete(actual, -1, axis), np.delete(expected, 0, axis), rtol, atol):
            return f"Yours runs one step ahead along axis {axis}."
        if expected.shape[axis] > 1 and _close(actual, np.flip(expected, axis), rtol, atol):
            return f"Yours is the expected result in reverse along axis {axis}."
    return ""


def _offset(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> str:
    shift = float(np.mean((actual - expected).real))
    if _close(actual, expected + shift, rtol, atol):
        return f"Yours is off by the same amount everywhere, {shift:.4g}."
    for axis in range(expected.ndim):
        if expected.shape[axis] > 1 and np.allclose(actual, np.take(actual, [0], axis), rtol=1e-9, atol=atol):
            return f"Yours is the same everywhere along axis {axis}."
    return ""
