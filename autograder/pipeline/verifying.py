"""``verify``: make marks again from their records and report every difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autograder import __version__
from autograder.course import Course, StageFolder
from autograder.course.workspace import build_workspace
from autograder.gradebook import Gradebook, Mark, Record, describe_environment
from autograder.gradebook.book import changed_tests
from autograder.model import Grade, TestResult
from autograder.pipeline.fingerprints import policy_sha256, stage_sha256
from autograder.pipeline.storing import unpack
from autograder.scoring import score_tests
from autograder.tester.jobs import Job
from autograder.tester.pool import PoolOptions, run_jobs


@dataclass(frozen=True)
class Verification:
    """What was found. ``differences`` is empty where every mark could be made again.

    Attributes:
        marks: how many were looked at.
        tampered: rows that were changed after they were written.
        differences: by participant, in words.
        caveats: what is not as it was: kit, tests, policy, environment.
    """

    marks: int
    tampered: tuple[str, ...]
    differences: tuple[str, ...]
    caveats: tuple[str, ...]


def verify_marks(
    course: Course,
    stage: StageFolder,
    book: Gradebook,
    options: PoolOptions,
    participants: tuple[str, ...] = (),
    done: Callable[[str], None] = lambda participant: None,
) -> Verification:
    """Grade again, from the gradebook's own copy, what the last marks were made from."""
    marks = {key: mark for key, mark in book.marks(stage.name).items() if not participants or key in participants}
    records = {key: book.record(mark.record) for key, mark in marks.items() if mark.record is not None}
    differences = [f"{key}: no mark is recorded" for key in participants if key not in marks]
    jobs = []
    for key, record in records.items():
        submission = unpack(key, book.archive(record.key.submission_sha256))
        if submission.sha256 != record.key.submission_sha256:
            differences.append(f"{key}: the kept files are not those that were graded")
            continue
        jobs.append(Job(key, build_workspace(stage, submission), record.seed))
    jobs.sort(key=lambda job: job.seed)  # the reference's results are kept while a seed lasts
    for result in run_jobs(stage, jobs, options):
        record, mark = records[result.key], marks[result.key]
        differences += [f"{result.key}: {change}" for change in changed_tests(record.results, result.results)]
        differences += _score_differences(stage, mark, result.results)
        done(result.key)
    return Verification(
        len(marks), tuple(book.broken_links()), tuple(differences), tuple(_caveats(course, stage, marks, records))
    )


def _score_differences(stage: StageFolder, mark: Mark, results: tuple[TestResult, ...]) -> list[str]:
    scores, _ = score_tests(stage.policy, results)
    if tuple(scores) == mark.grade.scores:
        return []
    now = sum(score.points for score in scores)
    return [f"{mark.grade.participant_id}: {_sum(mark.grade)} became {now:g} points of tests"]


def _sum(grade: Grade) -> str:
    return f"{sum(score.points for score in grade.scores):g}"


def _caveats(course: Course, stage: StageFolder, marks: dict[str, Mark], records: dict[str, Record]) -> list[str]:
    environment = describe_environment().sha256
    found = {
        f"another kit version ({record.key.kit_version}, now {__version__})"
        for record in records.values()
        if record.key.kit_version != __version__
    }
    if any(record.key.stage_sha256 != stage_sha256(stage) for record in records.values()):
        found.add("the stage's tests, reference or limits are not those of the record")
    if any(record.key.environment_sha256 != environment for record in records.values()):
        found.add("another environment (Python, numpy or machine) than that of the record")
    if any(mark.policy_sha256 != policy_sha256(course, stage) for mark in marks.values()):
        found.add("the points or the late rule are not those of the mark")
    return sorted(found)
