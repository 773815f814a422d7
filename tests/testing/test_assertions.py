"""The checks themselves: what they let through, what they find, in which order and in which words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.model import Finding, FindingKind
from autograder.testing import CheckFailed, Outputs, assert_close, assert_that

NAN, INF = np.nan, np.inf


def finding(actual: Any, expected: Any, **settings: Any) -> Finding:
    """What ``assert_close`` finds."""
    with pytest.raises(CheckFailed) as caught:
        assert_close(actual, expected, **{"rtol": 1e-6, **settings})
    return caught.value.finding


def test_equal_values_pass():
    """Nothing is found where there is nothing."""
    assert_close(np.array([1.0, 2.0]), np.array([1.0, 2.0]), rtol=0.0)


@pytest.mark.parametrize(
    ("gap", "passes"),
    [(0.0, True), (1.49e-3, True), (-1.49e-3, True), (1.51e-3, False), (-1.51e-3, False)],
)
def test_tolerance_is_absolute_plus_relative(gap: float, passes: bool):
    """|actual - 10| <= 5e-4 + 1e-4 * 10 = 1.5e-3."""
    try:
        assert_close(10.0 + gap, 10.0, rtol=1e-4, atol=5e-4)
    except CheckFailed:
        assert not passes
    else:
        assert passes


def test_the_allowance_grows_with_the_expected_value():
    """A gap of 1 from 1 is over 60 per cent of what is expected, though not of the result."""
    assert "value" == finding(2.0, 1.0, rtol=0.6).kind


@pytest.mark.parametrize(
    ("actual", "expected", "kind"),
    [
        pytest.param({}, {"y": np.zeros(2)}, "missing", id="missing"),
        pytest.param({"y": "zero"}, {"y": np.zeros(2)}, "type", id="type"),
        pytest.param({"y": None}, {"y": 0.0}, "type", id="None for a number"),
        pytest.param({"y": np.full(3, NAN)}, {"y": np.zeros(2)}, "shape", id="shape before finite"),
        pytest.param({"y": 1.0}, {"y": np.zeros(2)}, "shape", id="a number for an array"),
        pytest.param({"y": np.zeros(1)}, {"y": 0.0}, "shape", id="an array for a number"),
        pytest.param({"y": np.full(2, NAN, np.float32)}, {"y": np.zeros(2)}, "dtype", id="dtype before finite"),
        pytest.param({"y": [np.ones(2, np.float32)]}, {"y": [np.ones(2)]}, "dtype", id="dtype within a list"),
        pytest.param({"y": np.array([7.0, NAN])}, {"y": np.zeros(2)}, "finite", id="finite before value"),
        pytest.param({"y": np.array([7.0, 0.0])}, {"y": np.zeros(2)}, "value", id="value"),
        pytest.param({"y": np.zeros(2) + 1j}, {"y": np.zeros(2)}, "dtype", id="complex for real"),
        pytest.param({"y": [1.0]}, {"y": [1.0, 2.0]}, "shape", id="a list that is too short"),
    ],
)
def test_the_first_fault_is_reported(actual: dict[str, Any], expected: dict[str, Any], kind: str):
    """Missing, type, shape, dtype, finite, value: in this order."""
    assert kind == finding(Outputs(actual, "a test"), expected, dtype=True).kind


def test_dtype_matters_only_where_asked():
    """A float32 result of the right values passes."""
    assert_close(np.ones(2, np.float32), np.ones(2), rtol=1e-6)


def test_only_named_outputs_are_compared():
    """Others may be anything."""
    assert_close(
        Outputs({"y": 1.0, "z": 9.0}, "a test"), Outputs({"y": 1.0, "z": 0.0}, "a test"), rtol=0.0, names=["y"]
    )


def test_unnamed_outputs_of_the_student_are_ignored():
    """What the reference doesn't return is not compared."""
    assert_close(Outputs({"y": 1.0, "more": 9.0}, "a test"), Outputs({"y": 1.0}, "a test"), rtol=0.0)


def test_lists_and_dicts_are_gone_into():
    """The label leads to the value."""
    assert "y['a'][1]: the error is" in finding({"a": [1.0, 2.5]}, {"a": [1.0, 2.0]}, label="y").message


@pytest.mark.parametrize("special", [NAN, INF, -INF])
def test_expected_infinities_and_nans_must_be_the_same(special: float):
    """The same special value passes beside ordinary ones."""
    assert_close(np.array([1.0, special]), np.array([1.0, special]), rtol=1e-6)


@pytest.mark.parametrize(
    ("actual", "expected"), [(3.0, INF), (-INF, INF), (NAN, INF), (INF, NAN), (0.0, NAN), (3.0, -INF)]
)
def test_a_wrong_special_value_is_found_at_its_place(actual: float, expected: float):
    """The place is that of the wrong value, not of another."""
    found = finding(np.array([1.0, 2.0, actual]), np.array([1.0, 2.0, expected]), label="y")

    assert ("finite", "y: 1 of 3 values is not the expected infinity or NaN, the first is y[2]") == (
        found.kind,
        found.message,
    )


