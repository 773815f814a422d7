"""Budgets: how the rule decides, and both kinds of budget in a whole tester process."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autograder.course import Course
from autograder.course.workspace import build_workspace
from autograder.errors import ConfigurationError
from autograder.model import Outcome, TestResult
from autograder.prove import seed_of
from autograder.tester.agreement import agrees
from autograder.tester.budget import PAIRS, WARM_UPS, WRONG, SideBySide, time_ratio
from autograder.tester.jobs import Job
from autograder.tester.pool import PoolOptions, run_jobs
from tests.builders.course import HIDDEN, POLICY, STAGE, submission, tiny, write_course


@dataclass
class Scripted:
    """Two sides whose times are known; the rule needs nothing else."""

    mine: Iterator[float]
    base: Iterator[float] = field(default_factory=lambda: repeat(0.01))
    asked: int = 0

    def seconds(self) -> tuple[float, float, bool]:
        """The next pair; the reference needs 0.01 s, and twice that at most where nothing disturbs it."""
        self.asked += 1
        base = next(self.base)
        return next(self.mine), base, base <= 0.02


def decide(mine: Iterator[float], times: float = 4.0) -> tuple[bool, float, int]:
    """Whether the budget is missed, the reported ratio, and the pairs that it took."""
    sides = Scripted(mine)
    measured = time_ratio(cast("SideBySide", sides), times)
    return measured.missed, measured.ratio, sides.asked


def test_one_pair_far_below_the_budget_is_enough() -> None:
    """The first call of a student's code can only be slower than later ones."""
    assert (False, 1.0, 1) == decide(repeat(0.01))


def test_a_disturbed_reference_excuses_no_loop() -> None:
    """A pair in which the reference needed thirty times as long as before decides nothing alone."""
    sides = Scripted(repeat(0.46), iter([0.3] + [0.01] * 100))

    assert time_ratio(cast("SideBySide", sides), 4.0).missed
    assert WARM_UPS + 2 == sides.asked


def test_two_pairs_far_above_the_budget_are_enough() -> None:
    """A loop of a second is not run more often than it must."""
    assert (True, 10.0, 2) == decide(repeat(0.1))


def test_a_slow_first_call_decides_nothing() -> None:
    """A first call that loads something is no reason to fail."""
    assert (False, 1.0, 2) == decide(iter([0.5] + [0.01] * 100))
    assert (False, pytest.approx(3.0), WARM_UPS + PAIRS[0]) == decide(iter([0.5] + [0.03] * 100))


def test_below_the_line_one_round_is_enough() -> None:
    """At three quarters of the budget a round of five pairs decides."""
    assert (False, pytest.approx(3.0), WARM_UPS + PAIRS[0]) == decide(repeat(0.03))


def test_over_the_line_every_round_is_asked() -> None:
    """At one and a half times the budget all three rounds must agree."""
    assert (True, pytest.approx(6.0), WARM_UPS + sum(PAIRS)) == decide(repeat(0.06))


def test_one_round_within_the_budget_is_enough() -> None:
    """A first round that was disturbed is no reason to fail."""
    disturbed = iter([0.03] * WARM_UPS + [0.06] * PAIRS[0] + [0.03] * 100)

    assert (False, pytest.approx(3.0), WARM_UPS + PAIRS[0] + PAIRS[1]) == decide(disturbed)


@given(scatter=st.lists(st.floats(1.0, 1.4), min_size=60, max_size=60), times=st.floats(1.5, 20))
def test_scatter_never_fails_code_at_half_the_budget(scatter: list[float], times: float) -> None:
    """Whatever a scatter of two fifths does to either side, code at half the budget passes and at three times fails."""
    for share, missed in ((0.5, False), (3.0, True)):
        sides = Scripted((share * times * factor for factor in scatter), iter(reversed(scatter)))

        assert missed == time_ratio(cast("SideBySide", sides), times).missed


