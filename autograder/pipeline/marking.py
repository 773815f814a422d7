"""A mark from its record, its basis and the decisions: the same in a run, in ``verify`` and after a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from autograder.course import Course, StageFolder
from autograder.decisions import Decided, effective_lateness
from autograder.gradebook import Gradebook, Mark, Record
from autograder.gradebook.book import changed_tests
from autograder.graded import Audit, Basis, Graded
from autograder.model import Finding, Grade, Submission, TestResult
from autograder.pipeline.holding import NotRun, reasons_to_hold
from autograder.scoring import grade_submission


def basis_of(
    submission: Submission,
    record: Record | None,
    not_run: NotRun | None,
    findings: tuple[Finding, ...],
    missing: Sequence[str],
) -> Basis:
    """What a mark is made of besides outcomes and decisions.

    Args:
        submission: as it was received.
        record: None where nothing was run.
        not_run: why nothing was run.
        findings: what was found in the files before any test.
        missing: required files that were not sent, where others were.
    """
    holds = tuple(reasons_to_hold(submission, record, not_run, missing))
    return Basis(
        status=submission.status,
        lateness=submission.lateness,
        submission_sha256=submission.sha256 if submission.files else "",
        intake_findings=submission.findings,
        findings=(*([not_run.finding] if not_run else []), *findings),
        held=tuple(hold.staff for hold in holds),
        shown_reasons=tuple(hold.student for hold in holds),
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
        held=basis.holds(),
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


def is_changed(before: Grade, after: Grade) -> bool:
    """Whether a mark is worth a line: other points, or the points that a person set count among another sum."""
    if before.points != after.points:
        return True
    return after.computed is not None and before.out_of != after.out_of


def change_line(book: Gradebook, before: Mark, after: Mark, record: Record | None) -> str:
    """Whose mark changed, and why."""
    tests: list[str] = []
    if before.record is not None and record is not None and before.record != record.number:
        tests = changed_tests(book.record(before.record).results, record.results)
    old, new = before.grade, after.grade
    why = "; ".join(tests) or _why(old, new)
    if old.out_of != new.out_of:
        return f"{new.participant_id}: {old.points:g} of {old.out_of:g} → {new.points:g} of {new.out_of:g} ({why})"
    return f"{new.participant_id}: {old.points:g} → {new.points:g} ({why})"


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
