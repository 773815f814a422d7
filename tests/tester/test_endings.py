"""Hints of tests that compare no result with the reference's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from autograder.course.mistakes import Mistake
from autograder.course.workspace import build_workspace
from autograder.model import Finding, FindingKind, Outcome, TestResult, Visibility
from autograder.prove import seed_of
from autograder.tester.endings import MAY_BE, Ending, Endings, endings_of, hints_of_endings
from autograder.tester.jobs import Job
from autograder.tester.pool import PoolOptions, run_jobs
from tests.builders.course import STAGE, submission, tiny, write_course

HIDDEN = '''
import numpy as np

from autograder.testing import Form, assert_that

FORM = {"y": Form(np.empty(0), (None,))}


def test_double(student, rng):
    """Larger than the number."""
    y = student.double.formed(FORM, x=rng.uniform(1, 2, 3))["y"]
    assert_that(len(y) == 3, "not three numbers")
    assert_that((y > 0).all(), "not positive")


def test_double_is_even(student, rng):
    """More for more."""
    low, high = (student.double.formed(FORM, x=np.full(2, x))["y"] for x in (1.0, 3.0))
    assert_that((low < high).all(), "not more for more")


def test_triple(student):
    """A result."""
    student.triple.formed(FORM, x=np.ones(2))
'''
MISTAKES = """
from autograder.course.mistakes import Mistake, edit

def change(to):
    return (edit("scratch/tiny.py", "np.asarray(x) * 2.0", to),)

MISTAKES = [
    Mistake("short", "Is one missing?", ("test_double",), change("np.asarray(x)[1:] * 2.0")),
    Mistake("minus", "Is the sign right?", ("test_double", "test_double_is_even"), change("np.asarray(x) * -2.0")),
    Mistake("flat", "Is the slope 0?", ("test_double_is_even",), change("np.ones_like(x)")),
    Mistake("raises", "Which operation?", ("test_triple",),
            (edit("scratch/tiny.py", "np.asarray(x) * 3.0", "np.dot(x, np.ones(5))"),)),
]
"""
KILLS = (
    '{"flat": ["test_double_is_even", "test_double_of_one"], "minus": ["test_double", "test_double_is_even", '
    '"test_double_of_one"], "raises": ["test_triple"], "short": ["test_double", "test_double_of_one"]}'
)


def test_code_of_another_design_has_the_hint_of_what_ends_alike(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Other values and texts than the mistake's, the same findings; nothing where no mistake ends so."""
    stage = write_course(tmp_path, hidden=HIDDEN, mistakes=MISTAKES, kills=KILLS).stage(STAGE)
    texts = {
        "short": tiny(double="return (x * 7.0)[:-2]"),
        "minus": tiny(double="return x * -5.0"),
        "flat": tiny(double="return x * 0.0 + 8.0"),
        "raises": tiny(triple="raise ValueError('of its own')"),
        "raises another": tiny(triple="raise KeyError('of its own')"),
        "not written": tiny(triple="raise NotImplementedError"),
    }
    jobs = [Job(name, build_workspace(stage, submission(text)), seed_of(0)) for name, text in texts.items()]
    hints = {
        result.key: {
            one.findings[0].hint
            for one in result.results
            if one.outcome is not Outcome.PASSED and one.visibility is Visibility.HIDDEN
        }
        for result in run_jobs(stage, jobs, pool_options)
    }

    assert {MAY_BE + "Is one missing?"} == hints["short"]
    assert {MAY_BE + "Is the sign right?"} == hints["minus"]
    assert {MAY_BE + "Is the slope 0?"} == hints["flat"]
    assert {MAY_BE + "Which operation?"} == hints["raises"]
    assert not any(hint.startswith(MAY_BE) for hint in hints["raises another"])
    assert {"This part is not written yet."} == hints["not written"]


def ending(words: str) -> Ending:
    """The ending of a property."""
    return Ending("failed", "property", words)


def hints(
    failed: Mapping[str, str], mistakes: Mapping[Mistake, Mapping[str, str]], passed: tuple[str, ...] = ()
) -> dict[str, str]:
    """Hints by test, of the words by test."""

    def endings(words: Mapping[str, str]) -> Endings:
        return {(test, ""): ending(one) for test, one in words.items()}

    found = hints_of_endings(endings(failed), passed, [*mistakes], lambda mistake: endings(mistakes[mistake]))
    return {test: hint.removeprefix(MAY_BE) for (test, _), hint in found.items()}


ONE = Mistake("one", "One?", ("a",), ())
TWIN = Mistake("twin", "One?", ("a",), ())
OTHER = Mistake("other", "Other?", ("a",), ())
BOTH = Mistake("both", "Both?", ("b",), ())


def test_two_reasons_are_no_hint() -> None:
    """Mistakes with one hint count as one; with two hints there is none, unless one of them explains another test."""
    assert {"a": "One?"} == hints({"a": "x"}, {ONE: {"a": "x"}, TWIN: {"a": "x"}})
    assert {} == hints({"a": "x"}, {ONE: {"a": "x"}, OTHER: {"a": "x"}})
    assert {"a": "Both?", "b": "Both?"} == hints({"a": "x", "b": "y"}, {ONE: {"a": "x"}, BOTH: {"a": "x", "b": "y"}})
    assert {"a": "One?"} == hints({"a": "x"}, {ONE: {"a": "x"}, OTHER: {"a": "z"}})


def test_a_mistake_must_be_seen_where_it_is_meant_to_be() -> None:
    """Not where the submission passes the test that it exists for; what else the mistake kills may be passed."""
    assert {} == hints({"c": "x"}, {ONE: {"a": "x", "c": "x"}}, passed=("a",))
    assert {"a": "One?"} == hints({"a": "x"}, {ONE: {"a": "x", "c": "x"}}, passed=("c",))


@given(st.integers(1, 10**9), st.floats(1e-9, 1e9), st.integers(0, 999))
def test_numbers_and_places_are_no_part_of_an_ending(count: int, error: float, place: int) -> None:
    """One value that differs by little is as many that differ by much."""

    def one(message: str) -> Endings:
        result = TestResult("test_a", "", Visibility.HIDDEN, "", Outcome.FAILED, (Finding(FindingKind.VALUE, message),))
        return endings_of([result])

    few = "losses: 1 of 30 values differs, the first at losses[2]; the largest error is 0.1 (allowed: 1e-05)"
    many = f"losses: {count} of 30 values differ, the first at losses[{place}]; the largest error is {error} (allowed)"
    assert {("test_a", ""): Ending("failed", "value", "losses: … of … values differ")} == one(few)
    assert one(few) == one(many)
