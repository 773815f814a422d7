"""``grade``: intake, tests, records, marks, and every file that comes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from autograder import __version__
from autograder.course import Course, StageFolder
from autograder.course.mutants import require_mutants
from autograder.course.workspace import build_workspace
from autograder.gradebook import Environment, Gradebook, Mark, Record, RecordKey, describe_environment, open_gradebook
from autograder.gradebook.book import changed_tests
from autograder.intake import LearningSystem, Spool
from autograder.model import Audit, Finding, FindingKind, Grade, Graded, Submission
from autograder.pipeline.files import make_folder
from autograder.pipeline.fingerprints import course_secret, policy_sha256, run_seed, stage_sha256
from autograder.pipeline.publishing import Publisher
from autograder.pipeline.rubric import Marks, read_rubric, write_rubric
from autograder.pipeline.storing import pack
from autograder.report import ClassRow
from autograder.runner.assembly import AmbiguousSubmission
from autograder.scoring import grade_submission
from autograder.tester.jobs import Job, JobResult
from autograder.tester.pool import PoolOptions, run_jobs

FEW = 3  # with fewer, most of them may well have sent the wrong file


@dataclass(frozen=True)
class GradingRequest:
    """What to grade and where to put what comes of it.

    Attributes:
        source: the learning system that submissions come from and marks go to.
        out: the stage's folder within it holds pages and files; the gradebook stands beside by default.
        run: label of the run; another label means other hidden inputs.
        again: grade even what has a record.
    """

    source: LearningSystem
    out: Path
    gradebook_url: str
    run: str = "1"
    again: bool = False
    options: PoolOptions = field(default_factory=PoolOptions)


@dataclass(frozen=True)
class GradingReport:
    """What a run did, for the terminal."""

    rows: tuple[ClassRow, ...]
    fresh: int
    kept: int
    notes: tuple[str, ...]
    changes: tuple[str, ...]
    files: Mapping[str, Path]


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
        progress: called with the number of submissions that can be graded, those with a record among them;
            what it returns is called with each participant as it is done.

    Raises:
        UsageError: the download or the rubric sheet cannot be read, or a mistake whose hints are wanted cannot be made.
        GradebookError: a record could not be kept; what was kept before is safe.
    """
    require_mutants([stage], catches=False)  # else each hint that needs one would end a tester and hold a mark
    rubric_path = request.out / stage.name / "rubric.csv"
    rubric = read_rubric(rubric_path, stage.policy)
    make_folder(request.out)
    submitted = request.source.read_class(stage.policy.due, Spool(request.out))
    seed = run_seed(course_secret(), stage.name, request.run)
    book = open_gradebook(request.gradebook_url)
    publisher = Publisher(course, stage, request.out / stage.name, submitted)
    try:
        run = _Run(course, stage, request, book, describe_environment(), stage_sha256(stage), seed, rubric, publisher)
        fresh, kept = run.grade_all(submitted.submissions, progress)
    finally:
        book.close()
    if stage.policy.rubric:
        write_rubric(rubric_path, stage.policy, submitted.submissions, rubric)
    published = publisher.finish()
    notes = (*submitted.notes, *published.notes)
    return GradingReport(published.rows, fresh, kept, notes, tuple(sorted(run.changes)), published.files)


@dataclass(frozen=True)
class _Ready:
    """A submission that can be run, and what was found in its files.

    The workspace is made again when a tester is free: those of a whole class are large.
    """

    submission: Submission
    findings: tuple[Finding, ...]


class WhyNotRun(StrEnum):
    """Why no test was run on what was sent: decides between zero and a held mark."""

    MISSING = "missing"  # none of the required files was sent: zero, unless intake could not read everything
    AMBIGUOUS = "ambiguous"  # two files could be the required one: held
    OTHER_DOWNLOAD = "other download"  # most of the class has none of the files: held


@dataclass(frozen=True)
class _NotRun:
    """A submission on which no test is run."""

    why: WhyNotRun
    finding: Finding


