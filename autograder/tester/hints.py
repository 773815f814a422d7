"""Whether a wrong result is that of a known mistake."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.course.mistakes import Mistake
from autograder.runner.exchange import prepare
from autograder.runner.protocol import Answer, StudentFault
from autograder.tester.prefetch import Foreseen, together
from autograder.tester.reference import Key, Known
from autograder.tester.shared_cache import Shelf
from autograder.tester.student_process import Bench
from autograder.testing.assertions import numbers_agree
from autograder.testing.values import normalise, size_bytes, structure_finding

KEPT_BYTES = 64 << 20  # of the mistakes' results; those not used for longest are worked out again
RTOL, ATOL = 1e-9, 1e-12  # equal mistakes written in two ways differ by float64 rounding only

Results = dict[Key, Mapping[str, Any] | None]  # None: the mistake gives no outputs there


@dataclass(frozen=True)
class Call:
    """One call that a test made on the student's code, and what came back."""

    known: Known
    outputs: Mapping[str, Any]


class Hints:
    """Runs known mistakes on the calls of their tests, each mistake once; results are kept for the whole run.

    Args:
        mistakes: of the stage, the commonest first.
        bench_of: a bench for a mistake's code.
        shelf: where the testers of a run keep what a mistake gives; without one each works it out for itself.
    """

    def __init__(
        self, mistakes: Sequence[Mistake], bench_of: Callable[[Mistake], Bench], shelf: Shelf | None = None
    ) -> None:
        self._mistakes, self._bench_of, self._shelf = mistakes, bench_of, shelf
        self._seed = ""
        self._foreseen: Mapping[str, Sequence[Foreseen]] = {}
        self._kept: dict[str, Results] = {}
        self._found: list[Mistake] = []

    def start_run(self, seed: str, foreseen: Mapping[str, Sequence[Foreseen]]) -> None:
        """Drop what was kept, for a run with another seed.

        Args:
            seed: of the run.
            foreseen: what each test will call, by the test's name.
        """
        self._seed, self._foreseen = seed, foreseen
        self._kept.clear()

    def start_submission(self) -> None:
        """Forget what the last submission's mistakes were: a hint never depends on who was graded before."""
        self._found.clear()

    def find(self, test: str, calls: Sequence[Call]) -> str:
        """The hint of the first mistake whose every output equals the student's, or ''.

        Mistakes that explained another test of this submission come first: one reason is better than two.

        Args:
            test: the test that failed.
            calls: what it asked the student's code.
        """
        if not calls or all(_same(call.outputs, call.known.outputs) for call in calls):
            return ""
        for mistake in (*self._found, *self._mistakes):
            if test in mistake.tests and self._matches(mistake, calls):
                if mistake not in self._found:
                    self._found.append(mistake)
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
            with contextlib.closing(self._bench_of(mistake)) as bench:
                if not results:
                    results |= self._learnt(mistake, bench)
                if known.key not in results:  # it depends on what the student's code gave
                    results[known.key] = _outputs(bench, known)
            while len(self._kept) > 1 and size_bytes(self._kept) > KEPT_BYTES:
                self._kept.pop(next(iter(self._kept)))
        return results

    def _learnt(self, mistake: Mistake, bench: Bench) -> Results:
        """What a mistake gives for the calls of its tests."""

        def work() -> list[Any]:
            return _learn(bench, [call for test in mistake.tests for call in self._foreseen.get(test, ())])

        found = self._shelf.get(f"{self._seed} {mistake.name}", work) if self._shelf is not None else work()
        return {(probe, bytes.fromhex(inputs)): outputs for probe, inputs, outputs in found}


def _learn(bench: Bench, foreseen: Sequence[Foreseen]) -> list[Any]:
    """Of each call the probe, the digest of its inputs in hexadecimal, and the outputs or None."""
    calls = {call.known.key: call for call in foreseen}
    found: list[Any] = []
    for group in together(calls.values(), lambda call: call.known):
        try:
            answers = bench.session().call_all(prepare([(call.probe, call.inputs) for call in group]))
        except StudentFault:
            continue
        for call, answer in zip(group, answers, strict=False):
            probe, inputs = call.known.key
            found.append([probe, inputs.hex(), _plain(answer)])
    return found


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
    return one.keys() == other.keys() and all(_alike(one[name], other[name]) for name in other)


def _alike(one: Any, other: Any) -> bool:
    """Whether two plain values agree to rounding; unlike a finding, it does not say where they do not."""
    if structure_finding("", one, other, shapes=True):
        return False
    if isinstance(other, Mapping):
        return _same(one, other)
    if isinstance(other, list):
        return all(map(_alike, one, other))
    if other is None or isinstance(other, str):
        return bool(one == other)
    return numbers_agree(np.asarray(one), np.asarray(other), RTOL, ATOL)
