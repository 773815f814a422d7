"""Prefetched answers: calls of several tests are sent together, since waking a process up costs more than most calls.

Every submission of a run receives the same calls. So each test is run once with the reference in the student's place (a
dry run), which shows the calls that it will make, and these are sent to a submission's process in batches before the
tests that need them. No outcome depends on it: a call that was not expected is made by itself, and a batch in which
anything went wrong is dropped as a whole; its calls are made again, one by one, in a new process.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from autograder.errors import SandboxFault
from autograder.model import BudgetKind, Visibility
from autograder.runner.exchange import ends, prepare
from autograder.runner.protocol import Answer, PreparedCalls, Reply, StudentFault
from autograder.tester.cases import Case
from autograder.tester.reference import Key, Reference, ReferenceCall
from autograder.tester.student_process import StudentProcess
from autograder.testing.forms import Form
from autograder.testing.harness import Harness
from autograder.testing.values import Outputs, count_values, identical

T = TypeVar("T")
MOST_CALLS = 48
MOST_SECONDS = 0.05  # of the reference
MOST_CPU_SECONDS = 10 * MOST_SECONDS  # of a batch; where a loop reaches it, its calls are made one by one
MOST_BYTES = 1 << 20
MOST_VALUES = 256  # arrays and plain values of the answers: a frame holds 512 arrays


@dataclass(frozen=True)
class ExpectedCall:
    """One call that a test is expected to make."""

    probe: str
    inputs: Mapping[str, Any]
    reference: ReferenceCall


@dataclass(frozen=True)
class Batch:
    """Calls that are sent together.

    Attributes:
        entries: test id and key of each call.
        prepared: all calls, encoded for sending.
        visibility: of their tests; a batch is never of both kinds, so that output of hidden ones is never shown.
    """

    entries: tuple[tuple[str, Key], ...]
    prepared: PreparedCalls
    visibility: Visibility


class AnswerCache:
    """The prefetched answers of one submission, by test and in the order of its calls."""

    def __init__(self) -> None:
        self._answers: dict[str, deque[tuple[Key, Answer]]] = {}
        self._next: deque[tuple[Key, Answer]] = deque()
        self._one_by_one: set[Visibility] = set()

    def prefetch(self, process: StudentProcess, batch: Batch) -> None:
        """Make the calls of a batch and store their answers, unless one of its kind has failed before."""
        if batch.visibility in self._one_by_one:
            return
        answers = self._complete(process, batch)
        if answers is None:
            # Made again in a new process, each call has the outcome that it would have had without batches.
            self._one_by_one.add(batch.visibility)
            process.close()
            return
        for (test_id, key), answer in zip(batch.entries, answers, strict=True):
            self._answers.setdefault(test_id, deque()).append((key, answer))

    def _complete(self, process: StudentProcess, batch: Batch) -> list[Answer] | None:
        """All answers of a batch; None if it is unknown to which call a fault, or output to be shown, belongs."""
        try:
            answers = process.session().call_all(batch.prepared)
        except (StudentFault, SandboxFault):  # the test that makes the call by itself reports it
            return None
        if ends(answers[-1]):  # a loop or too much memory: perhaps of the batch, not of this call
            return None
        if batch.visibility is Visibility.PUBLIC and any(answer.printed for answer in answers):
            return None
        return answers

    def start_test(self, test_id: str) -> None:
        """Use the answers of this test from now on."""
        self._next = self._answers.pop(test_id, deque())

    def take_all(self, expected: Sequence[ReferenceCall]) -> list[Reply] | None:
        """The answers to all of a test's calls, if each is identical to the reference's; otherwise None."""
        if len(self._next) != len(expected):
            return None
        replies: list[Reply] = []
        for (key, answer), call in zip(self._next, expected, strict=True):
            if key != call.key or isinstance(answer, StudentFault) or not identical(answer.outputs, call.outputs):
                return None
            replies.append(answer)
        self._next.clear()
        return replies

    def take(self, key: Key) -> Answer | None:
        """The answer to the test's next call; after an unexpected call there are none."""
        if self._next and self._next[0][0] == key:
            return self._next.popleft()[1]
        self._next.clear()
        return None


