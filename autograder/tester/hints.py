"""Whether a wrong result is that of a known mistake."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from autograder.course.mistakes import Mistake
from autograder.model import Outcome
from autograder.runner.protocol import Answer, StudentFault
from autograder.tester.endings import CaseKey, Ending, Endings, hints_of_endings
from autograder.tester.prefetch import ExpectedCall, grouped, together
from autograder.tester.reference import Key, ReferenceCall
from autograder.tester.shared_cache import SharedCache
from autograder.tester.student_process import StudentProcess
from autograder.testing.assertions import numbers_agree
from autograder.testing.values import normalise, size_bytes, structure_finding

KEPT_BYTES = 64 << 20  # of the mistakes' results; those not used for longest are dropped and computed again
RTOL, ATOL = 1e-9, 1e-12  # equal mistakes written in two ways differ by float64 rounding only

RAISED = ("exception", "text")  # the names of an end that is an exception: no probe returns just these
End: TypeAlias = Mapping[str, Any]
Results = dict[Key, End | None]  # None: the mistake neither returned outputs nor raised, but ran out of time or memory


@dataclass(frozen=True)
class Call:
    """One call that a test made on the student's code, and how it ended.

    Attributes:
        outputs: what it returned, or what :func:`raised` makes of an exception.
    """

    reference: ReferenceCall
    outputs: End

    @property
    def is_well_formed(self) -> bool:
        """Whether it returned outputs with the reference's names, kinds and shapes."""
        return not structure_finding("", self.outputs, self.reference.outputs, shapes=True)


def raised(fault: StudentFault) -> End | None:
    """How a call ended that raised, to be compared only; None where it was stopped, or a part is not written."""
    if fault.outcome is not Outcome.ERROR or fault.exception_type == NotImplementedError.__name__:
        return None
    return dict(zip(RAISED, (fault.exception_type, fault.exception_text), strict=True))


class Hints:
    """Runs known mistakes on the calls of their tests, each mistake once; results are kept for the whole run.

    Args:
        mistakes: of the stage, the commonest first.
        process_of: makes a process for a mistake's code.
        cache: shared by the testers of a run; without it each runs the mistakes for itself.
    """

    def __init__(
        self,
        mistakes: Sequence[Mistake],
        process_of: Callable[[Mistake], StudentProcess],
        cache: SharedCache | None = None,
    ) -> None:
        self._mistakes, self._process_of, self._shared = mistakes, process_of, cache
        self._seed = ""
        self._expected: Mapping[str, Sequence[ExpectedCall]] = {}
        self._results_of: dict[str, Results] = {}
        self._endings_of: dict[str, Endings] = {}
        self._matched: list[Mistake] = []

    def start_run(self, seed: str, expected: Mapping[str, Sequence[ExpectedCall]]) -> None:
        """Clear the results, for a run with another seed.

        Args:
            seed: of the run.
            expected: the expected calls of each test, by the test's name.
        """
        self._seed, self._expected = seed, expected
        self._results_of.clear()
        self._endings_of.clear()

    def start_submission(self) -> None:
        """Clear what the last submission matched: a hint never depends on who was graded before."""
        self._matched.clear()

    def find(self, test: str, calls: Sequence[Call]) -> str:
        """The hint of the first mistake whose calls all end as the student's, or ''.

        Outputs are equal then, and of an exception its type and text. Mistakes that explained another test of this
        submission are tried first: one reason is better than two.

        Args:
            test: the test that failed.
            calls: the calls that it made, with the student's outputs.
        """
        if not calls or all(_same(call.outputs, call.reference.outputs) for call in calls):
            return ""
        for mistake in (*self._matched, *self._mistakes):
            if test in mistake.killed_by and self._matches(mistake, calls, _same):
                if mistake not in self._matched:
                    self._matched.append(mistake)
                return mistake.hint
        return ""

    def find_alike(
        self, failed: Mapping[tuple[str, str], Sequence[Call]], passed: Collection[str]
    ) -> Mapping[tuple[str, str], str]:
        """Hints for tests whose last call raised or returned another shape, after all tests have run.

        The values or the text of the exception may be others than a mistake's: a student who refuses a size writes a
        sentence of their own. So a mistake must end alike in every such test, and kill none that the submission passes.

        Args:
            failed: by test and case, the calls of those for which :meth:`find` has found nothing.
            passed: the tests that the submission passed.
        """
        tests = {test: calls for test, calls in failed.items() if calls and not calls[-1].is_well_formed}
        for mistake in (*self._matched, *self._mistakes):
            if (
                tests
                and not {test for test, _ in tests} - {*mistake.killed_by}
                and not {*passed} & {*mistake.killed_by}
                and all(self._matches(mistake, calls, _alike) for calls in tests.values())
            ):
                return dict.fromkeys(tests, mistake.hint)
        return {}

    def find_ending_alike(
        self, failed: Endings, passed: Collection[str], run: Callable[[Mistake, StudentProcess], Endings]
    ) -> Mapping[CaseKey, str]:
        """Hints for tests that compare no result with the reference's: see :func:`hints_of_endings`.

        Args:
            failed: how the submission's tests of this kind ended that failed.
            passed: the tests that the submission passed.
            run: grades a mistake with the tests that kill it; each at most once a run.
        """

        def endings(mistake: Mistake) -> Endings:
            def compute() -> list[Any]:
                with contextlib.closing(self._process_of(mistake)) as process:
                    return [[*key, *ending] for key, ending in run(mistake, process).items()]

            if mistake.name not in self._endings_of:
                found = self._computed(f"{self._seed} {mistake.name} endings", compute)
                self._endings_of[mistake.name] = {(test, case): Ending(*rest) for test, case, *rest in found}
            return self._endings_of[mistake.name]

        return hints_of_endings(failed, passed, self._mistakes, endings) if failed else {}

    def _computed(self, name: str, compute: Callable[[], Any]) -> Any:
        """The value of this name, computed once a run where the testers share a cache."""
        return self._shared.get(name, compute) if self._shared is not None else compute()

    def _matches(self, mistake: Mistake, calls: Sequence[Call], agree: Callable[[End, End], bool]) -> bool:
        for call in calls:
            end = self._results(mistake, call.reference)[call.reference.key]
            same = _same if call.is_well_formed else agree
            if end is None or not same(call.outputs, end):
                return False
        return True

    def _results(self, mistake: Mistake, reference: ReferenceCall) -> Results:
        """The results of a mistake, that of ``reference`` among them."""
        is_new = mistake.name not in self._results_of
        results = self._results_of.pop(mistake.name, {})
        self._results_of[mistake.name] = results  # in the order of use: the one not used for longest is dropped first
        if is_new or reference.key not in results:
            with contextlib.closing(self._process_of(mistake)) as process:
                if is_new:
                    results |= self._of_tests(mistake, process)
                if reference.key not in results:  # a call that depends on the student's answers
                    results[reference.key] = _end(process, reference)
            while len(self._results_of) > 1 and size_bytes(self._results_of) > KEPT_BYTES:
                self._results_of.pop(next(iter(self._results_of)))
        return results

    def _of_tests(self, mistake: Mistake, process: StudentProcess) -> Results:
        """The results of a mistake for the expected calls of its tests."""

        def compute() -> list[Any]:
            return _run(process, [call for test in mistake.killed_by for call in self._expected.get(test, ())])

        found = self._computed(f"{self._seed} {mistake.name}", compute)
        return {(probe, bytes.fromhex(inputs)): outputs for probe, inputs, outputs in found}


