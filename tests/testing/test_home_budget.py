"""Time budgets on a student's machine: the estimate, what it says, and that the yardstick stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import repeat
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.model import BudgetUse, FindingKind, Usage
from autograder.runner.protocol import Reply
from autograder.testing import CheckFailed
from autograder.testing.budget_words import MARGIN, use_words
from autograder.testing.home_budget import (
    CLEAR_PAIRS,
    PAIRS,
    YARDSTICK,
    Yardstick,
    estimate,
    require_in_budget,
    require_right,
    weighted_sum,
)
from autograder.testing.public_course import ReferenceUse

LIMIT = 4.0


class Known:
    """A yardstick whose time is known."""

    def seconds(self) -> float:
        """A hundredth of a second."""
        return 0.01


def estimated(seconds: Iterator[float]) -> tuple[BudgetUse, int]:
    """The estimate for code of these times, beside a reference of two yardsticks, and the number of calls."""
    calls: list[float] = []

    def call() -> Reply:
        calls.append(next(seconds))
        return Reply({}, Usage(cpu_seconds=calls[-1]))

    return estimate(call, cast("Yardstick", Known()), ReferenceUse(2.0), LIMIT), len(calls)


@pytest.mark.parametrize(("times", "calls"), [(1.0, CLEAR_PAIRS), (3.9, PAIRS), (7.0, PAIRS), (40.0, CLEAR_PAIRS)])
def test_the_estimate_is_a_multiple_of_the_reference(times: float, calls: int) -> None:
    """Seconds by the yardstick's and by the reference's multiple of it; far from the limit fewer pairs are enough."""
    use, made = estimated(repeat(times * 2 * 0.01))

    assert (pytest.approx(times), LIMIT, True) == (use.times, use.limit, use.estimated)
    assert calls == made


def test_one_slow_pair_decides_nothing() -> None:
    """The median counts."""
    use, _ = estimated(iter([0.06, 9.0, 0.06, 0.06, 8.0, 0.06, 0.06]))

    assert pytest.approx(3.0) == use.times


@pytest.mark.parametrize(("times", "fails"), [(LIMIT, False), (LIMIT * MARGIN, False), (LIMIT * MARGIN * 1.01, True)])
def test_only_what_is_clearly_too_slow_fails(times: float, *, fails: bool) -> None:
    """Up to the margin the estimate may be wrong, and grading decides."""
    use = BudgetUse(FindingKind.TIME, times, LIMIT, estimated=True)
    if not fails:
        require_in_budget("busy", use)
        return
    with pytest.raises(CheckFailed, match=r"needs about 8\.1 times .*; the limit when graded is 4 times"):
        require_in_budget("busy", use)


def test_what_a_student_reads() -> None:
    """Own time, limit, and how far the estimate can be trusted; when graded without it."""
    home = BudgetUse(FindingKind.TIME, 5.04, LIMIT, estimated=True)

    assert (
        "CPU time: about 5 times the reference's; the limit is 4 times. This is an estimate for your machine, right"
        " within a factor of 2; grading measures again, and your code may be too slow there"
    ) == use_words(home)
    assert "CPU time: 1.3 times the reference's; the limit is 4 times" == use_words(
        BudgetUse(FindingKind.TIME, 1.3, LIMIT)
    )


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=50), st.integers(0, 49), st.floats(0.1, 10.0))
def test_a_wrong_result_is_seen(values: list[float], place: int, change: float) -> None:
    """The sum of the reference's values is agreed with; one value that differs is not (its weight is never 0)."""
    right = np.array(values)
    expected = {"y": weighted_sum(right)[0]}
    require_right("busy", {"y": right, "more": 1}, expected)
    wrong = right.copy()
    wrong[place % len(values)] += change + 1e3

    with pytest.raises(CheckFailed, match="wrong result"):
        require_right("busy", {"y": wrong}, expected)


@pytest.mark.parametrize("value", [None, "text", [np.zeros(2), np.zeros(3)], float("nan")])
def test_what_is_no_array_of_numbers_is_wrong(value: object) -> None:
    """Whatever a student's code returns."""
    with pytest.raises(CheckFailed):
        require_right("busy", {"y": value}, {"y": 0.0})


def test_the_yardstick_stays_as_it_is() -> None:
    """Every budgets.json was measured with it: after a change, measure all of them again, then change this hash."""
    digest = hashlib.sha256(YARDSTICK.read_bytes().replace(b"\r\n", b"\n")).hexdigest()

    assert "2dba5750e89f4fbfae990dc8fc9be5cdf194537dd9ce9a40024823bb991bc74e" == digest
