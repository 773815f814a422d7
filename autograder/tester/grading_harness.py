"""How the fixtures call probes when grading."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograder.model import BudgetKind, BudgetUse, Finding, FindingKind
from autograder.runner.exchange import prepare
from autograder.runner.protocol import Reply, StudentFault
from autograder.tester.budget import Peak, SideBySide, memory_ratio, time_ratio
from autograder.tester.hints import Call, raised
from autograder.tester.prefetch import AnswerCache, Batch
from autograder.tester.reference import Reference, ReferenceCall
from autograder.tester.student_process import StudentProcess
from autograder.testing.assertions import CheckFailed
from autograder.testing.budget_words import HINT, over_budget
from autograder.testing.forms import Form, form_finding
from autograder.testing.harness import matching
from autograder.testing.seeds import public_seed
from autograder.testing.values import Outputs, digest, identical, normalise, structure_finding

MEASURE = {FindingKind.TIME: time_ratio, FindingKind.MEMORY: memory_ratio}


class GradingHarness:
    """Runs one submission's probes in the sandbox, and the reference's in this process."""

    def __init__(self, reference: Reference, reference_process: StudentProcess) -> None:
        self.reference, self._reference_process = reference, reference_process
        self._submission: StudentProcess | None = None
        self.run_seed = b""
        self.public_tests: frozenset[str] = frozenset()  # ids
        self.calls: list[Call] = []
        self.allowed: Mapping[BudgetKind, float] = {}
        self.budget_use: BudgetUse | None = None  # of this test
        self._seeds: dict[str, int] = {}
        self._answers = AnswerCache()
        self._peaks: dict[tuple[str, bytes], Peak] = {}  # of the reference
        self._fastest: dict[tuple[str, int], float] = {}  # the reference's seconds
        self._reference_in_place = False
        self._has_own_values = False  # of this test: a result that is compared with a form only, or a file

    def start_submission(self, process: StudentProcess, run_seed: bytes) -> None:
        """Direct the calls of the next tests to a submission."""
        self._submission = process
        self._answers = AnswerCache()
        if run_seed != self.run_seed:
            self.run_seed = run_seed
            self._seeds.clear()
            self._peaks.clear()
            self._fastest.clear()

    def prefetch(self, batch: Batch) -> None:
        """Make calls that the next tests are expected to make."""
        self._answers.prefetch(self._process, batch)

    def start_test(self, test_id: str, allowed: Mapping[BudgetKind, float]) -> None:
        """Clear the calls of the last test; ``allowed`` has the budgets of this one."""
        self.calls.clear()
        self._has_own_values = False
        self._answers.start_test(test_id)
        self.allowed, self.budget_use = allowed, None
        self._process.start_test()

    def answers_as_reference(self, expected: Sequence[ReferenceCall]) -> bool:
        """Whether all of the test's answers were prefetched and are the reference's; then their usage counts."""
        replies = self._answers.take_all(expected)
        for reply in replies or ():
            self._process.use(reply)
        return replies is not None

    def has_other_values(self) -> bool:
        """Whether a call of this test returned anything but what the reference returns."""
        return self._has_own_values or any(not identical(call.outputs, call.reference.outputs) for call in self.calls)

    @property
    def looks_at_properties(self) -> bool:
        """Whether this test has compared no result of the submission with the reference's."""
        return self._has_own_values and not self.calls

    @contextmanager
    def reference_in_place(self) -> Iterator[None]:
        """Answer the student's calls with the reference's outputs; budgets are not measured."""
        self._reference_in_place = True
        try:
            yield
        finally:
            self._reference_in_place = False

    @property
    def _process(self) -> StudentProcess:
        if self._submission is None:
            raise RuntimeError("start_submission() was not called")
        return self._submission

    def call_student(self, probe: str, inputs: Mapping[str, Any], *, shapes: bool) -> Outputs:
        """See :class:`autograder.testing.harness.Harness`."""
        expected = self.reference.prepare(probe, inputs)  # first: a fault of the reference is not the student's
        if self._reference_in_place:
            return expected.outputs
        answer = self._answers.take(expected.key)
        try:
            reply = self._process.call_one(expected.prepared) if answer is None else self._process.use(answer)
        except StudentFault as fault:
            if (end := raised(fault)) is not None:
                self.calls.append(Call(expected, end))
            raise
        outputs = {name: value for name, value in _normalised(reply).items() if name in expected.outputs}
        self.calls.append(Call(expected, outputs))
        finding = structure_finding("", outputs, expected.outputs, shapes=shapes)
        if finding:
            raise CheckFailed(finding)
        return Outputs(outputs, "the student's code")

    def call_formed(self, probe: str, inputs: Mapping[str, Any], form: Mapping[str, Form]) -> Outputs:
        """See :class:`autograder.testing.harness.Harness`; the reference is not run on what a student chose."""
        if self._reference_in_place:
            return self.reference.call(probe, inputs)
        prepared = prepare([(probe, inputs)])
        self._has_own_values = True
        answer = self._answers.take((probe, digest(inputs)))
        reply = self._process.call_one(prepared) if answer is None else self._process.use(answer)
        outputs = _normalised(reply)
        finding = form_finding(outputs, form)
        if finding:
            raise CheckFailed(finding)
        return Outputs({name: outputs[name] for name in form}, "the student's code")

    def submitted(self, pattern: str) -> dict[str, bytes]:
        """See :class:`autograder.testing.harness.Harness`: read from the submission itself, not by its process."""
        self._has_own_values = True
        process = self._reference_process if self._reference_in_place or self._submission is None else self._submission
        return matching(process.workspace.resources, pattern)

    def call_reference(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:
        """See :class:`autograder.testing.harness.Harness`."""
        return self.reference.call(probe, inputs)

    def seed(self, test_id: str) -> int:
        """Derived from the run's seed for hidden tests; the same everywhere for public ones."""
        if test_id not in self._seeds:
            public = test_id in self.public_tests  # any other is hidden, so that a mistake of ours shows nothing
            self._seeds[test_id] = public_seed(test_id) if public else hidden_seed(self.run_seed, test_id)
        return self._seeds[test_id]

    def check_budget(self, kind: BudgetKind, probe: str, inputs_of: Any, times: float | None, test_id: str) -> None:
        """See :class:`autograder.testing.harness.Harness`."""
        if self._reference_in_place:
            return
        allowed = times if times is not None else self.allowed.get(kind)
        if allowed is None:
            raise ValueError(f"a {kind} budget needs times=, or an entry in grading.yml")
        rng = np.random.default_rng(self.seed(test_id))
        sides = SideBySide(
            self._process, self._reference_process, probe, lambda: inputs_of(rng), self._peaks, self._fastest
        )
        measured = MEASURE[kind](sides, allowed)
        self.budget_use = BudgetUse(kind, measured.ratio, allowed)
        if measured.missed:
            raise CheckFailed(Finding(kind, over_budget(probe, self.budget_use), HINT[kind]))


def hidden_seed(run_seed: bytes, test_id: str) -> int:
    """The seed of a hidden test in one run."""
    return int.from_bytes(hmac.digest(run_seed, test_id.encode(), hashlib.sha256)[:16])


def _normalised(reply: Reply) -> dict[str, Any]:
    """The outputs in the form that tests expect.

    Raises:
        CheckFailed: a value is of a type that a probe may not return.
    """
    try:
        outputs: dict[str, Any] = normalise(reply.outputs)
    except TypeError as error:
        raise CheckFailed(Finding(FindingKind.TYPE, f"the result contains {error}")) from None
    return outputs