def test_not_finite_tells_how_many_and_where():
    """Count and first place."""
    found = finding(np.array([[1.0, NAN], [INF, 1.0]]), np.ones((2, 2)), label="dx")

    assert "dx: 2 of 4 values are not finite, the first is dx[0, 1]" == found.message
    assert "dx[0, 1] = nan" == found.detail


def test_first_and_worst_place_are_reported():
    """Of three wrong values the first, the worst and its share of the expected size."""
    expected = np.array([[1.0, 2.0], [4.0, 8.0]])
    found = finding(expected + np.array([[0.0, 0.1], [3.0, 0.5]]), expected, label="y")

    assert (
        "y: 3 of 4 values differ, the first at y[0, 1]; the largest error is 0.75 times the expected size, at y[1, 0] "
        "(allowed: 1e-06 times the expected size)" == found.message
    )
    assert "y[1, 0]: expected 4, got 7" == found.detail


def test_the_reason_of_the_tolerance_is_reported():
    """A student reads why the line is where it is."""
    found = finding(2.0, 1.0, atol=1e-3, reason="float32 rounding")

    assert "(allowed: 1e-06 times the expected size plus 0.001; float32 rounding)" in found.message


def test_a_gap_from_nought_is_told_bare():
    """Relative to zero there is no size."""
    assert "result: the error is 0.25 (allowed: 1e-06 times the expected size)" == finding(0.25, 0.0).message


def test_truth_values_have_no_size():
    """Masks are reported by count and place."""
    found = finding(np.array([True, False, True]), np.array([True, True, False]), label="mask")

    assert "mask: 2 of 3 truth values differ, the first is mask[1]" == found.message


@pytest.mark.parametrize("huge", [10**400, -(10**400), 10**30, 2**1023])
def test_huge_whole_numbers_are_wrong_and_nothing_else(huge: int):
    """A number that no float can hold is a wrong value of the student's, never a fault of ours."""
    assert finding(huge, 1.0).kind in ("finite", "value")


@pytest.mark.parametrize("value", [1e308, -1e308])
def test_gaps_that_overflow_are_found(value: float):
    """The difference of two huge numbers is infinite, and wrong."""
    assert "value" == finding(np.array([value]), np.array([-value])).kind


def test_strings_and_none_are_compared():
    """A wrong word is a wrong value; expected and got are in the detail."""
    assert "value" == finding("float32", "float64").kind
    assert_close(None, None, rtol=0.0)


def test_empty_arrays_are_equal():
    """No values, none wrong."""
    assert_close(np.zeros((0, 3)), np.zeros((0, 3)), rtol=0.0)


def test_zero_dimensional_arrays_are_numbers():
    """A 0-d array and a float are the same kind of thing."""
    assert_close(np.array(2.0), 2.0, rtol=0.0)


def test_a_property_that_holds_passes():
    """Truth of numpy's counts."""
    assert_that(np.bool_(1), "never shown")


def test_a_property_that_does_not_hold_is_told_in_its_words():
    """The sentence and the hint are the finding."""
    with pytest.raises(CheckFailed) as caught:
        assert_that(False, "the mean should be zero", hint="Is it subtracted?")

    assert Finding(FindingKind.PROPERTY, "the mean should be zero", "Is it subtracted?") == caught.value.finding


VALUES = hnp.arrays(np.float64, (3, 4), elements=st.floats(-1e6, 1e6))


@given(expected=VALUES, noise=hnp.arrays(np.float64, (3, 4), elements=st.floats(-1, 1)))
def test_agrees_with_its_definition(expected: np.ndarray, noise: np.ndarray):
    """Passes exactly where |actual - expected| <= atol + rtol * |expected| everywhere."""
    actual = expected + 2e-3 * noise
    right = bool((np.abs(actual - expected) <= 1e-3 + 1e-9 * np.abs(expected)).all())
    try:
        assert_close(actual, expected, rtol=1e-9, atol=1e-3)
    except CheckFailed:
        passed = False
    else:
        passed = True

    assert right == passed


@given(
    expected=hnp.arrays(np.float64, (2, 3), elements=st.floats(1.0, 9.0).map(lambda it: round(it, 6))),
    shift=st.floats(1.0, 2.0),
)
def test_messages_never_hold_an_expected_value(expected: np.ndarray, shift: float):
    """Neither message nor hint has the worst value's six digits: they are only in the detail."""
    found = finding(expected * np.linspace(1.5, 3.5, 6).reshape(2, 3) + shift, expected, label="y")
    texts = {f"{value:.6g}" for value in expected.flat if len(f"{value:.6g}") >= 6}

    assert [] == [text for text in texts if text in found.message or text in found.hint]


def test_expected_and_got_are_never_shown_alike() -> None:
    """As many digits as show the difference; a number that seems right and is called wrong helps nobody."""
    with pytest.raises(CheckFailed) as caught:
        assert_close(1.0397207708 + 1e-9, 1.0397207708, rtol=1e-12)

    assert "expected 1.03972077, got 1.03972077" not in caught.value.finding.detail
    assert "expected 1.0397207708, got 1.0397207718" in caught.value.finding.detail
