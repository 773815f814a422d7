"""Calls of several tests sent together: waking a process up costs more than most calls.

Every submission of a run is asked the same questions. So the tests are rehearsed once with the reference in the
student's place, which tells what each of them will call, and these calls go to a submission's process in batches
before the tests that want them. Nothing rests on it: a call that was not foreseen is made by itself, and so are all
calls of a batch that one of them spoilt by a loop, an exit or too much memory. What a public test's calls print is
shown with it, so these are made again, each by itself, where anything was printed. Each test ends as it would have
alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from autograder.errors import SandboxFault
from autograder.model import Visibility
from autograder.runner.exchange import ends, prepare
from autograder.runner.protocol import Answer, PreparedCalls, Reply, StudentFault
from autograder.tester.cases import Case
from autograder.tester.reference import Key, Known, Reference
from autograder.tester.student_process import Bench
from autograder.testing.harness import BudgetKind, Harness
from autograder.testing.values import Outputs, count_values, identical

T = TypeVar("T")
MOST_CALLS = 48
MOST_SECONDS = 0.05  # of the reference: a fortieth of what one call may take, so slow code is not held up often
MOST_BYTES = 1 << 20
MOST_VALUES = 256  # arrays and plain values of the answers: a frame holds 512 arrays


@dataclass(frozen=True)
class Foreseen:
    """One call that a test will make."""

    probe: str
    inputs: Mapping[str, Any]
    known: Known


@dataclass(frozen=True)
class Batch:
    """Calls that are sent together.

    Attributes:
        entries: test id and key of each call.
        prepared: all of them as they go over the wire.
        is_public: of public tests; a batch is never of both kinds, so that output of hidden ones is never shown.
    """

    entries: tuple[tuple[str, Key], ...]
    prepared: PreparedCalls
    is_public: bool


class Ready:
    """The answers of one submission that lie ready, by test and in the order of its calls."""

    def __init__(self) -> None:
        self._answers: dict[str, deque[tuple[Key, Answer]]] = {}
        self._next: deque[tuple[Key, Answer]] = deque()
        self._one_by_one = False
        self._prints = False

    def fetch(self, bench: Bench, batch: Batch) -> None:
        """Make calls that the next tests will want; after a batch that was spoilt all are made one by one."""
        if self._one_by_one or (self._prints and batch.is_public):
            return
        try:
            answers = bench.session().call_all(batch.prepared)
        except (StudentFault, SandboxFault):  # the test that makes the call alone tells which it is
            self._one_by_one = True
            return
        if batch.is_public and any(answer.printed for answer in answers):  # there is no telling by which call
            self._prints = True
            bench.close()  # what is asked again is asked in a fresh process, as if it had been asked once
            return
        for (test_id, key), answer in zip(batch.entries, answers, strict=False):
            if ends(answer):  # perhaps the batch was too much, not the call
                self._one_by_one = True
                return
            self._answers.setdefault(test_id, deque()).append((key, answer))

    def start_test(self, test_id: str) -> None:
        """From now on this test's answers are taken."""
        self._next = self._answers.pop(test_id, deque())

    def take_all(self, expected: Sequence[Known]) -> list[Reply] | None:
        """The answers to all of a test's calls, if each is the reference's to the last bit; else none are taken."""
        if len(self._next) != len(expected):
            return None
        replies: list[Reply] = []
        for (key, answer), known in zip(self._next, expected, strict=True):
            if key != known.key or isinstance(answer, StudentFault) or not identical(answer.outputs, known.outputs):
                return None
            replies.append(answer)
        self._next.clear()
        return replies

    def take(self, key: Key) -> Answer | None:
        """The answer to the test's next call; none are used after a call that was not foreseen."""
        if self._next and self._next[0][0] == key:
            return self._next.popleft()[1]
        self._next.clear()
        return None


class Rehearsal:
    """A harness that has the reference answer in the student's place and writes down what was asked."""

    def __init__(self, reference: Reference, seeds: Harness) -> None:
        self._reference, self._seeds = reference, seeds
        self.calls: list[Foreseen] = []
        self.measures = False

    def call_student(self, probe: str, inputs: Mapping[str, Any], *, shapes: bool) -> Outputs:  # noqa: ARG002  # the Protocol's form
        """The reference's outputs."""
        known = self._reference.known(probe, inputs)
        self.calls.append(Foreseen(probe, dict(inputs), known))
        return known.outputs

    def call_reference(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:
        """See :class:`autograder.testing.harness.Harness`."""
        return self._reference.call(probe, inputs)

    def seed(self, test_id: str) -> int:
        """Those of the run."""
        return self._seeds.seed(test_id)

    def check_budget(self, kind: BudgetKind, probe: str, inputs_of: Any, times: float | None, seed: int) -> None:  # noqa: ARG002  # the Protocol's form
        """Budgets make their own calls."""
        self.measures = True


@dataclass(frozen=True)
class Rehearsed:
    """What a case did with the reference in the student's place.

    Attributes:
        calls: what it will ask, as far as that does not depend on the answers.
        passes: it passed, and its calls are all that decides it: with the same answers it passes again.
    """

    calls: Sequence[Foreseen] = ()
    passes: bool = False


def rehearse(case: Case, reference: Reference, seeds: Harness) -> Rehearsed:
    """Run a case with the reference; one that cannot be run so has no calls."""
    rehearsal = Rehearsal(reference, seeds)
    if case.simple is None:
        return Rehearsed()
    try:
        case.item.obj(**case.arguments(rehearsal))  # type: ignore[attr-defined]  # a Function, or it would not be simple
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # pytest.skip too; the test itself will tell
        return Rehearsed()
    return Rehearsed(rehearsal.calls, passes=bool(rehearsal.calls) and not rehearsal.measures)


def plan(cases: Sequence[Case], rehearsed: Mapping[str, Rehearsed]) -> dict[int, Batch]:
    """The batches of a run, each by the index of the first case that wants it.

    Calls of a case that needs others are made alone: it may not be reached.
    """
    batches: dict[int, Batch] = {}
    for visibility in Visibility:
        wanted = [
            (index, case.test_id, call)
            for index, case in enumerate(cases)
            if case.visibility is visibility and not case.needs
            for call in rehearsed[case.test_id].calls
        ]
        for group in together(wanted, lambda entry: entry[2].known):
            batches[group[0][0]] = _batch(group, is_public=visibility is Visibility.PUBLIC)
    return batches


def together(items: Iterable[T], known_of: Callable[[T], Known]) -> Iterator[list[T]]:
    """Groups of items, in their order, whose calls may go together; a call that is too large for any is left out."""
    group: list[T] = []
    for item in items:
        if not _fit([known_of(item)]):
            continue
        if not _fit([known_of(other) for other in (*group, item)]):
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _fit(known: Sequence[Known]) -> bool:
    """Whether calls may go together."""
    return (
        len(known) <= MOST_CALLS
        and sum(call.seconds for call in known) <= MOST_SECONDS
        and sum(call.prepared.body.payload_bytes + call.answer_bytes for call in known) <= MOST_BYTES
        and sum(count_values(call.outputs) for call in known) <= MOST_VALUES
    )


def _batch(group: Sequence[tuple[int, str, Foreseen]], *, is_public: bool) -> Batch:
    entries = tuple((test_id, call.known.key) for _, test_id, call in group)
    return Batch(entries, prepare([(call.probe, call.inputs) for _, _, call in group]), is_public)
