"""Made-up results: every kind of value is changed, and what a test makes of it is a verdict or a fault of the test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.tester.outputfuzz import CHANGES, changed
from autograder.testing.values import identical, normalise

NUMBERS = st.booleans() | st.integers(-5, 5) | st.floats(-5, 5)
ARRAYS = st.builds(
    lambda shape, dtype: np.ones(shape, dtype),
    st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple),
    st.sampled_from(["float64", "float32", "int64", "bool", "uint8"]),
)
VALUES = st.recursive(
    NUMBERS | ARRAYS | st.none() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES, st.sampled_from(sorted(CHANGES)))
def test_a_made_up_result_is_plain(value: Any, name: str) -> None:
    """Every change of every value is one that a probe may return, and lists and dicts keep what they hold."""
    made = changed(normalise(value), lambda: CHANGES[name])

    assert identical(normalise(made), made) or name == "NaN"
    if isinstance(value, dict | list):
        assert len(value) == len(made)


@pytest.mark.parametrize("name", sorted(CHANGES))
@pytest.mark.parametrize("value", [1, 0.25, np.arange(1.0, 4.0), np.arange(2, 8).reshape(2, 3)], ids=repr)
def test_each_change_is_one(value: Any, name: str) -> None:
    """Numbers and arrays become others, but for those that a change of sizes, of the dtype or of truth leaves."""
    made = changed(value, lambda: CHANGES[name])

    array_only = name in ("no values", "one axis less", "one axis more", "twice as many")
    same = (isinstance(value, int | float) and array_only) or (name == "floats" and np.asarray(value).dtype.kind == "f")
    assert same == identical(made, value)
