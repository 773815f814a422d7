"""Calls of several tests sent together: waking a process up costs more than most calls.

Every submission of a run is asked the same questions. So the hidden tests are rehearsed once with the reference
in the student's place, which tells what each of them will call, and these calls go to a submission's process in
batches before the tests that want them. Nothing rests on it: a call that was not foreseen is made by itself, and so
are all calls of a batch that one of them spoilt by a loop, an exit or too much memory. Each test ends as it would
have alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.model import Visibility
from autograder.sandbox.base import PreparedCalls
from autograder.sandbox.exchange import prepare
from autograder.tester.cases import Case
from autograder.tester.reference import Known, Reference
from autograder.testing.harness import BudgetKind, Harness
from autograder.testing.values import Outputs, count_values

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
    """

    entries: tuple[tuple[str, tuple[str, bytes]], ...]
    prepared: PreparedCalls


class Rehearsal:
    """A harness that has the reference answer in the student's place and writes down what was asked."""

    def __init__(self, reference: Reference, seeds: Harness) -> None:
        self._reference, self._seeds = reference, seeds
        self.calls: list[Foreseen] = []

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

    def check_budget(self, kind: BudgetKind, probe: str, inputs_of: Any, times: float | None, seed: int) -> None:
        """Budgets make their own calls."""


def plan(cases: Sequence[Case], reference: Reference, seeds: Harness) -> dict[int, Batch]:
    """The batches of a run, each by the index of the first case that wants it."""
    batches: dict[int, Batch] = {}
    waiting: list[tuple[str, Foreseen]] = []
    first = 0
    for index, case in enumerate(cases):
        calls = [(case.test_id, call) for call in _rehearsed(case, reference, seeds)]
        if waiting and not _fit(call for _, call in (*waiting, *calls)):
            batches[first] = _batch(waiting)
            waiting = []
        if calls and _fit(call for _, call in calls):
            first = first if waiting else index
            waiting += calls
    if waiting:
        batches[first] = _batch(waiting)
    return batches


def _rehearsed(case: Case, reference: Reference, seeds: Harness) -> list[Foreseen]:
    """What a case will call; nothing where that is better not known beforehand.

    What a public test's calls print is shown with it, so they are made alone. A case that needs others may not be
    reached.
    """
    if case.visibility is Visibility.PUBLIC or case.simple is None or case.needs:
        return []
    rehearsal = Rehearsal(reference, seeds)
    try:
        case.item.obj(**case.arguments(rehearsal))  # type: ignore[attr-defined]  # a Function, or it would not be simple
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # pytest.skip too; the test itself will tell
        return []
    return rehearsal.calls


def _fit(calls: Iterable[Foreseen]) -> bool:
    """Whether calls may go together."""
    known = [call.known for call in calls]
    return (
        len(known) <= MOST_CALLS
        and sum(call.seconds for call in known) <= MOST_SECONDS
        and sum(call.prepared.body.payload_bytes + call.answer_bytes for call in known) <= MOST_BYTES
        and sum(count_values(call.outputs) for call in known) <= MOST_VALUES
    )


def _batch(calls: Sequence[tuple[str, Foreseen]]) -> Batch:
    entries = tuple((test_id, call.known.key) for test_id, call in calls)
    return Batch(entries, prepare([(call.probe, call.inputs) for _, call in calls]))
