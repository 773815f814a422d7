"""Pages for people and files for Moodle."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course, StageFolder
from autograder.intake import Download
from autograder.model import Graded, StageSummary
from autograder.moodle.files.feedback import write_feedback_zip
from autograder.moodle.files.outgoing import Mark, write_worksheet
from autograder.pipeline.files import write_file
from autograder.report import Row, class_page, class_row, moodle_comment, student_page
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


@dataclass(frozen=True)
class Published:
    """What was written of a class.

    Attributes:
        rows: in the download's order.
        files: where everything lies, by what it is.
        notes: what a TA must know about it.
    """

    rows: tuple[Row, ...]
    files: Mapping[str, Path]
    notes: tuple[str, ...]


class Publisher:
    """Writes each participant's page as soon as there is a mark, and what is of the whole class at the end.

    Of a participant no more than a row and what goes to Moodle is held in between.
    """

    def __init__(self, course: Course, stage: StageFolder, folder: Path, download: Download) -> None:
        self._course, self._folder, self._download = course, folder, download
        self._summary = summarise(course, stage)
        self._rows: dict[str, Row] = {}
        self._marks: dict[str, Mark] = {}  # of what may be sent

    def add(self, one: Graded) -> None:
        """Write a participant's page.

        Raises:
            AutograderError: the disk is full, for instance.
        """
        key = one.submission.participant_id
        self._rows[key] = class_row(one, self._summary)
        if one.submission.status != "none":
            write_file(self._page(key), student_page(one, self._summary).encode("utf-8", "replace"))
        if _may_be_sent(one):
            maximum = self._course.configuration.moodle.grade_maximum
            comment = moodle_comment(one, self._summary) if self._download.worksheet is not None else ""
            self._marks[key] = Mark(moodle_grade(one.grade, maximum), comment)

    def finish(self) -> Published:
        """Write the worksheet, the feedback zip and the class page."""
        keys = [submission.participant_id for submission in self._download.submissions]
        rows = tuple(self._rows[key] for key in keys)
        marks = {key: self._marks[key] for key in keys if key in self._marks}
        notes: list[str] = []
        files = {"students": self._folder / "students"}
        if self._download.worksheet is not None:
            files["worksheet"] = self._folder / "worksheet.csv"
            notes += self._write_worksheet(files["worksheet"], marks)
        numbers = {key: key.removeprefix("group-") for key in marks}
        pages = {number: _OnDisk(self._page(key)) for key, number in numbers.items() if number.isdigit()}
        notes += [
            f"{key}: the page cannot go back by Moodle's zip, which needs a participant's or a team's number"
            for key, number in numbers.items()
            if not number.isdigit() and self._download.worksheet is not None
        ]
        files["feedback"] = self._folder / "feedback.zip"
        names = {row.participant_id.removeprefix("group-"): row.name for row in rows}
        write_file(files["feedback"], lambda stream: write_feedback_zip(stream, pages, names))
        files["class page"] = self._folder / "class.html"
        overview = class_page(rows, self._summary, notes=(*self._download.notes, *notes))
        write_file(files["class page"], overview.encode("utf-8", "replace"))
        return Published(rows, files, tuple(notes))

    def _page(self, key: str) -> Path:
        return self._folder / "students" / f"{_file_name(key)}.html"

    def _write_worksheet(self, path: Path, marks: Mapping[str, Mark]) -> list[str]:
        assert self._download.worksheet is not None
        of_members = {member: mark for key, mark in marks.items() for member in self._download.members.get(key, (key,))}
        time_zone = self._course.configuration.module.time_zone
        sheet = write_worksheet(self._download.worksheet, of_members, time_zone=time_zone)
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
