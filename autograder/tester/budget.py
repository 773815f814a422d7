"""Budgets: a multiple of what the reference takes, measured side by side.

Time: both codes run in sandboxes of the same kind, in turn, on fresh inputs, the other one stopped; CPU
time is read from outside. Single pairs scatter by a few per cent, by two fifths at the very worst, also on
a loaded machine (``docs/measured.md``). So a clear answer ends the measurement after two pairs, and near
the line more rounds are asked: a submission misses its budget only where every one of them is over it.

Memory: both codes run in fresh processes, since not everybody may set a process's peak back; what counts is the
peak of resident memory beyond what the process held when the files were loaded, less the inputs and the code of
libraries.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from autograder.errors import SandboxFault
from autograder.runner.footprint import Footprint
from autograder.runner.protocol import StudentFault
from autograder.tester.student_process import Bench
from autograder.testing.values import size_bytes

T = TypeVar("T")
Inputs = Mapping[str, Any]

WARM_UPS = 2
FEW_SECONDS = 0.5  # one warm-up is enough for a call longer than this
CLEAR = 2.0  # a factor that no scatter has ever made
CLEAR_PAIRS = 2
PAIRS = (5, 11, 11)  # of each round
MEMORY_TRIES = 3
LEAST_MIB = 1.0  # pages of the allocator's own: less than this is taken for this
LIBRARY_MIB = 8.0  # code of libraries that the student's solution may touch and the reference does not


@dataclass(frozen=True)
class Measured:
    """A budget's outcome.

    Attributes:
        ratio: the student's use over the reference's, as the least of the rounds told.
        missed: whether it is over the budget.
    """

    ratio: float
    missed: bool


@dataclass(frozen=True)
class Race:
    """One probe on both sides."""

    student: Bench
    reference: Bench
    probe: str
    fresh_inputs: Callable[[], Inputs]

    def seconds(self) -> tuple[float, float]:
        """CPU seconds of one call of each, on the same fresh inputs: the student's and the reference's."""
        inputs = self.fresh_inputs()
        base = self.ours(lambda: _seconds(self.reference, self.student, self.probe, inputs))
        return _seconds(self.student, self.reference, self.probe, inputs), base

    def ours(self, measure: Callable[[], T]) -> T:
        """Measure the reference; whatever goes wrong with it is no fault of the student's."""
        try:
            return measure()
        except StudentFault as fault:
            raise SandboxFault(f"the reference failed in {self.probe}: {fault}") from None


def time_ratio(race: Race, times: float) -> Measured:
    """Compare the CPU time of two codes; the budget is ``times`` the reference's.

    Raises:
        StudentFault: the student's code failed, or reached a limit.
        SandboxFault: ours failed.
    """
    for _ in range(WARM_UPS):
        if max(race.seconds()) > FEW_SECONDS:
            break
    least = float("inf")
    for pairs in PAIRS:
        timed: list[tuple[float, float]] = []
        for _ in range(pairs):
            timed.append(race.seconds())
            ratios = [mine / base for mine, base in timed]
            if len(timed) >= CLEAR_PAIRS and (max(ratios) < times / CLEAR or min(ratios) > times * CLEAR):
                return Measured(statistics.median(ratios), missed=min(ratios) > times)
        second_opinion = min(mine for mine, _ in timed) / min(base for _, base in timed)
        least = min(least, statistics.median(ratios), second_opinion)
        if least <= times:
            break
    return Measured(least, missed=least > times)


def _seconds(running: Bench, waiting: Bench, probe: str, inputs: Inputs) -> float:
    """CPU seconds of one call while the other process is stopped."""
    session, other = running.session(), waiting.session()
    other.freeze()
    try:
        session.thaw()
        return max(running.call(probe, inputs).usage.cpu_seconds, 1e-6)
    finally:
        other.thaw()


def memory_ratio(race: Race, times: float) -> Measured:
    """Compare the peak memory of two codes; the budget is ``times`` the reference's.

    Raises:
        StudentFault: the student's code failed, or needed more than the limit.
        SandboxFault: ours failed, or memory cannot be read on this system.
    """
    least = float("inf")
    for _ in range(MEMORY_TRIES):
        inputs = race.fresh_inputs()
        base, base_library_mib = race.ours(lambda: _peak_mib(race.reference, race.probe, inputs, float("inf")))  # noqa: B023  # called at once
        mine, _ = _peak_mib(race.student, race.probe, inputs, base_library_mib + LIBRARY_MIB)
        least = min(least, mine / base)
        if least <= times:
            break
    return Measured(least, missed=least > times)


def _peak_mib(bench: Bench, probe: str, inputs: Inputs, most_library_mib: float) -> tuple[float, float]:
    """The peak of a call in a fresh process beyond what it held before, and the growth of library code in it."""
    bench.close()
    before = _footprint(bench)
    bench.call(probe, inputs)
    after = _footprint(bench)
    library_mib = max(after.file_mib - before.file_mib, 0.0)
    beyond = after.peak_mib - before.own_mib - before.file_mib - min(library_mib, most_library_mib)
    return max(beyond - size_bytes(inputs) / (1 << 20), LEAST_MIB), library_mib


def _footprint(bench: Bench) -> Footprint:
    found = bench.session().footprint()
    if found is None:
        raise SandboxFault("the memory of a process cannot be read on this system")
    return found