BUDGETS = '''


def test_triple_in_time(student, reference, budget):
    """Thrice, in time, and right: answers that are the reference's are no reason to leave the budget out."""
    assert_close(student.triple(x=1.0), {"y": 3.0}, rtol=1e-12)
    budget(student.triple, reference.triple, lambda rng: {"x": rng.standard_normal(200_000)})


def test_double_in_memory(student, reference, memory_budget):
    """Twice, in memory."""
    memory_budget(student.double, reference.double, lambda rng: {"x": rng.standard_normal(1_000_000)})
'''
BUDGET_POLICY = (
    POLICY.replace("test_triple: 30", "test_triple: 30, test_triple_in_time: 1, test_double_in_memory: 1")
    + "    budgets: {test_triple_in_time: 4}\n    memory_budgets: {test_double_in_memory: 4}\n"
)
CODES = {
    "reference": tiny(),
    "thrice by sums": tiny(double="y = x + x\nreturn y", triple="return x + x + x"),
    "loop": tiny(triple="return np.array([value * 3.0 for value in x]) if np.ndim(x) else x * 3.0"),
    "table": tiny(double="return np.tile(x, (9, 1))[0] * 2.0"),
    "hog": tiny(double="return np.tile(x, (90, 1))[0] * 2.0"),
    "skips large inputs": tiny(
        double="return x * 2.0 if np.size(x) < 1000 else np.zeros(np.shape(x))",
        triple="return x * 3.0 if np.size(x) < 1000 else np.zeros(np.shape(x))",
    ),
    "another shape": tiny(double="return 2.0", triple="return (x * 3.0 if np.size(x) < 1000 else x[:9] * 3.0)"),
    "raises": tiny(double="raise ValueError", triple="raise ValueError"),
}


@pytest.fixture(scope="module")
def graded(
    tmp_path_factory: pytest.TempPathFactory, pool_options: PoolOptions
) -> Mapping[str, tuple[TestResult, TestResult]]:
    """The two budgets' results of every code."""
    course = write_course(tmp_path_factory.mktemp("course"), hidden=HIDDEN + BUDGETS, policy=BUDGET_POLICY)
    return {key: cast("Any", results[-2:]) for key, results in grade(course, CODES, pool_options)}


def grade(course: Course, codes: Mapping[str, str], options: PoolOptions) -> Iterator[tuple[str, Any]]:
    """The results of each code, from one tester."""
    stage = course.stage(STAGE)
    jobs = [Job(name, build_workspace(stage, submission(text)), seed_of(0)) for name, text in codes.items()]
    for result in run_jobs(stage, jobs, options):
        assert "" == result.fault
        yield result.key, result.results


@pytest.mark.parametrize("name", ["reference", "thrice by sums"])
def test_array_code_is_within_both_budgets(graded: Mapping[str, tuple[TestResult, TestResult]], name: str) -> None:
    """The reference and another array form pass."""
    assert [Outcome.PASSED] * 2 == [result.outcome for result in graded[name]]


def test_a_loop_misses_the_time_budget(graded: Mapping[str, tuple[TestResult, TestResult]]) -> None:
    """The finding states the ratio and what is allowed, no seconds."""
    in_time, in_memory = graded["loop"]

    assert (Outcome.FAILED, Outcome.PASSED) == (in_time.outcome, in_memory.outcome)
    (finding,) = in_time.findings
    assert "time" == finding.kind
    assert finding.message.startswith("triple: your code needs ")
    assert finding.message.endswith(" times the reference's CPU time; the limit is 4 times")


def test_a_table_misses_the_memory_budget(graded: Mapping[str, tuple[TestResult, TestResult]]) -> None:
    """Nine copies of the input are too much; the finding states the ratio, no bytes."""
    in_time, in_memory = graded["table"]

    assert (Outcome.PASSED, Outcome.FAILED) == (in_time.outcome, in_memory.outcome)
    (finding,) = in_memory.findings
    assert "memory" == finding.kind
    needs = r"double: your code needs [\d.]+ times the memory that the reference needs in addition to its inputs"
    assert re.fullmatch(rf"{needs}; the limit is 4 times", finding.message)


