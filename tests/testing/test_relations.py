"""What a wrong array has in common with the right one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograder.testing.relations import relation, shape_relation

RNG = np.random.default_rng(20270118)
A = RNG.standard_normal((5, 7))
SQUARE = RNG.standard_normal((6, 6))
ROWS = np.tile([1.0, 2.0, 3.0], (5, 1))
LINE = RNG.standard_normal(9)
TIMES = "times the expected result everywhere"


@pytest.mark.parametrize(
    ("actual", "expected", "words"),
    [
        pytest.param(-A, A, "Your result has the opposite sign everywhere.", id="sign"),
        pytest.param(0 * A, A, "Your result is zero everywhere.", id="zero"),
        pytest.param(
            5 * A,
            A,
            f"Your result is 5 {TIMES}; 5 is the size of axis 0: is it a sum instead of a mean?",
            id="N",
        ),
        pytest.param(
            A / 7,
            A,
            f"Your result is 1/7 {TIMES}; 7 is the size of axis 1: is it a mean instead of a sum?",
            id="1/N",
        ),
        pytest.param(
            A / 35,
            A,
            f"Your result is 1/35 {TIMES}; 35 is the number of values: is it a mean instead of a sum?",
            id="1 over all",
        ),
        pytest.param(
            2 * A,
            A,
            f"Your result is 2 {TIMES}; did you keep the factor 2 from differentiating the square?",
            id="2",
        ),
        pytest.param(
            np.sqrt(7) * A,
            A,
            "Your result is the square root of 7 times the expected result everywhere; 7 is the size of axis 1.",
            id="square root of N",
        ),
        pytest.param(-3 * A, A, "Your result is minus 3 times the expected result everywhere.", id="minus 3"),
        pytest.param(0.37 * A, A, "Your result is 0.37 times the expected result everywhere.", id="any factor"),
        pytest.param(SQUARE.T, SQUARE, "Your result has axes 0 and 1 swapped.", id="transposed"),
        pytest.param(LINE[::-1], LINE, "Your result is reversed along axis 0.", id="reversed"),
        pytest.param(
            np.roll(A, 1, 1), A, "Your result is shifted by one position along axis 1 (too late).", id="behind"
        ),
        pytest.param(
            np.roll(LINE, -1), LINE, "Your result is shifted by one position along axis 0 (too early).", id="ahead"
        ),
        pytest.param(
            A + 0.5, A, "Your result differs from the expected result by the same amount everywhere, 0.5.", id="offset"
        ),
        pytest.param(A[:1] + 0 * A, A, "Your result is the same everywhere along axis 0.", id="constant"),
        pytest.param(RNG.standard_normal((5, 7)), A, "", id="none"),
        pytest.param(A * (1 + 1e-8), A, "", id="rounding"),
        pytest.param(np.array([2.0, 4.0]), np.array([1.0, 2.0]), "", id="too few values"),
        pytest.param(
            np.full(5, 3.0),
            np.full(5, 1.5) + np.eye(5)[0],
            "Your result is the same everywhere along axis 0.",
            id="flat",
        ),
        pytest.param(np.full((4, 3), 1.0) + np.eye(4, 3), np.full((4, 3), 2.0), "", id="expected is flat"),
        pytest.param(ROWS + 6 * np.eye(5, 3)[:, [0, 0, 0]] * [1, 0, 2], ROWS, "", id="one row, expected is flat"),
        pytest.param(np.tile([5.0, 1.0, 7.0], (5, 1)), ROWS, "", id="both are flat"),
        pytest.param(np.where(A > 0, A, np.nan), A, "", id="not finite"),
        pytest.param(1e200 * A, 2e200 * A[::-1], "", id="squares overflow"),
    ],
)
def test_relation(actual: np.ndarray, expected: np.ndarray, words: str):
    """Each common relation in its words, and silence where there is none."""
    assert words == relation(actual, expected, 1e-9, 0.0)


@given(ratio=st.floats(0.01, 100).filter(lambda ratio: abs(ratio - 1) > 1e-5), turned=st.booleans())
@example(ratio=1.03125, turned=False)  # 1 in two digits
def test_every_factor_is_recognised(ratio: float, turned: bool):
    """Whatever the number, a factor common to all values is reported; one that rounds to 1 without a number."""
    words = relation((-ratio if turned else ratio) * A, A, 1e-9, 0.0)

    expected = (
        "differs from the expected result everywhere by one factor that is near",
        "times the expected result everywhere",
    )
    assert any(part in words for part in expected)


@given(seed=st.integers(0, 2**32 - 1))
def test_random_arrays_have_no_relation(seed: int):
    """Nothing is seen by chance."""
    rng = np.random.default_rng(seed)

    assert "" == relation(rng.standard_normal((3, 3)), rng.standard_normal((3, 3)), 1e-6, 0.0)


@pytest.mark.parametrize(
    ("actual", "expected", "begin"),
    [
        ((3, 5), (5, 3), "The axes are in another order"),
        ((2, 4, 3), (2, 3, 4), "The axes are in another order"),
        ((4, 1), (4,), "There is an extra axis of size 1"),
        ((4,), (1, 4), "An axis of size 1 is missing"),
        ((4, 4), (4,), "Shapes (4,) and (4, 1) broadcast to (4, 4)"),
        ((12,), (3, 4), "The number of values is right"),
        ((8, 3, 15, 15), (8, 3, 16, 16), ""),
    ],
)
def test_shape_relation(actual: tuple[int, ...], expected: tuple[int, ...], begin: str):
    """The usual ways to a wrong shape."""
    words = shape_relation(actual, expected)

    assert words.startswith(begin)
    assert bool(begin) == bool(words)


def test_a_size_that_fits_by_coincidence_is_no_reason() -> None:
    """A mean over (2, 3) values without the 2 of a derivative is 3 times wrong; axis 1 has size 3, and is no reason."""
    expected = np.arange(1.0, 7.0).reshape(2, 3)

    assert "Your result is 3 times the expected result everywhere." == relation(3 * expected, expected, 1e-9, 0.0)
    assert "" == relation(expected * (1 + 1e-12), expected, 1e-9, 0.0)
    assert "1 times" not in relation(expected * (1 + 1e-4), expected, 1e-9, 0.0)
