"""Pages for people and files for Moodle."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from autograder.course import Course, StageFolder
from autograder.intake import Download
from autograder.model import Graded, StageSummary
from autograder.moodle.feedback import write_feedback_zip
from autograder.moodle.outgoing import Mark, write_worksheet
from autograder.pipeline.files import write_file
from autograder.report import class_page, moodle_comment, student_page
from autograder.scoring import moodle_grade


class _OnDisk(Mapping[str, bytes]):
    """The files of one participant, read when the zip wants them: a large class does not fit into memory twice."""

    def __init__(self, page: Path) -> None:
        self._page = page

    def __getitem__(self, name: str) -> bytes:
        return self._page.read_bytes()

    def __iter__(self) -> Iterator[str]:
        return iter(("feedback.html",))

    def __len__(self) -> int:
        return 1


def summarise(course: Course, stage: StageFolder) -> StageSummary:
    """What reports say about the stage."""
    return StageSummary(
        stage=stage.name,
        title=stage.policy.title,
        module=course.configuration.module.code,
        out_of=float(stage.policy.out_of),
        grade_maximum=float(course.configuration.moodle.grade_maximum),
        points={name: float(points) for name, points in stage.policy.test_points.items()},
        rubric_points={name: float(points) for name, points in stage.policy.rubric.items()},
    )


def publish(
    course: Course, stage: StageFolder, folder: Path, download: Download, graded: Sequence[Graded], notes: Sequence[str]
) -> tuple[dict[str, Path], list[str]]:
    """Write every page and file; returns where they lie and what a TA must know about them."""
    summary = summarise(course, stage)
    pages: dict[str, Path] = {}
    for one in graded:
        if one.submission.status != "none":
            key = one.submission.participant_id
            pages[key] = folder / "students" / f"{_file_name(key)}.html"
            write_file(pages[key], student_page(one, summary).encode("utf-8", "replace"))
    more: list[str] = []
    files = {"students": folder / "students"}
    sendable = {one.submission.participant_id: one for one in graded if _may_be_sent(one)}
    if download.worksheet is not None:
        files["worksheet"] = folder / "worksheet.csv"
        more += _write_worksheet(course, files["worksheet"], download, sendable, summary)
    numbers = {key: key.removeprefix("group-") for key in sendable}
    moodle_files = {number: _OnDisk(pages[key]) for key, number in numbers.items() if number.isdigit()}
    more += [
        f"{key}: the page cannot go back by Moodle's zip, which needs a participant's or a team's number"
        for key, number in numbers.items()
        if not number.isdigit() and download.worksheet is not None
    ]
    files["feedback"] = folder / "feedback.zip"
    names = {one.submission.participant_id.removeprefix("group-"): one.submission.name for one in graded}
    write_file(files["feedback"], write_feedback_zip(moodle_files, names))
    files["class page"] = folder / "class.html"
    overview = class_page(graded, summary, notes=(*notes, *more))
    write_file(files["class page"], overview.encode("utf-8", "replace"))
    return files, more


def _write_worksheet(
    course: Course, path: Path, download: Download, sendable: dict[str, Graded], summary: StageSummary
) -> list[str]:
    assert download.worksheet is not None
    maximum = course.configuration.moodle.grade_maximum
    marks = {
        member: Mark(moodle_grade(one.grade, maximum), moodle_comment(one, summary))
        for key, one in sendable.items()
        for member in download.members.get(key, (key,))
    }
    sheet = write_worksheet(download.worksheet, marks, time_zone=course.configuration.module.time_zone)
    write_file(path, sheet.data)
    notes = [f"Participant {left.participant_id} is not in worksheet.csv: {left.why}" for left in sheet.left_out]
    if sheet.stale:
        rows = ", ".join(sheet.stale)
        notes.append(f"{len(sheet.stale)} rows are older than Moodle's (tick 'Allow updating records …'): {rows}")
    if sheet.unchanged:
        notes.append(f"{len(sheet.unchanged)} rows are left out of worksheet.csv: Moodle has these marks already")
    return notes


def _may_be_sent(one: Graded) -> bool:
    """Nothing that is held, and nothing made without a sandbox, goes to Moodle by itself."""
    return one.submission.status != "none" and not one.grade.held and (one.audit is None or one.audit.official)


def _file_name(key: str) -> str:
    """A key as a file name: Moodle's number as it is; a folder's name that a TA made, made safe and told apart."""
    safe = "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in key).lstrip(".")[:80]
    return safe if safe == key else f"{safe}-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:12]}"