def test_more_memory_than_the_limit_is_named(graded: Mapping[str, tuple[TestResult, TestResult]]) -> None:
    """Code that needs more than the process may have ends as in any other test."""
    assert (Outcome.PASSED, Outcome.OUT_OF_MEMORY) == tuple(result.outcome for result in graded["hog"])


@pytest.mark.parametrize("name", ["skips large inputs", "another shape"])
def test_a_budget_counts_only_with_right_results(
    graded: Mapping[str, tuple[TestResult, TestResult]], name: str
) -> None:
    """Code that skips the work for large inputs fails, whatever it saves; the finding has no value of the test."""
    assert [Outcome.FAILED] * 2 == [result.outcome for result in graded[name]]
    assert ["triple: ", "double: "] == [result.findings[0].message.removesuffix(WRONG) for result in graded[name]]
    assert ["", ""] == [result.findings[0].detail for result in graded[name]]


@given(
    want=arrays(np.float64, 20, elements=st.floats(-1e6, 1e6)),
    scatter=arrays(np.float64, 20, elements=st.floats(-1, 1)),
)
def test_rounding_is_no_wrong_result(want: np.ndarray, scatter: np.ndarray) -> None:
    """An error of a tenth of a millionth of the largest value agrees; one of a hundredth does not."""
    largest = float(np.abs(want).max())

    assert agrees({"y": want + 1e-7 * largest * scatter}, {"y": want})
    assert not agrees({"y": want + 1e-2 * largest + 1e-3}, {"y": want})


def test_single_precision_has_its_own_tolerance() -> None:
    """Where the reference computes in float32, an error of a ten-thousandth agrees."""
    want = np.linspace(1, 2, 9, dtype=np.float32)

    assert agrees({"y": want * np.float32(1.0001)}, {"y": want})
    assert not agrees({"y": want * 1.0001}, {"y": want.astype(np.float64)})


@pytest.mark.parametrize(
    "returned",
    [{}, {"y": None}, {"y": "1"}, {"y": [1.0, 2.0]}, {"y": math.nan}, {"y": np.array([1.0])}, {"y": {"y": 1.0}}],
    ids=repr,
)
def test_another_structure_never_agrees(returned: dict[str, Any]) -> None:
    """Whatever a process returns in place of a number is a wrong result, not an error of ours."""
    assert not agrees(returned, {"y": 1.0})


def test_an_exception_within_a_budget_is_the_students(graded: Mapping[str, tuple[TestResult, TestResult]]) -> None:
    """It is reported as in any other test."""
    assert [Outcome.ERROR] * 2 == [result.outcome for result in graded["raises"]]


def test_a_reference_that_fails_is_no_fault_of_the_students(tmp_path: Path, pool_options: PoolOptions) -> None:
    """A reference that breaks on the budget's inputs holds the mark."""
    hidden = HIDDEN + BUDGETS.replace('{"x": rng.standard_normal(200_000)}', '{"x": "no number"}')
    course = write_course(tmp_path, hidden=hidden, policy=BUDGET_POLICY)
    ((_, results),) = grade(course, {"all": tiny(triple="return x if isinstance(x, str) else x * 3.0")}, pool_options)

    assert Outcome.GRADER_FAULT == results[-2].outcome
    assert "the reference failed in triple" in results[-2].findings[0].detail


@pytest.mark.parametrize("key", ["budgets", "memory_budgets"])
def test_a_budget_of_no_test_is_a_fault_of_the_policy(tmp_path: Path, key: str) -> None:
    """A misspelt name is reported with its line."""
    with pytest.raises(ConfigurationError, match=rf"{key}.test_tripel: no such test"):
        write_course(tmp_path, policy=POLICY + f"    {key}: {{test_tripel: 4}}\n")
