"""``grade``: intake, tests, records, marks, and every file that comes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

from autograder import __version__
from autograder.course import Course, StageFolder
from autograder.course.mistake_faults import require_mistakes
from autograder.course.secret import course_secret
from autograder.course.workspace import build_workspace
from autograder.decisions import Decided, decided_for
from autograder.errors import UsageError
from autograder.gradebook import (
    Gradebook,
    Mark,
    Record,
    RecordKey,
    keep_content,
    keep_people,
    keep_worksheet,
    open_gradebook,
    read_people,
)
from autograder.graded import Basis, Decision, Graded, StageSummary
from autograder.intake import LearningSystem, Person, Spool, SubmittedClass
from autograder.model import Finding, FindingKind, Submission
from autograder.outputfiles import make_folder
from autograder.pipeline.fingerprints import (
    engine_manifest,
    policy_sha256,
    stage_environment,
    stage_manifest,
    submission_seed,
)
from autograder.pipeline.holding import NotRun, WhyNotRun, doubt_wrong_download
from autograder.pipeline.marking import basis_of, change_line, grade_of, graded_of, is_changed
from autograder.pipeline.participants import find_participant
from autograder.pipeline.publishing import Publisher, summarise
from autograder.pipeline.recorded import basis_of_mark, decided_of, kept_attempt, kept_submission, publish_again
from autograder.pipeline.refusing import KEPT, refuse_foreign
from autograder.pipeline.rubric import RubricSheet, read_rubric
from autograder.pipeline.rubric_records import SHEET, record_sheet, update_sheet
from autograder.pipeline.storing import pack
from autograder.pipeline.versions import version_notes
from autograder.report import ClassRow
from autograder.runner.assembly import AmbiguousSubmission
from autograder.tester.jobs import Job, JobResult
from autograder.tester.pool import PoolOptions, run_jobs


@dataclass(frozen=True)
class GradingRequest:
    """What to grade and where to put what comes of it.

    Attributes:
        source: the learning system that submissions come from and marks go to.
        out: the stage's folder within it has pages and files; the gradebook is beside it by default.
        run: label of the run; another label means other hidden inputs.
        again: grade even what has a record.
        by: who runs the command: what was typed in the rubric's sheet is kept under this name.
        only: those to grade, as a person names them; the class's files keep everybody else as they are. Nobody: all.
        is_kept: grade what the gradebook has of them; no download was given.
    """

    source: LearningSystem
    out: Path
    gradebook_url: str
    run: str = "1"
    again: bool = False
    by: str = ""
    options: PoolOptions = field(default_factory=PoolOptions)
    only: tuple[str, ...] = ()
    is_kept: bool = False


@dataclass(frozen=True)
class GradingReport:
    """What a run did, for the terminal."""

    rows: tuple[ClassRow, ...]
    fresh: int
    kept: int
    notes: tuple[str, ...]
    changes: tuple[str, ...]
    files: Mapping[str, Path]
    summary: StageSummary


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
    require_mistakes([stage], catches=False)  # else each hint that needs one would end a tester and hold a mark
    sheet = read_rubric(request.out / stage.name / SHEET, stage.policy)
    make_folder(request.out)
    if (request.out / stage.name).exists():
        make_folder(request.out / stage.name)
    submitted = None if request.is_kept else request.source.read_class(stage.policy.due, Spool(request.out))
    book = open_gradebook(
        request.gradebook_url, create=not request.is_kept, time_zone=course.configuration.module.time_zone
    )
    try:
        return _grade_class(course, stage, request, book, submitted, sheet, progress)
    finally:
        book.close()


def _grade_class(
    course: Course,
    stage: StageFolder,
    request: GradingRequest,
    book: Gradebook,
    submitted: SubmittedClass | None,
    sheet: RubricSheet,
    progress: Callable[[int], Callable[[str], None]],
) -> GradingReport:
    folder, notes = request.out / stage.name, [*_upgraded(book)]
    book.require_whole(stage.name)
    here = stage_environment(stage)
    notes += version_notes(course.configuration.grader, here.description)
    if submitted is not None:
        refuse_foreign(stage, folder, submitted, read_people(book, stage.name))
        keep_people(book, stage.name, submitted.people)
        if submitted.kept is not None:
            keep_worksheet(book, stage.name, submitted.kept)
        notes += submitted.notes if not request.only else ()
    people = read_people(book, stage.name)
    only = frozenset(find_participant(people, one) for one in request.only)
    graded = frozenset(people[key].team or key if key in people else key for key in only)
    if only:  # what was typed for others counts when they are marked again: in the next run of the whole class
        sheet = replace(sheet, cells={key: one for key, one in sheet.cells.items() if key in only | graded})
    recorded = record_sheet(book, stage, sheet, people, request.by)
    notes += recorded.notes
    decisions = book.decisions(stage.name)
    if submitted is None or only:
        run = _Run(course, stage, request, book, decisions, lambda one: None)
        fresh, kept = run.grade_all(_chosen(book, stage, submitted, graded, people), progress)
        published = publish_again(course, stage, book, request.source, request.out, run.marked)
    else:
        publisher = Publisher(course, stage, folder, submitted, decisions)
        run = _Run(course, stage, request, book, decisions, publisher.add)
        fresh, kept = run.grade_all(submitted.submissions, progress, is_whole=(folder / "class.html").exists())
        names = {sent.participant_id: sent.name for sent in submitted.submissions if sent.files}
        notes += update_sheet(sheet, stage, names, decisions, recorded.stale) if stage.policy.rubric else []
        published = publisher.finish()
    changes = tuple(sorted(run.changes))
    return GradingReport(
        published.rows,
        fresh,
        kept,
        (*notes, *published.notes, *published.decided),
        changes,
        published.files,
        summarise(course, stage, decisions),
    )


def _chosen(
    book: Gradebook,
    stage: StageFolder,
    submitted: SubmittedClass | None,
    graded: frozenset[str],
    people: Mapping[str, Person],
) -> list[Submission]:
    """The submissions of those who are to be graded alone.

    Raises:
        UsageError: somebody has none.
    """
    if submitted is not None:
        found = {sent.participant_id: sent for sent in submitted.submissions if sent.participant_id in graded}
        where = "the download"
    else:
        marks = {key: mark for key, mark in book.marks(stage.name).items() if key in graded}
        found = {
            key: kept_submission(book, people.get(key, Person(key)), basis_of_mark(book, mark))
            for key, mark in marks.items()
        }
        where = "the gradebook"
    missing = sorted(graded - found.keys())
    if missing:
        raise UsageError(f"{where} has no submission of {', '.join(missing)}; nothing was graded")
    return list(found.values())


def _upgraded(book: Gradebook) -> list[str]:
    if book.backup is None:
        return [*book.others_here()]
    return [f"the gradebook was an older kit's and has been upgraded; {book.backup.name} is a copy from before"]


@dataclass(frozen=True)
class _Ready:
    """A submission that can be run, and what was found in its files.

    The workspace is made again when a tester is free: those of a whole class are large.
    """

    submission: Submission
    findings: tuple[Finding, ...]


class _Run:
    """One run over a class. Each participant is marked and has a page as soon as the tests have run."""

    def __init__(
        self,
        course: Course,
        stage: StageFolder,
        request: GradingRequest,
        book: Gradebook,
        decisions: Sequence[Decision],
        publish: Callable[[Graded], None],
    ) -> None:
        self._course, self._stage, self._request, self._book = course, stage, request, book
        self._decisions, self._publish = decisions, publish
        self._people = read_people(book, stage.name)
        self._environment = stage_environment(stage)
        engine, tests = engine_manifest(), stage_manifest(stage)
        self._manifests: tuple[bytes, ...] = (engine, tests)  # that are not kept yet
        self._engine_sha256, self._stage_sha256 = (hashlib.sha256(one).hexdigest() for one in (engine, tests))
        self._policy_sha256 = policy_sha256(course, stage)
        self._secret, self._seeds = course_secret(), book.seeds(stage.name, request.run)
        self._missing: dict[str, tuple[str, ...]] = {}  # required files that were not sent
        self.changes: list[str] = []
        self.marked: set[str] = set()

    def grade_all(
        self,
        submissions: Sequence[Submission],
        progress: Callable[[int], Callable[[str], None]],
        *,
        is_whole: bool = False,
    ) -> tuple[int, int]:
        """Mark everybody; returns how many were graded and how many had a record.

        Args:
            submissions: of the class, or of some.
            progress: see :func:`grade_download`.
            is_whole: whether this is a whole class whose files would replace those of an earlier run.

        Raises:
            UsageError: they would, and none of the submissions can be run.
        """
        submissions = [self._attempt(submission) for submission in submissions]
        ready: dict[str, _Ready] = {}
        not_run: dict[str, NotRun] = {}
        for submission in submissions:
            if submission.files:
                self._sort(submission, ready, not_run)
        if is_whole and not ready:
            wanted = ", ".join(self._stage.policy.files)
            raise UsageError(
                f"no submission of this download has any of {wanted}: is it {self._stage.name}'s? "
                f"{KEPT.capitalize()}; to grade it anyway, name another --out"
            )
        doubt_wrong_download(self._stage, submissions, not_run)
        advance = progress(len(ready))
        records = {key: record for key, one in ready.items() if (record := self._kept(one.submission)) is not None}
        waiting = [key for key in ready if key not in records]
        waiting.sort(key=lambda key: self._seed(ready[key].submission))  # the reference runs once for each seed
        jobs = (self._job(ready[key].submission) for key in waiting)
        results = run_jobs(self._stage, jobs, self._request.options, len(waiting))
        # A stage whose files are wrong is found with the first result: until then nothing is written.
        first = list(islice(results, 1))
        for submission in submissions:
            if submission.participant_id not in ready:
                self._finish(submission, None, not_run.get(submission.participant_id))
        for key, record in records.items():
            self._finish(ready[key].submission, record, None, ready[key].findings)
            advance(ready[key].submission.name or key)
        for result in chain(first, results):
            one = ready[result.key]
            self._finish(one.submission, None, None, one.findings, result)
            advance(one.submission.name or result.key)
        return len(waiting), len(ready) - len(waiting)

    def _sort(self, submission: Submission, ready: dict[str, _Ready], not_run: dict[str, NotRun]) -> None:
        """Put a submission among those that can be run, or say what hinders it."""
        key = submission.participant_id
        try:
            workspace = build_workspace(self._stage, submission)
        except AmbiguousSubmission as error:
            not_run[key] = NotRun(WhyNotRun.AMBIGUOUS, Finding(FindingKind.FILE, str(error)))
            return
        if set(workspace.missing) == set(self._stage.policy.files):
            what = workspace.findings[0]
            finding = Finding(FindingKind.FILE, f"nothing could be tested: {what.message}", what.hint)
            not_run[key] = NotRun(WhyNotRun.MISSING, finding)
            return
        ready[key] = _Ready(submission, workspace.findings)
        self._missing[key] = workspace.missing

    def _key(self, submission: Submission) -> RecordKey:
        return RecordKey(
            stage=self._stage.name,
            participant_id=submission.participant_id,
            submission_sha256=submission.sha256,
            engine_sha256=self._engine_sha256,
            stage_sha256=self._stage_sha256,
            environment_sha256=self._environment.sha256,
            run=self._request.run,
        )

    def _kept(self, submission: Submission) -> Record | None:
        """The record of an earlier run that still counts."""
        record = None if self._request.again else self._book.find(self._key(submission))
        return record if record is not None and (record.official or self._request.options.unsafe) else None

    def _job(self, submission: Submission) -> Job:
        return Job(submission.participant_id, build_workspace(self._stage, submission), self._seed(submission))

    def _seed(self, submission: Submission) -> str:
        earlier = self._seeds.get(submission.participant_id, {})
        return submission_seed(self._secret, self._stage.name, self._request.run, submission.sha256, earlier)

    def _keep(self, submission: Submission, result: JobResult) -> Record:
        key = self._key(submission)
        for manifest in self._manifests:  # by these verify names the files that have changed since
            keep_content(self._book, manifest)
        self._manifests = ()
        record = Record(
            key, self._seed(submission), result.layers, result.official, result.results, result.fault, __version__
        )
        return self._book.add_record(record, pack(submission), self._environment, again=self._request.again)

    def _finish(
        self,
        submission: Submission,
        record: Record | None,
        not_run: NotRun | None,
        findings: tuple[Finding, ...] = (),
        result: JobResult | None = None,
    ) -> None:
        """Keep the result and the mark at once, then write the page: a command that is killed later has lost nothing.

        Members of a team whose marks differ from the team's have their own.
        """
        with self._book.together():
            record = record if result is None else self._keep(submission, result)
            marked = self._mark_all(submission, record, not_run, findings)
        for graded in marked:
            self._publish(graded)

    def _mark_all(
        self, submission: Submission, record: Record | None, not_run: NotRun | None, findings: tuple[Finding, ...]
    ) -> list[Graded]:
        key = submission.participant_id
        basis = basis_of(submission, record, not_run, findings, self._missing.get(key, ()))
        if submission.status != "none" and submission.files and record is None:
            self._book.keep_archive(basis.submission_sha256, pack(submission))
        own = {decision.participant_id for decision in self._decisions}
        members = [person for person in self._people.values() if person.team == key and person.participant_id in own]
        marked = []
        for person in (self._people.get(key, Person(key, "", submission.name)), *members):
            one = replace(submission, participant_id=person.participant_id, name=person.name)
            decided = decided_of(self._decisions, person)
            marked.append(self._mark(one if person in members else submission, record, basis, decided))
        return marked

    def _mark(self, submission: Submission, record: Record | None, basis: Basis, decided: Decided) -> Graded:
        key = submission.participant_id
        grade = grade_of(self._course, self._stage, key, record.results if record else (), basis, decided)
        if submission.status != "none":
            mark = Mark(self._stage.name, grade, record.number if record else None, self._policy_sha256, basis)
            before = self._book.add_mark(mark)
            if before is not None and is_changed(before.grade, grade):
                self.changes.append(change_line(self._book, before, mark, record))
        self.marked.add(key)
        return graded_of(submission, record, basis, grade, decided)

    def _attempt(self, submission: Submission) -> Submission:
        """The submission that counts: another attempt where a person chose one."""
        chosen = decided_for(self._decisions, submission.participant_id).attempt
        if not chosen or (submission.files and submission.sha256 == chosen):
            return submission
        return kept_attempt(self._book, self._stage.name, submission, chosen)
