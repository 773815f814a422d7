"""Turns what a test raised into an outcome and a finding that a student may read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from autograder.errors import SandboxFault
from autograder.model import Finding, FindingKind, Outcome, TestResult, Visibility, Workspace
from autograder.runner.protocol import StudentFault
from autograder.testing.assertions import CheckFailed
from autograder.testing.faults import (
    HINT_OF_CALLER,
    UNUSABLE,
    UNUSABLE_HINT,
    fault_finding,
    may_be_of_values,
    raised_in,
)
from autograder.testing.picturing import picture_of


def judge(
    error: BaseException,
    workspace: Workspace,
    visibility: Visibility,
    test_file: Path,
    passes_with_reference: Callable[[], bool],
) -> tuple[Outcome, Finding]:
    """The outcome of a test that raised ``error``; what is not certainly the student's fault is the grader's.

    Args:
        error: what the test raised.
        workspace: of the submission.
        visibility: of the test.
        test_file: the test's own file.
        passes_with_reference: whether the student's values differ from the reference's, and the test passes now with
            the reference's. Then nothing but those values made it raise.
    """
    if isinstance(error, CheckFailed):
        return Outcome.FAILED, _with_picture(error) if visibility is Visibility.PUBLIC else error.finding
    if isinstance(error, StudentFault):
        return error.outcome, fault_finding(error, workspace, visibility)
    if isinstance(error, AssertionError) and raised_in(error, test_file):
        return Outcome.FAILED, Finding(
            FindingKind.PROPERTY, "what the title of this test says is not true for your code"
        )
    if may_be_of_values(error) and passes_with_reference():
        detail = f"{type(error).__name__}: {error}" if visibility is Visibility.PUBLIC else ""
        return Outcome.FAILED, Finding(FindingKind.VALUE, UNUSABLE, UNUSABLE_HINT, detail=detail)
    reason = "the sandbox failed" if isinstance(error, SandboxFault) else "the test itself failed"
    return Outcome.GRADER_FAULT, Finding(
        FindingKind.GRADER,
        f"{reason}: this is a fault of the grader, not of your code",
        detail=f"{type(error).__name__}: {error}",
    )


def _with_picture(error: CheckFailed) -> Finding:
    """The finding with the two arrays; only for a public test: they are the expected values."""
    picture = picture_of(error.compared) if error.compared is not None else None
    return replace(error.finding, picture=picture)


def with_names_of_public_tests(results: Sequence[TestResult]) -> list[TestResult]:
    """Hidden tests that ended with the same exception outside of the student's files get the public test's hint.

    It has a name that was not found, and is made of a text that a hidden test must not show.
    """
    known: dict[str, str] = {}
    for result in results:
        for finding in result.findings if result.visibility is Visibility.PUBLIC else ():
            if finding.place is None and finding.hint and finding.exception_type in HINT_OF_CALLER:
                known.setdefault(finding.exception_type, finding.hint)

    def named(finding: Finding) -> Finding:
        is_general = finding.hint and finding.hint == HINT_OF_CALLER.get(finding.exception_type)
        return replace(finding, hint=known.get(finding.exception_type, finding.hint)) if is_general else finding

    return [
        replace(result, findings=tuple(map(named, result.findings)))
        if result.visibility is Visibility.HIDDEN and result.findings
        else result
        for result in results
    ]
