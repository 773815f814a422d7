"""``grade``: intake, tests, records, marks, and every file that comes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from autograder import __version__
from autograder.course import Course, StageFolder
from autograder.gradebook import Environment, Gradebook, Mark, Record, RecordKey, describe_environment, open_gradebook
from autograder.gradebook.book import changed_tests
from autograder.intake import Download, read_download
from autograder.model import Audit, Finding, Grade, Graded, Submission
from autograder.pipeline.archive import pack
from autograder.pipeline.fingerprints import course_secret, policy_sha256, run_seed, stage_sha256
from autograder.pipeline.publishing import publish
from autograder.pipeline.rubric import Marks, read_rubric, write_rubric
from autograder.pool import PoolOptions, run_jobs
from autograder.scoring import grade_submission
from autograder.tester.jobs import Job, JobResult
from autograder.workspace import AmbiguousSubmission, build_workspace

MISSING = "nothing could be tested"
FEW = 3  # with fewer, most of them may well have sent the wrong file


@dataclass(frozen=True)
class GradingRequest:
    """What to grade and where to put what comes of it.

    Attributes:
        download: Moodle's zip, or a folder of submissions.
        worksheet: Moodle's grading worksheet; without one nothing goes back to Moodle.
        out: the stage's folder within it holds pages and files; the gradebook stands beside by default.
        run: label of the run; another label means other hidden inputs.
        again: grade even what has a record.
        groups: participant to team number, where two teams cannot be told apart.
    """

    download: Path
    worksheet: Path | None
    out: Path
    gradebook_url: str
    run: str = "1"
    again: bool = False
    groups: Mapping[str, str] = field(default_factory=dict)
    options: PoolOptions = field(default_factory=PoolOptions)


@dataclass(frozen=True)
class GradingReport:
    """What a run did, for the terminal."""

    graded: tuple[Graded, ...]
    fresh: int
    kept: int
    notes: tuple[str, ...]
    changes: tuple[str, ...]
    files: Mapping[str, Path]


@dataclass(frozen=True)
class _Run:
    """What every step of one run needs."""

    course: Course
    stage: StageFolder
    request: GradingRequest
    book: Gradebook
    environment: Environment
    stage_sha256: str
    seed: str

    def key(self, submission: Submission) -> RecordKey:
        return RecordKey(
            stage=self.stage.name,
            participant_id=submission.participant_id,
            submission_sha256=submission.sha256,
            kit_version=__version__,
            stage_sha256=self.stage_sha256,
            environment_sha256=self.environment.sha256,
            run=self.request.run,
        )


def grade_download(
    course: Course,
    stage: StageFolder,
    request: GradingRequest,
    progress: Callable[[int], Callable[[str], None]] = lambda total: lambda name: None,
) -> GradingReport:
    """Grade what has no record yet, mark everybody, and write worksheet, feedback and pages.

    Args:
        course: the checkout.
        stage: what was handed in.
        request: see there.
        progress: called with the number of submissions to be graded; what it returns is called with
            each participant as it is done.

    Raises:
        UsageError: the download or the rubric sheet cannot be read.
        GradebookError: a record could not be kept; what was kept before is safe.
    """
    module = course.configuration.module
    rubric_path = request.out / stage.name / "rubric.csv"
    rubric = read_rubric(rubric_path, stage.policy)
    download = read_download(
        request.download, request.worksheet, time_zone=module.time_zone, due_at=stage.policy.due, groups=request.groups
    )
    seed = run_seed(course_secret(), stage.name, request.run)
    book = open_gradebook(request.gradebook_url)
    try:
        run = _Run(course, stage, request, book, describe_environment(), stage_sha256(stage), seed)
        records, troubles, fresh = _grade_all(run, download.submissions, progress)
        graded, changes = _mark_all(run, download, records, troubles, rubric)
    finally:
        book.close()
    if stage.policy.rubric:
        write_rubric(rubric_path, stage.policy, download.submissions, rubric)
    notes = list(download.notes)
    files, more = publish(course, stage, request.out / stage.name, download, graded, notes)
    return GradingReport(tuple(graded), fresh, len(records) - fresh, (*notes, *more), tuple(changes), files)


def _grade_all(
    run: _Run, submissions: Sequence[Submission], progress: Callable[[int], Callable[[str], None]]
) -> tuple[dict[str, Record], dict[str, Finding], int]:
    """Records by participant, what stopped a submission from being run, and how many are new."""
    records: dict[str, Record] = {}
    troubles: dict[str, Finding] = {}
    waiting: dict[str, Submission] = {}
    jobs: list[Job] = []
    for submission in submissions:
        if not submission.files:
            continue
        kept = None if run.request.again else run.book.find(run.key(submission))
        if kept is not None and (kept.official or run.request.options.unsafe):
            records[submission.participant_id] = kept
            continue
        try:
            workspace = build_workspace(run.stage, submission)
        except AmbiguousSubmission as error:
            troubles[submission.participant_id] = Finding("file", str(error))
            continue
        if set(workspace.missing) == set(run.stage.policy.files):
            what = workspace.findings[0]
            troubles[submission.participant_id] = Finding("file", f"{MISSING}: {what.message}", what.hint)
            continue
        waiting[submission.participant_id] = submission
        jobs.append(Job(submission.participant_id, workspace, run.seed))
    _doubt_wrong_download(run.stage, submissions, troubles)
    advance = progress(len(jobs))
    for result in run_jobs(run.stage, jobs, run.request.options):
        submission = waiting[result.key]
        records[result.key] = _keep(run, submission, result)
        advance(submission.name or result.key)
    return records, troubles, len(jobs)


def _doubt_wrong_download(stage: StageFolder, submissions: Sequence[Submission], troubles: dict[str, Finding]) -> None:
    """Hold every nought for a missing file where most have none: it may be another stage's download."""
    without = [key for key, trouble in troubles.items() if trouble.message.startswith(MISSING)]
    sent = sum(bool(submission.files) for submission in submissions)
    if len(without) >= FEW and 2 * len(without) > sent:
        wanted = ", ".join(stage.policy.files)
        words = f"{len(without)} of {sent} submissions have none of {wanted}: is it {stage.name}'s download?"
        for key in without:
            troubles[key] = Finding("file", words)


