"""A time budget on a student's machine, which has no reference.

The course has measured the reference as a multiple of a fixed piece of work (``yardstick_probe.py``). Here the
student's code is compared with the same work, in a process of the same kind, in turn. Machines differ in what they are
good at, so the result is an estimate; a test fails only beyond ``MARGIN`` times the limit.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograder.model import BudgetUse, Finding, FindingKind, Usage, Workspace
from autograder.runner.plain import PlainSandbox
from autograder.runner.protocol import Limits, Reply, Session
from autograder.testing.assertions import CheckFailed
from autograder.testing.budget_words import HINT, MARGIN, WRONG, WRONG_HINT, over_budget
from autograder.testing.public_course import ReferenceUse

PROBES = "probes.py"
PAIRS = 7
CLEAR_PAIRS = 3
CLEAR = 3.0  # far enough from the limit to need no more pairs
RTOL = 1e-6
YARDSTICK = Path(__file__).with_name("yardstick_probe.py")


def seconds_of(usage: Usage) -> float:
    """CPU seconds, where the system reports them for another process; else by the clock."""
    return max(usage.cpu_seconds or usage.wall_seconds, 1e-6)


class Yardstick:
    """The fixed work, in a process like a student's."""

    def __init__(self, sandbox: PlainSandbox, limits: Limits) -> None:
        self._sandbox, self._limits = sandbox, limits
        self._session: Session | None = None

    def seconds(self) -> float:
        """What it takes now."""
        if self._session is None:
            workspace = Workspace({PROBES: YARDSTICK.read_bytes()}, frozenset())
            self._session = self._sandbox.open(workspace, self._limits)
            self._session.call("work", {})  # to warm up
        return seconds_of(self._session.call("work", {}).usage)


def ratios(call: Callable[[], Reply], yardstick: Yardstick) -> Iterable[float]:
    """CPU time of a call as a multiple of the yardstick's, again and again."""
    while True:
        yield seconds_of(call().usage) / yardstick.seconds()


def estimate(call: Callable[[], Reply], yardstick: Yardstick, reference: ReferenceUse, limit: float) -> BudgetUse:
    """How often the reference's time the student's code takes; the median of several pairs.

    Raises:
        StudentFault: the code failed, or reached a limit.
    """
    found: list[float] = []
    for ratio in ratios(call, yardstick):
        found.append(ratio / reference.yardsticks)
        is_clear = max(found) < limit / CLEAR or min(found) > limit * MARGIN * CLEAR
        if len(found) == PAIRS or (len(found) >= CLEAR_PAIRS and is_clear):
            break
    return BudgetUse(FindingKind.TIME, statistics.median(found), limit, estimated=True)


def require_right(probe: str, outputs: Mapping[str, Any], expected: Mapping[str, float]) -> None:
    """Compare the first result with the reference's.

    Raises:
        CheckFailed: they differ.
    """
    if not all(name in outputs and _agrees(outputs[name], sum_) for name, sum_ in expected.items()):
        raise CheckFailed(Finding(FindingKind.VALUE, f"{probe}: {WRONG}", WRONG_HINT))


def require_in_budget(probe: str, use: BudgetUse) -> None:
    """Raise a finding where an estimate is clearly over the limit.

    Raises:
        CheckFailed: it is.
    """
    if use.times > use.limit * MARGIN:
        raise CheckFailed(Finding(use.kind, over_budget(probe, use), HINT[use.kind]))


def weighted_sum(value: Any) -> tuple[float, float]:
    """The sum of an output's values with fixed weights, and that of their sizes.

    Raises:
        TypeError: it is neither a number nor an array of numbers.
    """
    flat = np.asarray(value, dtype=np.float64).ravel()
    weighted = flat * np.cos(np.arange(flat.size))
    return float(weighted.sum()), float(np.abs(weighted).sum())


def _agrees(value: Any, expected: float) -> bool:
    try:
        got, size = weighted_sum(value)
    except (TypeError, ValueError):
        return False
    return bool(abs(got - expected) <= RTOL * size)
