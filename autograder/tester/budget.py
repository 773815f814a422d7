"""Budgets: a multiple of what the reference needs, both measured side by side.

Time: both codes run in sandboxes of the same kind, alternately, on fresh inputs, while the other process is stopped;
CPU time is read from outside. Single pairs vary by a few per cent, by 40 % at the very worst, also on a loaded machine
(``docs/measured.md``). So one pair far below the budget is enough, also the first, which can only be slower than
later ones, unless the reference was much slower in it than before; two pairs must agree that it is far exceeded; and
near it there are rounds of pairs: a submission exceeds its budget only if every round is over it.

A budget counts only with right results: what each measured call returned is compared with the reference's, in this
process, so that code which skips the work gains nothing.

Memory: both codes run in fresh processes, since not every user may reset a process's peak; what counts is the peak of
resident memory above that after loading the files, less the inputs and the code of libraries.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from autograder.errors import SandboxFault
from autograder.model import Finding, FindingKind
from autograder.runner.footprint import Footprint
from autograder.runner.protocol import Reply, StudentFault
from autograder.tester.agreement import agrees
from autograder.tester.student_process import StudentProcess
from autograder.testing.assertions import CheckFailed
from autograder.testing.budget_words import WRONG, WRONG_HINT
from autograder.testing.values import digest, size_bytes

T = TypeVar("T")
Inputs = Mapping[str, Any]

WARM_UPS = 2  # a student's first call may load or allocate what later ones have
CLEAR = 2.0  # a factor larger than any variation that was measured
CLEAR_PAIRS = 2
USUAL = 2.0  # a reference slower than this many times its fastest was disturbed, and its pair decides nothing alone
PAIRS = (5, 11, 11)  # of each round
MEMORY_TRIES = 3
LEAST_MIB = 1.0  # the allocator's own pages: a smaller peak counts as this
LIBRARY_MIB = 8.0  # code of libraries that the student's solution may load and the reference does not


@dataclass(frozen=True)
class Measured:
    """A budget's outcome.

    Attributes:
        ratio: the student's use divided by the reference's, the smallest of the rounds.
        missed: whether it is over the budget.
    """

    ratio: float
    missed: bool


@dataclass(frozen=True)
class Peak:
    """The peak of a call in a fresh process above its memory before, and how much library code was loaded in it."""

    mib: float
    library_mib: float
    reply: Reply


@dataclass(frozen=True)
class SideBySide:
    """One probe of the student's code and of the reference, measured alternately.

    Attributes:
        fresh_inputs: makes the inputs of each measurement.
        peaks: of the reference's memory, by probe and inputs, which are the same for every submission of a run.
        fastest: the reference's shortest CPU time of a run, in seconds, by probe and bytes of the inputs.
    """

    student: StudentProcess
    reference: StudentProcess
    probe: str
    fresh_inputs: Callable[[], Inputs]
    peaks: dict[tuple[str, bytes], Peak] = field(default_factory=dict)
    fastest: dict[tuple[str, int], float] = field(default_factory=dict)

    def seconds(self) -> tuple[float, float, bool]:
        """CPU seconds of one call of each, on the same fresh inputs: the student's and the reference's.

        The third value is whether the reference was about as fast as it has been in this run.

        Raises:
            CheckFailed: the student's result is wrong.
        """
        inputs = self.fresh_inputs()
        reference_call = partial(_timed, self.reference, self.student, self.probe, inputs)
        replies = list[Reply]()
        if not self.reference.is_warm(self.probe):  # a slow first call of the reference would excuse slow code
            replies.append(self.measure_reference(reference_call))
        expected = self.measure_reference(reference_call)
        reply = _timed(self.student, self.reference, self.probe, inputs, expected.usage.cpu_seconds)
        self.require_right(reply, expected)
        by_clock = expected.usage.device_mib > 0  # a GPU computes while the processor waits; results are here by then
        base, key = _seconds(expected, by_clock=by_clock), (self.probe, size_bytes(inputs))
        times = [base, *(_seconds(one, by_clock=by_clock) for one in replies), self.fastest.get(key, base)]
        self.fastest[key] = min(times)
        return _seconds(reply, by_clock=by_clock), base, base <= USUAL * self.fastest[key]

    def require_right(self, reply: Reply, expected: Reply) -> None:
        """Compare what a measured call returned with the reference's.

        Raises:
            CheckFailed: they differ; the finding has no value of a hidden test.
        """
        if not agrees(reply.outputs, expected.outputs):
            raise CheckFailed(Finding(FindingKind.VALUE, f"{self.probe}: {WRONG}", WRONG_HINT))

    def measure_reference(self, measure: Callable[[], T]) -> T:
        """Measure the reference; a failure of it is a fault of the grader."""
        try:
            return measure()
        except StudentFault as fault:
            raise SandboxFault(f"the reference failed in {self.probe}: {fault}") from None


def time_ratio(sides: SideBySide, times: float) -> Measured:
    """Compare the CPU time of two codes; the budget is ``times`` the reference's.

    Raises:
        StudentFault: the student's code failed, or reached a limit.
        CheckFailed: it returned a wrong result.
        SandboxFault: the sandbox or the reference failed.
    """
    warm_up: list[float] = []
    for _ in range(WARM_UPS):
        student, base, usual = sides.seconds()
        warm_up.append(student / base)
        if usual and warm_up[-1] < times / CLEAR:
            return Measured(warm_up[-1], missed=False)
    if min(warm_up) > times * CLEAR:
        return Measured(warm_up[-1], missed=True)
    least = float("inf")
    for pairs in PAIRS:
        timed: list[tuple[float, float]] = []
        for _ in range(pairs):
            timed.append(sides.seconds()[:2])
            ratios = [_ratio(pair) for pair in timed]
            if len(timed) >= CLEAR_PAIRS and (max(ratios) < times / CLEAR or min(ratios) > times * CLEAR):
                return Measured(statistics.median(ratios), missed=min(ratios) > times)
        ratio_of_minima = min(student for student, _ in timed) / min(base for _, base in timed)
        least = min(least, statistics.median(ratios), ratio_of_minima)
        if least <= times:
            break
    return Measured(least, missed=least > times)


def _ratio(pair: tuple[float, float]) -> float:
    student, base = pair
    return student / base


def _timed(
    running: StudentProcess, waiting: StudentProcess, probe: str, inputs: Inputs, reference_seconds: float = 0.0
) -> Reply:
    """The reply to one call, made while the other process is stopped."""
    session, other = running.session(), waiting.session()
    other.freeze()
    try:
        session.thaw()
        return running.call(probe, inputs, reference_seconds)
    finally:
        other.thaw()


def _seconds(reply: Reply, *, by_clock: bool) -> float:
    return max(reply.usage.wall_seconds if by_clock else reply.usage.cpu_seconds, 1e-6)


def memory_ratio(sides: SideBySide, times: float) -> Measured:
    """Compare the peak memory of two codes; the budget is ``times`` the reference's.

    Raises:
        StudentFault: the student's code failed, or needed more than the limit.
        CheckFailed: it returned a wrong result.
        SandboxFault: the sandbox or the reference failed, or memory cannot be read on this system.
    """
    least = float("inf")
    for _ in range(MEMORY_TRIES):
        inputs = sides.fresh_inputs()
        key = sides.probe, digest(inputs)
        if key not in sides.peaks:
            measure = partial(_peak, sides.reference, sides.probe, inputs, float("inf"))
            sides.peaks[key] = sides.measure_reference(measure)
        base = sides.peaks[key]
        base_seconds = base.reply.usage.cpu_seconds  # slow code may be slow here: the test looks at memory
        student = _peak(sides.student, sides.probe, inputs, base.library_mib + LIBRARY_MIB, base_seconds)
        sides.require_right(student.reply, base.reply)
        least = min(least, student.mib / base.mib)
        if least <= times:
            break
    return Measured(least, missed=least > times)


def _peak(
    process: StudentProcess, probe: str, inputs: Inputs, most_library_mib: float, reference_seconds: float = 0.0
) -> Peak:
    process.close()
    before = _footprint(process)
    reply = process.call(probe, inputs, reference_seconds)
    after = _footprint(process)
    library_mib = max(after.file_mib - before.file_mib, 0.0)
    beyond = after.peak_mib - before.own_mib - before.file_mib - min(library_mib, most_library_mib)
    return Peak(max(beyond - size_bytes(inputs) / (1 << 20), LEAST_MIB), library_mib, reply)


def _footprint(process: StudentProcess) -> Footprint:
    found = process.session().footprint()
    if found is None:
        raise SandboxFault("the memory of a process cannot be read on this system")
    return found
