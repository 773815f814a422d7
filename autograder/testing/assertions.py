"""Checks that give findings: missing → type → shape → dtype → finite → value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.model import Finding, FindingKind
from autograder.runner.child.tensors import dtype_name
from autograder.testing.digits import two_digits
from autograder.testing.picturing import Compared
from autograder.testing.recording import record
from autograder.testing.relations import relation
from autograder.testing.values import Outputs, normalise, structure_finding


class CheckFailed(AssertionError):  # a result of a test, not an error of the program
    """A check of the student's results failed; ``finding`` has the reason.

    ``compared`` has the two arrays, for a picture that only a public test may have; the finding is without them.
    """

    def __init__(self, finding: Finding, compared: Compared | None = None) -> None:
        self.finding, self.compared = finding, compared
        lines = [finding.message, finding.detail, f"hint: {finding.hint}" if finding.hint else ""]
        super().__init__("\n".join(line for line in lines if line))


def assert_that(condition: object, message: str, *, hint: str = "") -> None:
    """Check a property; ``message`` is a sentence for the student without any hidden value."""
    if not condition:
        raise CheckFailed(Finding(FindingKind.PROPERTY, message, hint))


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float,
    atol: float = 0.0,
    names: Iterable[str] | None = None,
    label: str = "result",
    dtype: bool = False,
    reason: str = "",
) -> None:
    """Check ``|actual - expected| <= atol + rtol * |expected|`` everywhere.

    Args:
        actual: a student's outputs, an array or a number.
        expected: the same from the reference, or computed in the test.
        rtol: allowed relative error; a comment in the test has its reason.
        atol: allowed absolute error, in the units of the values.
        names: which outputs to compare; all by default.
        label: what a bare array or number is called in the finding.
        dtype: whether the dtypes must be equal too.
        reason: why the tolerance has this value, shown to the student.

    Raises:
        CheckFailed: with the first finding.
    """
    if isinstance(expected, Outputs) or isinstance(actual, Outputs):
        for name in names if names is not None else expected:
            if name not in actual:
                raise CheckFailed(Finding(FindingKind.MISSING, f"{name}: nothing was returned"))
            assert_close(actual[name], expected[name], rtol=rtol, atol=atol, label=name, dtype=dtype, reason=reason)
        return
    _check(label, actual, expected, _Tolerance(rtol, atol, reason), dtype=dtype)


def _check(label: str, actual: Any, expected: Any, tolerance: _Tolerance, *, dtype: bool) -> None:
    """Raise the first finding of a comparison; arguments as in :func:`assert_close`."""
    raw_actual, raw_expected = actual, expected
    actual, expected = normalise(actual), normalise(expected)
    finding = structure_finding(label, actual, expected, shapes=True)
    if finding is None and dtype:
        finding = _dtype_finding(label, raw_actual, raw_expected)
    if finding is not None:
        raise CheckFailed(finding)
    if isinstance(expected, dict | list):
        for key in expected.keys() if isinstance(expected, dict) else range(len(expected)):
            _check(f"{label}[{key!r}]", actual[key], expected[key], tolerance, dtype=dtype)
    elif expected is None or isinstance(expected, str):
        if actual != expected:
            detail = _got(actual, expected)
            raise CheckFailed(Finding(FindingKind.VALUE, f"{label}: not the expected value", detail=detail))
    else:
        got, want = np.asarray(actual), np.asarray(expected)
        finding = _numbers_finding(label, got, want, tolerance)
        if finding is None:
            record(label, got, want)
            return
        wrong = _wrong(*_widened(got, want), tolerance.rtol, tolerance.atol)
        record(label, got, want, wrong)
        raise CheckFailed(finding, Compared(label, got, want, wrong))


def _dtype_finding(label: str, actual: Any, expected: Any) -> Finding | None:
    """Compares arrays, 0-d ones too; plain numbers have no dtype to compare."""
    if not hasattr(actual, "dtype") or not hasattr(expected, "dtype"):
        return None
    one, other = dtype_name(actual), dtype_name(expected)
    if one == other:
        return None
    return Finding(FindingKind.DTYPE, f"{label}: expected dtype {other}, got {one}")


def numbers_agree(actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> bool:
    """Whether arrays of one shape are as close as :func:`assert_close` wants, infinities and NaN in their places."""
    if actual.dtype == expected.dtype and actual.tobytes() == expected.tobytes():
        return True  # usual for correct code
    got, want = _widened(actual, expected)
    with np.errstate(invalid="ignore", over="ignore"):
        if (np.abs(got - want) <= atol + rtol * np.abs(want)).all() and np.isfinite(want).all():
            return True  # true for nearly every comparison
    return not np.isfinite(want).all() and not _wrong(got, want, rtol, atol).any()


def _widened(actual: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    wide = np.complex128 if actual.dtype.kind == "c" or expected.dtype.kind == "c" else np.float64
    return actual.astype(wide, copy=False), expected.astype(wide, copy=False)


def _wrong(got: np.ndarray, want: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    """Where they differ."""
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf where both are inf, as expected
        near = np.abs(got - want) <= atol + rtol * np.abs(want)
        same_special = (got == want) | (np.isnan(got) & np.isnan(want))
    wrong: np.ndarray = ~np.where(np.isfinite(want), near, same_special)
    return wrong


def _numbers_finding(label: str, actual: np.ndarray, expected: np.ndarray, tolerance: _Tolerance) -> Finding | None:
    rtol, atol = tolerance.rtol, tolerance.atol
    if numbers_agree(actual, expected, rtol, atol):
        return None
    got, want = _widened(actual, expected)
    finite = np.isfinite(want)
    broken = ~np.isfinite(got) & finite
    if broken.any():
        return _finite_finding(label, got, broken, "not finite")
    wrong = _wrong(got, want, rtol, atol)
    if (wrong & ~finite).any():
        return _finite_finding(label, got, wrong & ~finite, "not the expected infinity or NaN")
    if expected.dtype.kind == "b":
        where = _place(label, np.argwhere(wrong)[0])
        message = f"{label}: {wrong.sum()} of {wrong.size} truth values differ, the first is {where}"
        return Finding(FindingKind.VALUE, message, detail=f"{where} is {bool(got[tuple(np.argwhere(wrong)[0])])}")
    return _value_finding(label, got, want, wrong, tolerance)


def _finite_finding(label: str, got: np.ndarray, broken: np.ndarray, problem: str) -> Finding:
    index = tuple(np.argwhere(broken)[0])
    place = _place(label, index)
    verb = "is" if broken.sum() == 1 else "are"
    message = f"{label}: {broken.sum()} of {broken.size} values {verb} {problem}, the first is {place}"
    return Finding(FindingKind.FINITE, message, detail=f"{place} = {got[index]:.6g}")


@dataclass(frozen=True)
class _Tolerance:
    rtol: float
    atol: float
    reason: str

    def __str__(self) -> str:
        parts = [f"{self.rtol:g} times the expected size"] if self.rtol or not self.atol else []
        parts += [f"{self.atol:g}"] if self.atol else []
        return f"allowed: {' plus '.join(parts)}" + (f"; {self.reason}" if self.reason else "")


def _value_finding(label: str, got: np.ndarray, want: np.ndarray, wrong: np.ndarray, tolerance: _Tolerance) -> Finding:
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.abs(got - want)
    first = np.argwhere(wrong)[0]
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(np.where(wrong, gap, -1.0)), gap.shape))
    size = _size(float(gap[worst]), float(abs(want[worst])))
    if got.ndim == 0:
        message = f"{label}: the error is {size} ({tolerance})"
    else:
        verb = "differs" if wrong.sum() == 1 else "differ"
        where = f"the first at {_place(label, first)}; the largest error is {size}, at {_place(label, worst)}"
        message = f"{label}: {wrong.sum()} of {wrong.size} values {verb}, {where} ({tolerance})"
    hint = relation(got, want, max(tolerance.rtol, 1e-9), tolerance.atol)
    return Finding(FindingKind.VALUE, message, hint, detail=f"{_place(label, worst)}: {_got(got[worst], want[worst])}")


def _size(gap: float, expected: float) -> str:
    """The error relative to the expected size, or absolute where that is near 0; both would reveal a hidden value."""
    if gap <= 1000 * expected:  # never where zero is expected
        return f"{two_digits(gap / expected)} times the expected size"
    return two_digits(gap)


def _place(label: str, index: Iterable[int]) -> str:
    inner = ", ".join(str(int(i)) for i in index)
    return f"{label}[{inner}]" if inner else label


def _got(actual: Any, expected: Any) -> str:
    """Both values, with as many digits as show that they differ."""

    def short(value: Any, digits: int) -> str:
        return f"{value:.{digits}g}" if isinstance(value, int | float | complex | np.number) else repr(value)[:80]

    for digits in (6, 9, 12, 17):
        want, got = short(expected, digits), short(actual, digits)
        if want != got:
            break
    return f"expected {want}, got {got}"