class DryRun:
    """A harness in which the reference answers in the student's place, and that records the calls."""

    def __init__(self, reference: Reference, seeds: Harness) -> None:
        self._reference, self._seeds = reference, seeds
        self.calls: list[ExpectedCall] = []
        self.measures = False

    def call_student(self, probe: str, inputs: Mapping[str, Any], *, shapes: bool) -> Outputs:  # noqa: ARG002  # the Protocol's form
        """The reference's outputs."""
        call = self._reference.prepare(probe, inputs)
        self.calls.append(ExpectedCall(probe, dict(inputs), call))
        return call.outputs

    def call_formed(self, probe: str, inputs: Mapping[str, Any], form: Mapping[str, Form]) -> Outputs:  # noqa: ARG002  # the Protocol's form
        """The reference's outputs."""
        return self.call_student(probe, inputs, shapes=False)

    def call_reference(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:
        """See :class:`autograder.testing.harness.Harness`."""
        return self._reference.call(probe, inputs)

    def submitted(self, pattern: str) -> dict[str, bytes]:
        """The reference's files; a test that reads files is always run."""
        self.measures = True
        return self._seeds.submitted(pattern)

    def seed(self, test_id: str) -> int:
        """The seeds of the run."""
        return self._seeds.seed(test_id)

    def check_budget(self, kind: BudgetKind, probe: str, inputs_of: Any, times: float | None, test_id: str) -> None:  # noqa: ARG002  # the Protocol's form
        """Budgets make their own calls."""
        self.measures = True


@dataclass(frozen=True)
class DryRunResult:
    """What a case did with the reference in the student's place.

    Attributes:
        calls: the calls that it will make, as far as they do not depend on the answers.
        passes: it passed, and nothing but its calls decides it: with identical answers it passes again.
    """

    calls: Sequence[ExpectedCall] = ()
    passes: bool = False


def dry_run(case: Case, reference: Reference, seeds: Harness) -> DryRunResult:
    """Run a case with the reference; a case that only pytest can run, or that fails, has no calls."""
    harness = DryRun(reference, seeds)
    if case.simple is None:
        return DryRunResult()
    try:
        case.item.obj(**case.arguments(harness))  # type: ignore[attr-defined]  # a Function, or it would not be simple
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # pytest.skip too; the test itself will report it
        return DryRunResult()
    return DryRunResult(harness.calls, passes=bool(harness.calls) and not harness.measures)


def plan(cases: Sequence[Case], dry_runs: Mapping[str, DryRunResult]) -> dict[int, Batch]:
    """The batches of a run, each by the index of the first case that needs it.

    Calls of a case that needs other tests are made by themselves: perhaps it is not reached.
    """
    batches: dict[int, Batch] = {}
    for visibility in Visibility:
        wanted = [
            (index, case.test_id, call)
            for index, case in enumerate(cases)
            if case.visibility is visibility and not case.needs
            for call in dry_runs[case.test_id].calls
        ]
        for group in grouped(wanted, lambda entry: entry[2].reference):
            batches[group[0][0]] = _batch(group, visibility)
    return batches


def grouped(items: Iterable[T], call_of: Callable[[T], ReferenceCall]) -> Iterator[list[T]]:
    """Groups of items, in their order, whose calls fit into one batch; a call too large for any batch is left out."""
    group: list[T] = []
    for item in items:
        if not _fit([call_of(item)]):
            continue
        if not _fit([call_of(other) for other in (*group, item)]):
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _fit(calls: Sequence[ReferenceCall]) -> bool:
    """Whether calls fit into one batch."""
    return (
        len(calls) <= MOST_CALLS
        and sum(call.seconds for call in calls) <= MOST_SECONDS
        and sum(call.prepared.body.payload_bytes + call.answer_bytes for call in calls) <= MOST_BYTES
        and sum(count_values(call.outputs) for call in calls) <= MOST_VALUES
    )


def _batch(group: Sequence[tuple[int, str, ExpectedCall]], visibility: Visibility) -> Batch:
    entries = tuple((test_id, call.reference.key) for _, test_id, call in group)
    return Batch(entries, together([call for _, _, call in group]), visibility)


def together(calls: Sequence[ExpectedCall]) -> PreparedCalls:
    """Calls that are sent together."""
    return replace(prepare([(call.probe, call.inputs) for call in calls]), most_cpu_seconds=MOST_CPU_SECONDS)
