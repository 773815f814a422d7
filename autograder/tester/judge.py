"""From what a test raised to an outcome and a finding that a student may see."""

from __future__ import annotations

import traceback
from pathlib import Path

from autograder.errors import SandboxFault
from autograder.model import Finding, Outcome, Visibility, Workspace
from autograder.runner.protocol import StudentFault
from autograder.testing.assertions import CheckFailed
from autograder.testing.faults import fault_finding


def judge(
    error: BaseException, workspace: Workspace, visibility: Visibility, test_file: Path
) -> tuple[Outcome, Finding]:
    """The outcome of a test that raised ``error``; whatever is not known to be the student's fault is ours."""
    if isinstance(error, CheckFailed):
        return Outcome.FAILED, error.finding
    if isinstance(error, StudentFault):
        return error.outcome, fault_finding(error, workspace, visibility)
    if isinstance(error, AssertionError) and _raised_in(error, test_file):
        return Outcome.FAILED, Finding("property", "what this test's sentence says does not hold for your code")
    words = "the sandbox failed" if isinstance(error, SandboxFault) else "the test itself failed"
    return Outcome.GRADER_FAULT, Finding(
        "grader", f"{words}: this is our fault, not yours", detail=f"{type(error).__name__}: {error}"
    )


def _raised_in(error: BaseException, test_file: Path) -> bool:
    """Whether the test's own file holds the ``assert``; one of pytest's or numpy's is a fault of ours."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and Path(frames[-1].filename) == test_file