class _Run:
    """One run over a class. Each participant is marked and has a page as soon as the tests have run."""

    def __init__(
        self,
        course: Course,
        stage: StageFolder,
        request: GradingRequest,
        book: Gradebook,
        environment: Environment,
        stage_hash: str,
        seed: str,
        rubric: Marks,
        publisher: Publisher,
    ) -> None:
        self._course, self._stage, self._request, self._book = course, stage, request, book
        self._environment, self._stage_sha256, self._seed = environment, stage_hash, seed
        self._rubric, self._publisher = rubric, publisher
        self._policy_sha256 = policy_sha256(course, stage)
        self.changes: list[str] = []

    def grade_all(
        self, submissions: Sequence[Submission], progress: Callable[[int], Callable[[str], None]]
    ) -> tuple[int, int]:
        """Mark everybody; returns how many were graded and how many had a record."""
        ready: dict[str, _Ready] = {}
        not_run: dict[str, _NotRun] = {}
        for submission in submissions:
            if submission.files:
                self._sort(submission, ready, not_run)
        _doubt_wrong_download(self._stage, submissions, not_run)
        for submission in submissions:
            if submission.participant_id not in ready:
                self._finish(submission, None, not_run.get(submission.participant_id))
        advance = progress(len(ready))
        waiting = []
        for key, one in ready.items():
            record = self._kept(one.submission)
            if record is None:
                waiting.append(key)
                continue
            self._finish(one.submission, record, None, one.findings)
            advance(one.submission.name or key)
        jobs = (self._job(ready[key].submission) for key in waiting)
        for result in run_jobs(self._stage, jobs, self._request.options):
            one = ready[result.key]
            self._finish(one.submission, self._keep(one.submission, result), None, one.findings)
            advance(one.submission.name or result.key)
        return len(waiting), len(ready) - len(waiting)

    def _sort(self, submission: Submission, ready: dict[str, _Ready], not_run: dict[str, _NotRun]) -> None:
        """Put a submission among those that can be run, or say what hinders it."""
        key = submission.participant_id
        try:
            workspace = build_workspace(self._stage, submission)
        except AmbiguousSubmission as error:
            not_run[key] = _NotRun(WhyNotRun.AMBIGUOUS, Finding(FindingKind.FILE, str(error)))
            return
        if set(workspace.missing) == set(self._stage.policy.files):
            what = workspace.findings[0]
            finding = Finding(FindingKind.FILE, f"nothing could be tested: {what.message}", what.hint)
            not_run[key] = _NotRun(WhyNotRun.MISSING, finding)
            return
        ready[key] = _Ready(submission, workspace.findings)

    def _key(self, submission: Submission) -> RecordKey:
        return RecordKey(
            stage=self._stage.name,
            participant_id=submission.participant_id,
            submission_sha256=submission.sha256,
            kit_version=__version__,
            stage_sha256=self._stage_sha256,
            environment_sha256=self._environment.sha256,
            run=self._request.run,
        )

    def _kept(self, submission: Submission) -> Record | None:
        """The record of an earlier run that still counts."""
        record = None if self._request.again else self._book.find(self._key(submission))
        return record if record is not None and (record.official or self._request.options.unsafe) else None

    def _job(self, submission: Submission) -> Job:
        return Job(submission.participant_id, build_workspace(self._stage, submission), self._seed)

    def _keep(self, submission: Submission, result: JobResult) -> Record:
        """Write the record at once, so that a command that is killed later has lost nothing."""
        key = self._key(submission)
        record = Record(key, self._seed, result.layers, result.official, result.results, result.fault)
        return self._book.add_record(record, pack(submission), self._environment, again=self._request.again)

    def _finish(
        self, submission: Submission, record: Record | None, not_run: _NotRun | None, findings: tuple[Finding, ...] = ()
    ) -> None:
        """Keep the mark and write the page."""
        one = self._mark(submission, record, not_run, findings)
        if submission.status != "none":
            mark = Mark(self._stage.name, one.grade, record.number if record else None, self._policy_sha256)
            before = self._book.add_mark(mark)
            if before is not None and before.grade.points != one.grade.points:
                self.changes.append(_change(self._book, before, mark, record))
        self._publisher.add(one)

    def _mark(
        self, submission: Submission, record: Record | None, not_run: _NotRun | None, findings: tuple[Finding, ...]
    ) -> Graded:
        grade = grade_submission(
            submission.participant_id,
            self._stage.policy,
            self._course.configuration.late,
            record.results if record else (),
            submission.lateness,
            self._rubric.get(submission.participant_id, {}),
            zone=self._course.configuration.module.zone,
            held=_reasons_to_hold(submission, record, not_run),
            nothing_to_run=record is None,
        )
        found = (*submission.findings, *([not_run.finding] if not_run else []), *findings)
        return Graded(submission, record.results if record else (), grade, found, _audit(record) if record else None)


def _doubt_wrong_download(stage: StageFolder, submissions: Sequence[Submission], not_run: dict[str, _NotRun]) -> None:
    """Hold every nought for a missing file where most have none: it may be another stage's download."""
    without = [key for key, one in not_run.items() if one.why is WhyNotRun.MISSING]
    sent = sum(bool(submission.files) for submission in submissions)
    if len(without) >= FEW and 2 * len(without) > sent:
        wanted = ", ".join(stage.policy.files)
        words = f"{len(without)} of {sent} submissions have none of {wanted}: is it {stage.name}'s download?"
        for key in without:
            not_run[key] = _NotRun(WhyNotRun.OTHER_DOWNLOAD, Finding(FindingKind.FILE, words))


def _reasons_to_hold(submission: Submission, record: Record | None, not_run: _NotRun | None) -> Iterator[str]:
    if submission.status == "draft":
        yield "a draft: it was never submitted"
    if submission.status == "reopened":
        yield "reopened: the new attempt has not been submitted"
    if record is not None and record.fault:
        yield f"grader fault: {record.fault}"
    if not_run is not None and (submission.findings or not_run.why is not WhyNotRun.MISSING):
        yield f"a person must look: {not_run.finding.message}"
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
