"""How the fixtures call probes, on a student's machine or when grading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

from autograder.model import BudgetKind
from autograder.testing.forms import Form
from autograder.testing.values import Outputs


class Harness(Protocol):
    """Runs probes for one test at a time."""

    def call_student(self, probe: str, inputs: Mapping[str, Any], *, shapes: bool) -> Outputs:
        """Run a probe on the student's code.

        Raises:
            StudentFault: it returned no result.
            CheckFailed: names, kinds or shapes differ from the reference's.
        """
        ...

    def call_formed(self, probe: str, inputs: Mapping[str, Any], form: Mapping[str, Form]) -> Outputs:
        """Run a probe on the student's code; its outputs are compared with a form, not with the reference's.

        Raises:
            StudentFault: it returned no result.
            CheckFailed: a name is missing, or a kind or shape is not that of the form.
        """
        ...

    def call_reference(self, probe: str, inputs: Mapping[str, Any]) -> Outputs:
        """Run a probe on the reference; not available on a student's machine."""
        ...

    def submitted(self, pattern: str) -> dict[str, bytes]:
        """The submission's other files whose paths match, by path, in order: as they were sent, whatever its code says.

        Args:
            pattern: as for :func:`fnmatch.fnmatchcase`, such as ``project/runs/*``.
        """
        ...

    def seed(self, test_id: str) -> int:
        """The seed of a test's ``rng``."""
        ...

    def check_budget(self, kind: BudgetKind, probe: str, inputs_of: Any, times: float | None, test_id: str) -> None:
        """Compare the student's CPU time, or peak memory, with the reference's on fresh inputs.

        Raises:
            CheckFailed: the student's code needs more than ``times`` what the reference needs.
        """
        ...


def matching(files: Mapping[str, bytes], pattern: str) -> dict[str, bytes]:
    """The files whose paths match, by path, in order."""
    return {path: files[path] for path in sorted(files) if fnmatchcase(path, pattern)}


@dataclass(frozen=True)
class BoundProbe:
    """A probe of one side, ready to be called with plain data."""

    harness: Harness
    probe: str
    is_student: bool

    def __call__(self, **inputs: Any) -> Outputs:
        """Run the probe; names, kinds and shapes of a student's outputs are compared with the reference's."""
        if self.is_student:
            return self.harness.call_student(self.probe, inputs, shapes=True)
        return self.harness.call_reference(self.probe, inputs)

    def loose(self, **inputs: Any) -> Outputs:
        """Run the probe where correct shapes may differ from the reference's."""
        if self.is_student:
            return self.harness.call_student(self.probe, inputs, shapes=False)
        return self.harness.call_reference(self.probe, inputs)

    def formed(self, form: Mapping[str, Form], **inputs: Any) -> Outputs:
        """Run the probe where no reference returns the same; the outputs are those that ``form`` names."""
        if self.is_student:
            return self.harness.call_formed(self.probe, inputs, form)
        return self.harness.call_reference(self.probe, inputs)


@dataclass(frozen=True)
class Side:
    """``student`` or ``reference``: every attribute is a probe."""

    harness: Harness
    is_student: bool

    def __getattr__(self, probe: str) -> BoundProbe:
        if probe.startswith("_"):
            raise AttributeError(probe)
        return BoundProbe(self.harness, probe, self.is_student)