def _keep(run: _Run, submission: Submission, result: JobResult) -> Record:
    """Write the record at once, so that a command that is killed later has lost nothing."""
    record = Record(run.key(submission), run.seed, result.layers, result.official, result.results, result.fault)
    return run.book.add_record(record, pack(submission), run.environment, again=run.request.again)


def _mark_all(
    run: _Run, download: Download, records: Mapping[str, Record], troubles: Mapping[str, Finding], rubric: Marks
) -> tuple[list[Graded], list[str]]:
    policy_hash = policy_sha256(run.course, run.stage)
    graded, changes = [], []
    for submission in download.submissions:
        record = records.get(submission.participant_id)
        one = _mark(run, submission, record, troubles.get(submission.participant_id), rubric)
        graded.append(one)
        if submission.status == "none":
            continue
        mark = Mark(run.stage.name, one.grade, record.number if record else None, policy_hash)
        before = run.book.add_mark(mark)
        if before is not None and before.grade.points != one.grade.points:
            changes.append(_change(run.book, before, mark, record))
    return graded, changes


def _mark(run: _Run, submission: Submission, record: Record | None, trouble: Finding | None, rubric: Marks) -> Graded:
    held = list(_reasons_to_hold(submission, record, trouble))
    findings = [*submission.findings, *([trouble] if trouble else [])]
    if record is not None:
        findings += build_workspace(run.stage, submission).findings
    grade = grade_submission(
        submission.participant_id,
        run.stage.policy,
        run.course.configuration.late,
        record.results if record else (),
        submission.lateness,
        rubric.get(submission.participant_id, {}),
        held=held,
        nothing_to_run=record is None,
    )
    audit = _audit(record) if record else None
    return Graded(submission, record.results if record else (), grade, tuple(findings), audit)


def _reasons_to_hold(submission: Submission, record: Record | None, trouble: Finding | None) -> Iterator[str]:
    if submission.status == "draft":
        yield "a draft: it was never submitted"
    if submission.status == "reopened":
        yield "reopened: the new attempt has not been submitted"
    if record is not None and record.fault:
        yield f"grader fault: {record.fault}"
    if trouble is not None and (submission.findings or not trouble.message.startswith(MISSING)):
        yield f"a person must look: {trouble.message}"
    elif submission.findings and not submission.files:
        yield f"a person must look: {submission.findings[0].message}"


def _audit(record: Record) -> Audit:
    return Audit(
        submission_sha256=record.key.submission_sha256,
        kit_version=record.key.kit_version,
        stage_sha256=record.key.stage_sha256,
        environment_sha256=record.key.environment_sha256,
        seed=record.seed,
        layers=record.layers,
        official=record.official,
        graded_at=datetime.fromisoformat(record.graded_at),
    )


def _change(book: Gradebook, before: Mark, after: Mark, record: Record | None) -> str:
    tests: list[str] = []
    if before.record is not None and record is not None and before.record != record.number:
        tests = changed_tests(book.record(before.record).results, record.results)
    why = "; ".join(tests) or _why(before.grade, after.grade)
    return f"{after.grade.participant_id}: {before.grade.points:g} → {after.grade.points:g} ({why})"


def _why(before: Grade, after: Grade) -> str:
    reasons = []
    if before.rubric != after.rubric:
        reasons.append("rubric")
    if before.late_points != after.late_points:
        reasons.append("lateness")
    if before.scores != after.scores:
        reasons.append("points of the tests")
    return ", ".join(reasons) or "policy"
