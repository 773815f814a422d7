"""A submission's calls have a limit together, beside that of each call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from autograder.model import Outcome, Usage
from autograder.runner.exchange import prepare
from autograder.runner.protocol import Limits, Reply, Sandbox, StudentFault
from autograder.runner.runtimes import NUMPY
from autograder.sandbox.select import choose
from autograder.tester.student_process import TOO_SLOW_AS_A_WHOLE, StudentProcess
from tests.hostile.cases import TESTS, make_workspace

LIMITS = Limits(cpu_seconds=2, wall_seconds=15, submission_seconds=60)
HONEST = b"from scratch.honest import *\n"
SLEEPS = (
    HONEST
    + b"""
import time

_clip = clip_grad_norm_


def clip_grad_norm_(*arguments):
    time.sleep(0.2)
    return _clip(*arguments)
"""
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The best of this machine."""
    found = choose(NUMPY, "container", unsafe=True)
    yield found
    found.close()


def ended_after(process: StudentProcess, usage: Usage, most: int = 1000) -> int:
    """After how many calls with this usage no further one is made."""
    for number in range(1, most + 1):
        process.use(Reply({}, usage, ""))
        if process._is_over():
            with pytest.raises(StudentFault) as raised:
                process.session()
            assert (Outcome.TIMED_OUT, TOO_SLOW_AS_A_WHOLE) == (raised.value.outcome, raised.value.reason)
            return number
    return most


@pytest.mark.parametrize(
    ("cpu_seconds", "wall_seconds", "calls"),
    [
        pytest.param(0.0, 2.0, 31, id="sleeps"),
        pytest.param(0.1, 2.0, 38, id="sleeps and computes a little"),
        pytest.param(2.0, 2.1, 121, id="computes"),
        pytest.param(0.01, 0.04, 1000, id="honest on a busy machine"),
        pytest.param(0.0, 400.0, 5, id="the machine was stopped"),
    ],
)
def test_time_without_computing_and_processor_time_end_a_submission(
    sandbox: Sandbox, cpu_seconds: float, wall_seconds: float, calls: int
) -> None:
    """60 seconds of sleep, or 240 of processor time, over all calls; a call counts as its own limit at most."""
    process = StudentProcess(sandbox, make_workspace(HONEST), LIMITS)
    try:
        assert calls == ended_after(process, Usage(cpu_seconds, wall_seconds, 1.0))
    finally:
        process.close()


def test_sleeping_in_each_call_is_stopped(sandbox: Sandbox) -> None:
    """By a real process, whose calls are each within their limit."""
    process = StudentProcess(sandbox, make_workspace(SLEEPS), replace(LIMITS, submission_seconds=0.5))
    outcomes = []
    try:
        for _ in range(5):
            try:
                process.call(*TESTS[3])
                outcomes.append(Outcome.PASSED)
            except StudentFault as fault:
                outcomes.append(fault.outcome)
    finally:
        process.close()

    assert [Outcome.PASSED] * 3 + [Outcome.TIMED_OUT] * 2 == outcomes


@pytest.mark.parametrize(
    ("reference_seconds", "expected"),
    [
        pytest.param(0.0, 2.0, id="unknown"),
        pytest.param(0.004, 2.0, id="a short call"),
        pytest.param(0.02, 5.0, id="three loops in Python"),
        pytest.param(0.2, 30.0, id="not for minutes"),
        pytest.param(1.0, 40.0, id="a long training"),
    ],
)
def test_slow_code_may_end_where_time_is_not_tested(reference_seconds: float, expected: float) -> None:
    """A call may take 250 times as long as the reference's, up to 30 s, and 40 times in any case."""
    limits = LIMITS.of_call(replace(prepare([("probe", {})]), reference_seconds=reference_seconds))

    assert expected == pytest.approx(limits.cpu_seconds)
    assert LIMITS.wall_seconds / LIMITS.cpu_seconds == pytest.approx(limits.wall_seconds / limits.cpu_seconds)
