"""Which known mistake explains a failure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from autograder.course.mistakes import Mistake
from autograder.course.workspace import build_workspace
from autograder.model import Outcome, Usage
from autograder.prove import seed_of
from autograder.runner.exchange import prepare
from autograder.runner.protocol import Reply, StudentFault
from autograder.tester.hints import Call, Hints
from autograder.tester.jobs import Job
from autograder.tester.pool import PoolOptions, run_jobs
from autograder.tester.prefetch import ExpectedCall
from autograder.tester.reference import ReferenceCall
from autograder.testing.values import Outputs, digest
from tests.builders.course import STAGE, submission, tiny, write_course

MISTAKES = """
from autograder.course.mistakes import Mistake, edit

def change(to):
    return (edit("scratch/tiny.py", "np.asarray(x) * 2.0", to),)

MISTAKES = [
    Mistake("five", "Only five?", ("test_double",), change("np.asarray(x) * 2.0 + (np.size(x) == 5)")),
    Mistake("odd", "All that are odd?", ("test_double_of_one", "test_double"),
            change("np.asarray(x) * 2.0 + np.size(x) % 2")),
]
"""
FIVE, ODD = tiny(double="return x * 2.0 + (x.size == 5)"), tiny(double="return x * 2.0 + x.size % 2")


def test_one_reason_explains_as_much_as_it_can(tmp_path: Path, pool_options: PoolOptions) -> None:
    """Where two mistakes explain a failure, the one that explained another comes first, whoever was graded before."""
    stage = write_course(tmp_path, mistakes=MISTAKES).stage(STAGE)
    texts = {"odd": ODD, "five": FIVE, "odd again": ODD, "five again": FIVE}
    jobs = [Job(name, build_workspace(stage, submission(text)), seed_of(0)) for name, text in texts.items()]
    hints = {
        result.key: [one.findings[0].hint for one in result.results if one.outcome is Outcome.FAILED]
        for result in run_jobs(stage, jobs, pool_options)
    }

    odd, five = ["All that are odd?"] * 2, ["Only five?"]
    assert {"odd": odd, "five": five, "odd again": odd, "five again": five} == hints


REFUSED = """
from autograder.course.mistakes import Mistake, edit

def change(to):
    return (edit("scratch/tiny.py", "np.asarray(x) * 2.0", to),)

MISTAKES = [
    Mistake("even", "Even sizes?", ("test_double",), change("np.reshape(x, (2, -1)) * 2.0")),
    Mistake("flat", "One axis?", ("test_double",), change("(np.asarray(x) * 2.0)[None]")),
    Mistake("thrice", "Three?", ("test_triple",),
            (edit("scratch/tiny.py", "np.asarray(x) * 3.0", "np.dot(x, x[1:])"),)),
]
"""


def test_what_raises_or_has_another_shape_has_a_hint(tmp_path: Path, pool_options: PoolOptions) -> None:
    """The same exception, one with an own text, and a shape with other values; never where the code passes a test."""
    kills = (
        '{"even": ["test_double", "test_double_is_even", "test_double_of_one"], "flat": ["test_double", '
        '"test_double_is_even", "test_double_of_one"], "thrice": ["test_triple"]}'
    )
    stage = write_course(tmp_path, mistakes=REFUSED, kills=kills).stage(STAGE)
    texts = {
        "same text": tiny(double="return np.reshape(x, (2, -1)) * 2.0"),
        "own text": tiny(triple="assert False, 'no!'"),
        "shape": tiny(double="return (x * 7.0)[None]"),
        "passes some": tiny(double="assert len(x) == 3\nreturn x * 2.0"),
        "not written": tiny(triple="raise NotImplementedError"),
    }
    jobs = [Job(name, build_workspace(stage, submission(text)), seed_of(0)) for name, text in texts.items()]
    hints = {
        result.key: {one.findings[0].hint for one in result.results if one.outcome in (Outcome.FAILED, Outcome.ERROR)}
        for result in run_jobs(stage, jobs, pool_options)
    }

    assert {"Even sizes?"} == hints["same text"]
    assert {"Three?"} == hints["own text"]
    assert {"One axis?"} == hints["shape"]
    assert {""} == hints["passes some"]
    assert {"This part is not written yet."} == hints["not written"]


class Breaking:
    """A mistake's process in which calls that are sent together end it, and single calls return 0."""

    def __init__(self, how: Outcome) -> None:
        self._how = how
        self.asked: list[int] = []  # how many calls each message had

    def session(self) -> Breaking:
        """It is its own session."""
        return self

    def call_all(self, prepared: Any) -> list[Any]:
        """End."""
        self.asked.append(prepared.count)
        raise StudentFault(self._how)

    def call_one(self, prepared: Any) -> Reply:
        """Return 0."""
        self.asked.append(prepared.count)
        return Reply({"y": 0.0}, Usage())

    def close(self) -> None:
        """Nothing to end."""


def calls() -> Iterator[ExpectedCall]:
    """Two calls of a probe whose reference returns 1."""
    for x in (1.0, 2.0):
        inputs = {"x": x}
        call = ReferenceCall(
            ("double", digest(inputs)), Outputs({"y": 1.0}, "the reference"), 8, 0.0, prepare([("double", inputs)])
        )
        yield ExpectedCall("double", inputs, call)


@pytest.mark.parametrize(("how", "asked"), [(Outcome.CRASHED, [2, 1, 1]), (Outcome.TIMED_OUT, [2, 1])])
def test_a_mistake_that_ends_its_process_is_run_once(how: Outcome, asked: list[int]) -> None:
    """What a call of a mistake returned is known for the rest of a run, also where another call ends its process."""
    expected, process = [*calls()], Breaking(how)
    mistake = Mistake("zero", "Zero?", ("test_double",), (), killed_by=("test_double",))
    hints = Hints([mistake], lambda _: cast("Any", process))
    hints.start_run("5a", {"test_double": expected})
    failed = [Call(expected[0].reference, {"y": 0.0})]

    assert "Zero?" == hints.find("test_double", failed)
    hints.start_submission()
    assert "Zero?" == hints.find("test_double", failed)
    assert asked == process.asked
