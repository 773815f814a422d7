"""``verify``: make marks again from their records and report every difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course, StageFolder
from autograder.course.workspace import build_workspace
from autograder.decisions import decided_for
from autograder.gradebook import Gradebook, Mark, Record, read_people
from autograder.gradebook.book import changed_tests
from autograder.graded import Decision
from autograder.model import Score, TestResult
from autograder.pipeline.fingerprints import policy_sha256
from autograder.pipeline.marking import grade_of
from autograder.pipeline.publishing import page_path
from autograder.pipeline.since import changed_since
from autograder.pipeline.storing import is_of, unpack
from autograder.report.shownmark import mark_as_shown, mark_on
from autograder.scoring import score_tests
from autograder.tester.jobs import Job
from autograder.tester.pool import PoolOptions, run_jobs


@dataclass(frozen=True)
class Verification:
    """What was found. ``differences`` is empty where every mark could be made again.

    Attributes:
        marks: how many were looked at.
        tampered: rows that were changed after they were written, or that the anchor has and the gradebook has not.
        differences: by participant, in words.
        caveats: what is not as it was: kit, tests, policy, environment.
        decisions: those on the marks that were looked at, oldest first.
        head: how many rows the stage's chain has, and the hash of the last one.
    """

    marks: int
    tampered: tuple[str, ...]
    differences: tuple[str, ...]
    caveats: tuple[str, ...]
    decisions: tuple[Decision, ...]
    head: tuple[int, str]


def verify_marks(
    course: Course,
    stage: StageFolder,
    book: Gradebook,
    options: PoolOptions,
    participants: tuple[str, ...] = (),
    pages: Path | None = None,
    done: Callable[[str], None] = lambda participant: None,
) -> Verification:
    """Grade again, from the gradebook's own copy, what the last marks were made from.

    Args:
        course: the checkout.
        stage: whose marks.
        book: its gradebook; where nothing is wrong with it, its anchor follows rows that others added.
        options: of the testers.
        participants: their keys; everybody by default.
        pages: the stage's output folder: the marks on the students' pages there are compared, too.
        done: called with each participant whose tests have run.
    """
    marks = {key: mark for key, mark in book.marks(stage.name).items() if not participants or key in participants}
    records = {key: book.record(mark.record) for key, mark in marks.items() if mark.record is not None}
    decisions = book.decisions(stage.name)
    teams = {key: person.team for key, person in read_people(book, stage.name).items()}
    again = _Marker(course, stage, decisions, teams)
    nothing = [] if marks or participants else [f"no mark of {stage.name} is recorded: there is nothing to verify"]
    differences = nothing + [f"{key}: no mark is recorded" for key in participants if key not in marks]
    differences += [line for key, mark in marks.items() if key not in records for line in again.differences(mark, ())]
    jobs = []
    for key, record in records.items():
        submission = unpack(key, book.archive(record.key.submission_sha256))
        if not is_of(submission, record.key.submission_sha256):
            differences.append(f"{key}: the kept files are not those that were graded")
            continue
        jobs.append(Job(key, build_workspace(stage, submission), record.seed))
    jobs.sort(key=lambda job: job.seed)  # the reference's results are kept while a seed lasts
    for result in run_jobs(stage, jobs, options, len(jobs)):
        record, mark = records[result.key], marks[result.key]
        differences += [f"{result.key}: {change}" for change in changed_tests(record.results, result.results)]
        differences += again.differences(mark, result.results)
        done(result.key)
    if pages is not None:
        differences += [line for mark in marks.values() for line in _page_differences(pages, mark)]
    caveats = [*_caveats(course, stage, book, marks, records), *book.accepted()]
    keys = {"", *marks, *(teams.get(key, "") for key in marks)}
    shown = tuple(one for one in decisions if one.participant_id in keys)
    tampered = tuple(book.broken_links())
    if not tampered:
        book.anchor()
    return Verification(len(marks), tampered, tuple(differences), tuple(caveats), shown, book.head(stage.name))


@dataclass(frozen=True)
class _Marker:
    """Makes marks again from outcomes, basis and decisions."""

    course: Course
    stage: StageFolder
    decisions: tuple[Decision, ...]
    teams: Mapping[str, str]

    def differences(self, mark: Mark, results: Sequence[TestResult]) -> list[str]:
        """What is otherwise in the mark that is made now."""
        key = mark.grade.participant_id
        if mark.basis is None:  # from before schema 2: only the tests' points can be made again
            scores, _ = score_tests(self.stage.policy, results)
            if not results or tuple(scores) == mark.grade.scores:
                return []
            return [f"{key}: {_sum(mark.grade.scores)} became {_sum(scores)} points of tests"]
        team = self.teams.get(key, "")
        decided = decided_for(self.decisions, *filter(None, (team, key)))
        now = grade_of(self.course, self.stage, key, results, mark.basis, decided)
        return [
            f"{key}: {what}: {_shown(old)} became {_shown(new)}"
            for what, old, new in (
                ("points of tests", mark.grade.scores, now.scores),
                ("rubric", mark.grade.rubric, now.rubric),
                ("lateness", mark.grade.late_points, now.late_points),
                ("what holds the mark", mark.grade.held, now.held),
                ("mark", mark.grade.points, now.points),
                ("maximum", mark.grade.out_of, now.out_of),
            )
            if old != new
        ]


def _page_differences(folder: Path, mark: Mark) -> list[str]:
    """Whether the student's page, where there is one, shows another mark."""
    key = mark.grade.participant_id
    path = page_path(folder, key)
    try:
        found = mark_on(path.read_text("utf-8", "replace"))
    except FileNotFoundError:
        return []
    except OSError as error:
        return [f"{key}: {path} cannot be read: {error.strerror}"]
    expected = mark_as_shown(mark.grade)
    return [] if found == expected else [f"{key}: the page shows {found or 'no mark'}, the mark is {expected}: {path}"]


def _shown(value: object) -> str:
    match value:
        case float():
            return f"{value:g}"
        case tuple() if value and all(isinstance(score, Score) for score in value):
            return _sum(value)
        case tuple():
            return "; ".join(map(str, value)) or "nothing"
        case Mapping():
            return ", ".join(f"{key} {'–' if points is None else points}" for key, points in value.items()) or "nothing"
    return str(value)


def _sum(scores: Iterable[Score]) -> str:
    return f"{sum(score.points for score in scores):g}"


def _caveats(
    course: Course, stage: StageFolder, book: Gradebook, marks: dict[str, Mark], records: dict[str, Record]
) -> list[str]:
    found = changed_since(stage, book, records.values())
    if any(mark.policy_sha256 != policy_sha256(course, stage) for mark in marks.values()):
        found.append("the points or the late rule are not those of the mark")
    return sorted(found)