def _run(process: StudentProcess, expected: Sequence[ExpectedCall]) -> list[Any]:
    """Make the calls; for each the probe, the hexadecimal digest of its inputs, and the outputs or None."""
    calls = {call.reference.key: call for call in expected}
    found: list[Any] = []
    for group in grouped(calls.values(), lambda call: call.reference):
        ends = _ends(process, group)
        found += [[call.probe, call.reference.key[1].hex(), end] for call, end in zip(group, ends, strict=False)]
    return found


def _ends(process: StudentProcess, group: Sequence[ExpectedCall]) -> list[End | None]:
    """How the calls of a group end; of one that takes too long nothing is known.

    Those after one that ends the process are made one by one, here and once, as they would be for a student. Where all
    take too long, each is made when a test asks for it.
    """
    try:
        answers = process.session().call_all(together(group))
    except StudentFault as fault:
        if fault.outcome is Outcome.TIMED_OUT:
            return []
        answers = []
    return [*map(_plain, answers)] + [_end(process, call.reference) for call in group[len(answers) :]]


def _end(process: StudentProcess, reference: ReferenceCall) -> End | None:
    try:
        return _plain(process.call_one(reference.prepared))
    except StudentFault as fault:
        return raised(fault)


def _plain(answer: Answer) -> End | None:
    if isinstance(answer, StudentFault):
        return raised(answer)
    try:
        outputs: Mapping[str, Any] = normalise(answer.outputs)
    except TypeError:
        return None
    return outputs


def _alike(one: End, other: End) -> bool:
    """Whether both raised, or both returned the same names, kinds and shapes."""
    if RAISED in (tuple(one), tuple(other)):
        return tuple(one) == tuple(other)
    return not structure_finding("", one, other, shapes=True) and one.keys() == other.keys()


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.keys() == other.keys() and all(_values_agree(one[name], other[name]) for name in other)


def _values_agree(one: Any, other: Any) -> bool:
    """Whether two plain values agree up to rounding."""
    if structure_finding("", one, other, shapes=True):
        return False
    if isinstance(other, Mapping):
        return _same(one, other)
    if isinstance(other, list):
        return all(map(_values_agree, one, other))
    if other is None or isinstance(other, str):
        return bool(one == other)
    return numbers_agree(np.asarray(one), np.asarray(other), RTOL, ATOL)
