"""Whether a measured call returned the right result: time and memory count for nothing otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.testing.assertions import numbers_agree
from autograder.testing.values import normalise, structure_finding

# By the reference's dtype, relative to its largest value: far looser than a test of values, since large inputs sum
# many rounding errors and the order of summation is free; far tighter than any wrong formula.
RTOL = {"float16": 1e-2, "float32": 1e-3, "complex64": 1e-3}
RTOL_OF_DOUBLE = 1e-6
ATOL = 1e-9  # a sum of a million values near 1 that cancel has rounding errors of about 1e-10


def agrees(actual: Any, expected: Any) -> bool:
    """Whether outputs have the reference's structure and, loosely, its values; a further name is no difference.

    Args:
        actual: what the student's process returned; hostile.
        expected: what the reference's process returned for the same inputs.
    """
    try:
        actual, expected = normalise(actual), normalise(expected)
    except TypeError:  # of the student's: the reference's values have passed the dry run
        return False
    return structure_finding("result", actual, expected, shapes=True) is None and _same(actual, expected)


def _same(actual: Any, expected: Any) -> bool:
    if isinstance(expected, Mapping):
        return all(_same(actual[key], item) for key, item in expected.items())
    if isinstance(expected, list):
        return all(map(_same, actual, expected))
    if expected is None or isinstance(expected, str):
        return bool(actual == expected)
    got, want = np.asarray(actual), np.asarray(expected)
    finite = np.abs(want[np.isfinite(want)])
    rtol = RTOL.get(want.dtype.name, RTOL_OF_DOUBLE)
    return numbers_agree(got, want, rtol, ATOL + rtol * float(finite.max(initial=0.0)))
