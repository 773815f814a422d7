"""Pages for people and files for Moodle."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course import Course, StageFolder
from autograder.course.workspace import graded_files
from autograder.decisions import counted_policy, decided_for, effective
from autograder.graded import Decision, Graded, StageSummary
from autograder.intake import OutgoingGrade, SubmittedClass
from autograder.outputfiles import write_file
from autograder.pipeline.stagefacts import stage_facts
from autograder.report import ClassRow, class_page, class_row, moodle_comment, staff_page, student_page
from autograder.report.decision_words import SHOWN_ELSEWHERE, decision_line
from autograder.report.wording import has_submission
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


def summarise(course: Course, stage: StageFolder, decisions: Sequence[Decision] = ()) -> StageSummary:
    """What reports say about the stage, without tests that were decided not to count."""
    policy = counted_policy(stage.policy, decided_for(decisions))
    return StageSummary(
        stage=stage.name,
        title=stage.policy.title,
        module=course.configuration.module.code,
        out_of=float(policy.out_of),
        grade_maximum=float(course.configuration.moodle.grade_maximum),
        points={name: float(points) for name, points in policy.test_points.items()},
        rubric_points={name: float(points) for name, points in stage.policy.rubric.items()},
        time_zone=course.configuration.module.time_zone,
        **stage_facts(stage),
    )


@dataclass(frozen=True)
class Published:
    """What was written of a class.

    Attributes:
        rows: in the download's order.
        files: where each file is, by what it is.
        notes: what a TA must know about it.
        decided: the decisions in effect that made a mark another one.
    """

    rows: tuple[ClassRow, ...]
    files: Mapping[str, Path]
    notes: tuple[str, ...]
    decided: tuple[str, ...] = ()


class Publisher:
    """Writes each participant's page as soon as there is a mark, and what is of the whole class at the end.

    Of a participant no more than a row and what goes to Moodle is held in between.
    """

    def __init__(
        self,
        course: Course,
        stage: StageFolder,
        folder: Path,
        submitted: SubmittedClass,
        decisions: Sequence[Decision] = (),
    ) -> None:
        self._course, self._stage, self._folder, self._submitted = course, stage, folder, submitted
        self._summary, self._decisions = summarise(course, stage, decisions), decisions
        self._rows: dict[str, ClassRow] = {}
        self._grades: dict[str, OutgoingGrade] = {}  # of what may be sent

    def add(self, one: Graded, *, again: bool = True) -> None:
        """Write a participant's page.

        Args:
            one: the participant.
            again: also where there is a page already.

        Raises:
            AutograderError: the disk is full, for instance.
        """
        key = one.submission.participant_id
        one = replace(one, taken=graded_files(self._stage, one.submission))
        self._rows[key] = class_row(one, self._summary, _file_name(key))
        if one.submission.status != "none" and (again or not _is_written(self._page(key))):
            self._write(self._page(key), student_page(one, self._summary))
        staff = self._folder / "staff" / f"{_file_name(key)}.html"
        if has_submission(one) and (again or not _is_written(staff)):
            self._write(staff, staff_page(one, self._summary, _file_name(key)))
        if _may_be_sent(one):
            maximum = self._course.configuration.moodle.grade_maximum
            comment = moodle_comment(one, self._summary) if self._submitted.accepts_grades else ""
            self._grades[key] = OutgoingGrade(moodle_grade(one.grade, maximum), comment)

    def finish(self) -> Published:
        """Write what goes back to the learning system, and the class page."""
        keys = [submission.participant_id for submission in self._submitted.submissions]
        members = [key for key in self._rows if key not in set(keys)]  # whose marks differ from their team's
        rows = tuple(self._rows[key] for key in (*keys, *members))
        grades = {key: self._grades[key] for key in keys if key in self._grades}
        pages = {key: _OnDisk(self._page(key)) for key in grades}
        # a member's own row comes after the team's; nothing is sent to one whose own mark is held
        grades |= {key: self._grades.get(key, OutgoingGrade(None)) for key in members}
        sent = self._submitted.publish(grades, pages)
        notes, decided = (*sent.notes, *map(_own_page, members)), tuple(self._decided())
        files = {"students": self._folder / "students"}
        for file in sent.files:
            files[file.label] = self._folder / file.name
            write_file(files[file.label], file.write, private=True, below=self._folder.parent)
        files["class page"] = self._folder / "class.html"
        notes_here = (*self._submitted.notes, *notes)
        page = class_page(rows, self._summary, notes=notes_here, decisions=tuple(self._in_effect()))
        self._write(files["class page"], page)
        return Published(rows, files, notes, decided)

    def _decided(self) -> Iterator[str]:
        """The decisions that made a mark another one, for whoever uploads it."""
        for decision in self._in_effect():
            yield f"decision {decision_line(decision, self._summary.time_zone)}"

    def _in_effect(self) -> Iterator[Decision]:
        return (decision for decision in effective(self._decisions) if decision.kind not in SHOWN_ELSEWHERE)

    def _write(self, path: Path, page: str) -> None:
        write_file(path, page.encode("utf-8", "replace"), private=True, below=self._folder.parent)

    def _page(self, key: str) -> Path:
        return page_path(self._folder, key)


def _is_written(path: Path) -> bool:
    """Whether there is a file of an earlier run; what a link leads to is none."""
    return path.is_file() and not path.is_symlink()


def _own_page(key: str) -> str:
    return f"{key}: the mark differs from the team's: Moodle's zip takes one page a team, give this person's by hand"


def _may_be_sent(one: Graded) -> bool:
    """Nothing that is held, and nothing made without a sandbox, goes to Moodle by itself."""
    return one.submission.status != "none" and not one.grade.held and (one.audit is None or one.audit.official)


def page_path(folder: Path, key: str) -> Path:
    """Where a participant's page is in the stage's output folder."""
    return folder / "students" / f"{_file_name(key)}.html"


def _file_name(key: str) -> str:
    """A key as a file name: Moodle's number as it is; a folder's name that a TA made, made safe and unique."""
    safe = "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in key).lstrip(".")[:80]
    return safe if safe == key else f"{safe}-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:12]}"
