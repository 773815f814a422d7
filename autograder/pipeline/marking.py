"""A mark from its record, its basis and the decisions: the same in a run, in ``verify`` and after a decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from autograder.course import Course, StageFolder
from autograder.decisions import Decided, effective_lateness
from autograder.gradebook import Gradebook, Mark, Record
from autograder.gradebook.book import changed_tests
from autograder.graded import Audit, Basis, Graded
from autograder.model import Finding, Grade, Outcome, Submission, TestResult
from autograder.scoring import grade_submission


class WhyNotRun(StrEnum):
    """Why no test was run on what was sent; the mark is held for a person each time, and the remedy depends on it."""

    MISSING = "missing"  # none of the required files was sent
    AMBIGUOUS = "ambiguous"  # two files could be the required one
    OTHER_DOWNLOAD = "other download"  # most of the class has none of the files


REMEDY = {
    WhyNotRun.MISSING: "ask for the file and grade again, or set the mark with autograder override",
    WhyNotRun.AMBIGUOUS: "ask which file is meant and grade again with that file alone",
    WhyNotRun.OTHER_DOWNLOAD: "check the download; then grade again, or release the marks with autograder release",
}
NOT_RUN = frozenset(
    {Outcome.ERROR, Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.CRASHED, Outcome.FORBIDDEN}
)  # outcomes of a test that has seen no result


@dataclass(frozen=True)
class NotRun:
    """A submission on which no test is run."""

    why: WhyNotRun
    finding: Finding


def basis_of(
    submission: Submission, record: Record | None, not_run: NotRun | None, findings: tuple[Finding, ...]
) -> Basis:
    """What a mark is made of besides outcomes and decisions.

    Args:
        submission: as it was received.
        record: None where nothing was run.
        not_run: why nothing was run.
        findings: what was found in the files before any test.
    """
    return Basis(
        status=submission.status,
        lateness=submission.lateness,
        submission_sha256=submission.sha256 if submission.files else "",
        intake_findings=submission.findings,
        findings=(*([not_run.finding] if not_run else []), *findings),
        held=tuple(_reasons_to_hold(submission, record, not_run)),
        nothing_to_run=record is None,
    )


def grade_of(
    course: Course,
    stage: StageFolder,
    participant_id: str,
    results: Sequence[TestResult],
    basis: Basis,
    decided: Decided,
) -> Grade:
    """The mark by the policy as it is now."""
    return grade_submission(
        participant_id,
        stage.policy,
        course.configuration.late,
        results,
        basis.lateness,
        decided,
        zone=course.configuration.module.zone,
        held=basis.held,
        nothing_to_run=basis.nothing_to_run,
    )


def graded_of(submission: Submission, record: Record | None, basis: Basis, grade: Grade, decided: Decided) -> Graded:
    """All that pages and files for Moodle are made of."""
    submission = replace(submission, lateness=effective_lateness(submission.lateness, decided))
    return Graded(
        submission,
        record.results if record else (),
        grade,
        (*basis.intake_findings, *basis.findings),
        _audit(record) if record else None,
        decided.in_effect,
    )


def _reasons_to_hold(submission: Submission, record: Record | None, not_run: NotRun | None) -> Iterator[str]:
    if submission.status == "draft":
        yield "a draft: it was never submitted"
    if submission.status == "reopened":
        yield "reopened: the new attempt has not been submitted"
    if record is not None and record.fault:
        yield f"grader fault: {record.fault}"
    cause = common_cause(record.results) if record is not None else None
    if cause is not None:
        where = f" ({cause.place})" if cause.place is not None else ""
        yield (
            f"a person must look: every test ended with the same fault: {cause.message}{where}; "
            "correct it with the student and grade again, or set the mark with autograder override"
        )
    if not_run is not None:
        yield f"a person must look: {not_run.finding.message}; {REMEDY[not_run.why]}"
    elif submission.findings and not submission.files:
        yield f"a person must look: {submission.findings[0].message}"


def common_cause(results: Sequence[TestResult]) -> Finding | None:
    """The one fault that every test ended with, where no test has seen a result; None where there is no such fault.

    A missing package or a loop at the top of a file would otherwise take all points for a reason that has nothing to
    do with the work. A part that is not written yet is no such fault.
    """
    ran = [result for result in results if result.outcome is not Outcome.NOT_REACHED]
    if not ran or any(result.outcome not in NOT_RUN for result in ran):
        return None
    causes = {(first.kind, first.message, first.place) for result in ran for first in result.findings[:1]}
    if len(causes) != 1 or not ran[0].findings:
        return None
    cause = ran[0].findings[0]
    return None if cause.exception_type == "NotImplementedError" else cause


def _audit(record: Record) -> Audit:
    return Audit(
        submission_sha256=record.key.submission_sha256,
        kit_version=record.kit_version,
        stage_sha256=record.key.stage_sha256,
        environment_sha256=record.key.environment_sha256,
        seed=record.seed,
        layers=record.layers,
        official=record.official,
        graded_at=datetime.fromisoformat(record.graded_at),
    )


def change_line(book: Gradebook, before: Mark, after: Mark, record: Record | None) -> str:
    """Whose mark changed, and why."""
    tests: list[str] = []
    if before.record is not None and record is not None and before.record != record.number:
        tests = changed_tests(book.record(before.record).results, record.results)
    why = "; ".join(tests) or _why(before.grade, after.grade)
    return f"{after.grade.participant_id}: {before.grade.points:g} → {after.grade.points:g} ({why})"


def _why(before: Grade, after: Grade) -> str:
    reasons = []
    if before.computed is not None or after.computed is not None:
        reasons.append("set by staff")
    if before.rubric != after.rubric:
        reasons.append("rubric")
    if before.late_points != after.late_points:
        reasons.append("lateness")
    if before.scores != after.scores:
        reasons.append("points of the tests")
    return ", ".join(reasons) or "policy"
