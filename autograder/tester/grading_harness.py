"""What stands behind the fixtures when grading."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.model import Finding
from autograder.runner.protocol import Reply
from autograder.tester.budget import Race, memory_ratio, time_ratio
from autograder.tester.hints import Call
from autograder.tester.prefetch import Batch, Ready
from autograder.tester.reference import Known, Reference
from autograder.tester.student_process import Bench
from autograder.testing.assertions import CheckFailed
from autograder.testing.harness import BudgetKind
from autograder.testing.seeds import public_seed
from autograder.testing.values import Outputs, normalise, structure_finding

MEASURE = {"time": time_ratio, "memory": memory_ratio}
TOLD = {
    "time": "your code takes {} the reference's processor time",
    "memory": "your code needs {} the memory that the reference needs beyond its inputs",
}
HINT = {
    "time": "Is there a Python loop where one array operation would do?",
    "memory": "Which is the largest array that your code makes, and could the work be done without it, or in parts?",
}


class GradingHarness:
    """Runs one submission's probes in the sandbox, and the reference's here."""

    def __init__(self, reference: Reference, reference_bench: Bench) -> None:
        self.reference, self._reference_bench = reference, reference_bench
        self.bench: Bench | None = None
        self.run_seed = b""
        self.calls: list[Call] = []
        self.allowed: Mapping[BudgetKind, float] = {}
        self._seeds: dict[str, int] = {}
        self._ready = Ready()

    def start_submission(self, bench: Bench, run_seed: bytes) -> None:
        """Put a submission on the bench."""
        self.bench = bench
        self._ready = Ready()
        if run_seed != self.run_seed:
            self.run_seed = run_seed
            self._seeds.clear()

    def fetch(self, batch: Batch) -> None:
        """Make calls that the next tests will want."""
        self._ready.fetch(self._bench, batch)

    def start_test(self, test_id: str, allowed: Mapping[BudgetKind, float]) -> None:
        """Forget the calls of the last test; ``allowed`` holds this one's budgets."""
        self.calls.clear()
        self._ready.start_test(test_id)
        self.allowed = allowed
        self._bench.start_test()

    def answers_as_reference(self, expected: Sequence[Known]) -> bool:
        """Whether all of the test's answers are there and are the reference's to the last bit; they then count."""
        replies = self._ready.take_all(expected)
        for reply in replies or ():
            self._bench.use(reply)
        return replies is not None

    @property
    def _bench(self) -> Bench:
        if self.bench is None:
            raise RuntimeError("no submission is on the bench")
        return self.bench

    def call_student(self, probe: str, inputs: Mapping[str, Any], *, shapes: bool) -> Outputs:
        """See :class:`autograder.testing.harness.Harness`."""
        known = self.reference.known(probe, inputs)  # first, so that a fault of ours is not theirs
        answer = self._ready.take(known.key)
        reply = self._bench.call_one(known.prepared) if answer is None else self._bench.use(answer)
        outputs = _well_formed(reply)
        self.calls.append(Call(known, outputs))
        finding = structure_finding("", outputs, known.outputs, shapes=shapes)
        if finding:
            raise CheckFailed(finding)
        return Outputs(outputs, "the student's code")

    def call_reference(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:
        """See :class:`autograder.testing.harness.Harness`."""
        return self.reference.call(probe, inputs)

    def seed(self, test_id: str) -> int:
        """Derived from the run's seed for hidden tests; the same everywhere for public ones."""
        if test_id not in self._seeds:
            hidden = not test_id.startswith("test_public::")
            self._seeds[test_id] = hidden_seed(self.run_seed, test_id) if hidden else public_seed(test_id)
        return self._seeds[test_id]

    def check_budget(self, kind: BudgetKind, probe: str, inputs_of: Any, times: float | None, seed: int) -> None:
        """See :class:`autograder.testing.harness.Harness`."""
        allowed = times if times is not None else self.allowed.get(kind)
        if allowed is None:
            raise ValueError(f"a {kind} budget needs times=, or an entry in grading.yml")
        rng = np.random.default_rng(seed)
        race = Race(self._bench, self._reference_bench, probe, lambda: inputs_of(rng))
        measured = MEASURE[kind](race, allowed)
        if measured.missed:
            ratio = f"{measured.ratio:.3g} times"
            raise CheckFailed(
                Finding(kind, f"{probe}: {TOLD[kind].format(ratio)}, allowed are {allowed:g} times", HINT[kind])
            )


def hidden_seed(run_seed: bytes, test_id: str) -> int:
    """The seed of a hidden test in one run."""
    return int.from_bytes(hmac.digest(run_seed, test_id.encode(), hashlib.sha256)[:16])


def _well_formed(reply: Reply) -> dict[str, Any]:
    """The outputs in the form that tests expect.

    Raises:
        CheckFailed: a value is nothing that a probe may return.
    """
    try:
        outputs: dict[str, Any] = normalise(reply.outputs)
    except TypeError as error:
        raise CheckFailed(Finding("type", f"the result holds {error}")) from None
    return outputs
