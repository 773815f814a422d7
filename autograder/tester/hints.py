"""Whether a wrong result is that of a known mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.sandbox.base import StudentFault
from autograder.stagecode import Mistake
from autograder.tester.bench import Bench
from autograder.tester.reference import Known
from autograder.testing.assertions import close_finding
from autograder.testing.values import normalise

MOST_ALIVE = 12  # processes of mistakes that wait for the next failed test; each holds a few MiB
RTOL = 1e-9  # equal mistakes written in two ways differ by float64 rounding only


@dataclass(frozen=True)
class Call:
    """One call that a test made on the student's code, and what came back."""

    known: Known
    outputs: Mapping[str, Any]


class Hints:
    """Runs known mistakes on the calls of a failed test; results are kept for the whole run."""

    def __init__(self, mistakes: Sequence[Mistake], bench_of: Callable[[Mistake], Bench]) -> None:
        self._mistakes, self._bench_of = mistakes, bench_of
        self._kept: dict[tuple[str, tuple[str, bytes]], Mapping[str, Any] | None] = {}
        self._benches: dict[str, Bench] = {}

    def find(self, test: str, calls: Sequence[Call]) -> str:
        """The hint of the first mistake whose every output equals the student's, or ''.

        Args:
            test: the test that failed.
            calls: what it asked the student's code.
        """
        if not calls or all(_same(call.outputs, call.known.outputs) for call in calls):
            return ""
        for mistake in self._mistakes:
            if test in mistake.tests and self._matches(mistake, calls):
                return mistake.hint
        return ""

    def forget(self) -> None:
        """Drop what was kept, for a run with another seed."""
        self._kept.clear()

    def _matches(self, mistake: Mistake, calls: Sequence[Call]) -> bool:
        for call in calls:
            key = (mistake.name, call.known.key)
            if key not in self._kept:
                self._kept[key] = _outputs(self._bench(mistake), call.known)
            outputs = self._kept[key]
            if outputs is None or not _same(call.outputs, outputs):
                return False
        return True

    def _bench(self, mistake: Mistake) -> Bench:
        """The mistake's process, the one used least recently given up for it if there are too many."""
        bench = self._benches.pop(mistake.name, None) or self._bench_of(mistake)
        self._benches[mistake.name] = bench
        if len(self._benches) > MOST_ALIVE:
            self._benches.pop(next(iter(self._benches))).close()
        return bench

    def close(self) -> None:
        """End every process."""
        while self._benches:
            self._benches.popitem()[1].close()


def _outputs(bench: Bench, known: Known) -> Mapping[str, Any] | None:
    try:
        outputs: Mapping[str, Any] = normalise(bench.call_one(known.prepared).outputs)
    except (StudentFault, TypeError):
        return None
    return outputs


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.keys() == other.keys() and all(
        close_finding(name, one[name], other[name], rtol=RTOL, atol=1e-12) is None for name in other
    )
