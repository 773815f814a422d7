"""Time budgets: a multiple of the reference's CPU time, measured side by side.

Both codes run in sandboxes of the same kind, in turn, on fresh inputs, the other one stopped; CPU
time is read from outside. The rule has an early end where the answer is clear and asks again near
the line: it fails a submission only where every round is over it.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.tester.bench import Bench

WARM_UPS = 2
FEW_SECONDS = 0.5  # a call longer than this is measured in three pairs, not five


@dataclass(frozen=True)
class BudgetRule:
    """How often to measure and when to be sure.

    Attributes:
        times: allowed ratio of the student's CPU time to the reference's.
        pairs: pairs of calls in the first round.
        long_pairs: pairs where a call takes long.
        more_pairs: pairs in each further round.
        rounds: rounds that must all be over the budget before it counts as missed.
    """

    times: float
    pairs: int = 5
    long_pairs: int = 3
    more_pairs: int = 11
    rounds: int = 3


def measure(
    student: Bench, reference: Bench, probe: str, fresh_inputs: Callable[[], Mapping[str, Any]], rule: BudgetRule
) -> float | None:
    """The ratio if the budget is missed, else None.

    Raises:
        StudentFault: the student's code failed, or reached the wall limit.
        SandboxFault: ours failed.
    """
    for _ in range(WARM_UPS):
        inputs = fresh_inputs()
        base = _seconds(reference, student, probe, inputs)
        mine = _seconds(student, reference, probe, inputs)
    few = rule.long_pairs if max(base, mine) > FEW_SECONDS else rule.pairs
    ratios: list[float] = []
    for round_number in range(rule.rounds):
        pairs = few if round_number == 0 or mine > 4 * rule.times * base else rule.more_pairs
        timed = [_pair(student, reference, probe, fresh_inputs()) for _ in range(pairs)]
        median = statistics.median(mine / base for mine, base in timed)
        least = min(mine for mine, _ in timed) / min(base for _, base in timed)
        ratios.append(min(median, least))
        if ratios[-1] <= rule.times:
            return None
    return min(ratios)


def _pair(student: Bench, reference: Bench, probe: str, inputs: Mapping[str, Any]) -> tuple[float, float]:
    base = _seconds(reference, student, probe, inputs)
    return _seconds(student, reference, probe, inputs), base


def _seconds(running: Bench, waiting: Bench, probe: str, inputs: Mapping[str, Any]) -> float:
    """CPU seconds of one call while the other process is stopped."""
    session, other = running.session(), waiting.session()
    other.freeze()
    try:
        session.thaw()
        return max(session.call(probe, inputs).usage.cpu_seconds, 1e-6)
    finally:
        other.thaw()
