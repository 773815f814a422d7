"""Whether a wrong result is that of a known mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.sandbox.base import Answer, StudentFault
from autograder.sandbox.exchange import prepare
from autograder.stagecode import Mistake
from autograder.tester.ahead import Foreseen, together
from autograder.tester.bench import Bench
from autograder.tester.reference import Key, Known
from autograder.testing.assertions import close_finding
from autograder.testing.values import normalise, size_bytes

KEPT_BYTES = 64 << 20  # of the mistakes' results; those not used for longest are worked out again
RTOL = 1e-9  # equal mistakes written in two ways differ by float64 rounding only

Results = dict[Key, Mapping[str, Any] | None]  # None: the mistake gives no outputs there


@dataclass(frozen=True)
class Call:
    """One call that a test made on the student's code, and what came back."""

    known: Known
    outputs: Mapping[str, Any]


class Hints:
    """Runs known mistakes on the calls of their tests, each mistake once; results are kept for the whole run."""

    def __init__(self, mistakes: Sequence[Mistake], bench_of: Callable[[Mistake], Bench]) -> None:
        self._mistakes, self._bench_of = mistakes, bench_of
        self._foreseen: Mapping[str, Sequence[Foreseen]] = {}
        self._kept: dict[str, Results] = {}

    def start_run(self, foreseen: Mapping[str, Sequence[Foreseen]]) -> None:
        """Drop what was kept, for a run with another seed.

        Args:
            foreseen: what each test will call, by the test's name.
        """
        self._foreseen = foreseen
        self._kept.clear()

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

    def _matches(self, mistake: Mistake, calls: Sequence[Call]) -> bool:
        for call in calls:
            outputs = self._results(mistake, call.known)[call.known.key]
            if outputs is None or not _same(call.outputs, outputs):
                return False
        return True

    def _results(self, mistake: Mistake, known: Known) -> Results:
        """What a mistake gives, ``known`` among it."""
        results = self._kept.pop(mistake.name, {})
        self._kept[mistake.name] = results  # the last one used is the last one given up
        if known.key not in results:
            bench = self._bench_of(mistake)
            try:
                if not results:
                    results |= _learn(bench, [call for test in mistake.tests for call in self._foreseen.get(test, ())])
                if known.key not in results:  # it depends on what the student's code gave
                    results[known.key] = _outputs(bench, known)
            finally:
                bench.close()
            while len(self._kept) > 1 and size_bytes(self._kept) > KEPT_BYTES:
                self._kept.pop(next(iter(self._kept)))
        return results


def _learn(bench: Bench, foreseen: Sequence[Foreseen]) -> Results:
    """What a mistake gives for the calls of its tests."""
    calls = {call.known.key: call for call in foreseen}
    results: Results = {}
    for group in together(calls.values(), lambda call: call.known):
        try:
            answers = bench.session().call_all(prepare([(call.probe, call.inputs) for call in group]))
        except StudentFault:
            continue
        results |= {call.known.key: _plain(answer) for call, answer in zip(group, answers, strict=False)}
    return results


def _outputs(bench: Bench, known: Known) -> Mapping[str, Any] | None:
    try:
        return _plain(bench.call_one(known.prepared))
    except StudentFault:
        return None


def _plain(answer: Answer) -> Mapping[str, Any] | None:
    if isinstance(answer, StudentFault):
        return None
    try:
        outputs: Mapping[str, Any] = normalise(answer.outputs)
    except TypeError:
        return None
    return outputs


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.keys() == other.keys() and all(
        close_finding(name, one[name], other[name], rtol=RTOL, atol=1e-12) is None for name in other
    )
