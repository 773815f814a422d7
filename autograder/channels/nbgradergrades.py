"""What nbgrader's gradebook.db has of an assignment, read as data, and how it differs from the kit's marks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from autograder.channels.gradednotebook import RUBRIC
from autograder.course.models import StagePolicy
from autograder.decisions import decided_for
from autograder.errors import UsageError
from autograder.graded import Decision, DecisionKind
from autograder.model import Grade

SHOWN = 3
NOT_GRADED = "nbgrader has not graded it: run nbgrader autograde"
SAME = 0.005  # points have two decimals on both sides
TABLES = """
select student.id as student, base_cell.name as cell, grade.auto_score as automatic, grade.manual_score as manual,
       grade.extra_credit as extra, grade.needs_manual_grade as waiting
from grade
join base_cell on grade.cell_id = base_cell.id
join submitted_notebook on grade.notebook_id = submitted_notebook.id
join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
join assignment on submitted_assignment.assignment_id = assignment.id
join student on submitted_assignment.student_id = student.id
where assignment.name = ?
"""
COMMENTS = """
select student.id as student, base_cell.name as cell, comment.manual_comment as words
from comment
join base_cell on comment.cell_id = base_cell.id
join submitted_notebook on comment.notebook_id = submitted_notebook.id
join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
join assignment on submitted_assignment.assignment_id = assignment.id
join student on submitted_assignment.student_id = student.id
where assignment.name = ? and comment.manual_comment is not null
"""


@dataclass(frozen=True)
class CellGrade:
    """One cell of one student.

    Attributes:
        automatic: what autograde saved; None where it never ran.
        manual: what a person typed in the formgrader; None where nobody has.
        waiting: nbgrader asks a person to look.
    """

    automatic: float | None
    manual: float | None
    extra: float
    waiting: bool


@dataclass(frozen=True)
class ClassGrades:
    """All of an assignment, by student and cell."""

    cells: Mapping[str, Mapping[str, CellGrade]]
    comments: Mapping[str, Mapping[str, str]]


def read_grades(path: Path, assignment: str) -> ClassGrades:
    """Read a gradebook without changing it.

    Raises:
        UsageError: the file is no gradebook of nbgrader.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file; it is gradebook.db in nbgrader's course folder")
    cells: dict[str, dict[str, CellGrade]] = {}
    comments: dict[str, dict[str, str]] = {}
    try:
        with closing(sqlite3.connect(f"file:{path.resolve()}?mode=ro", uri=True)) as connection:
            for student, cell, automatic, manual, extra, waiting in connection.execute(TABLES, (assignment,)):
                grade = CellGrade(_number(automatic), _number(manual), _number(extra) or 0.0, bool(waiting))
                cells.setdefault(str(student), {})[str(cell)] = grade
            for student, cell, words in connection.execute(COMMENTS, (assignment,)):
                comments.setdefault(str(student), {})[str(cell)] = str(words)
    except sqlite3.DatabaseError as error:
        raise UsageError(f"{path}: this is no gradebook of nbgrader 0.9: {error}") from None
    return ClassGrades(cells, comments)


def read_assignments(path: Path, known: Iterable[str]) -> list[str]:
    """The stages that have submissions in a gradebook.

    Raises:
        UsageError: there is none.
    """
    found = [name for name in known if read_grades(path, name).cells]
    if not found:
        raise UsageError(f"{path}: it has no submission of any stage of grading.yml")
    return found


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def differences(policy: StagePolicy, cells: Mapping[str, CellGrade], grade: Grade | None) -> list[str]:
    """Where nbgrader's points of tests are not the kit's, in words; the kit's are the mark of record."""
    if grade is None:
        return ["the kit has no mark: run autograder grade with the same download"]
    if all(cells[name].automatic is None for name in policy.test_points if name in cells):
        return [NOT_GRADED]
    ours = {score.name: score.points for score in grade.scores}
    found = []
    for name in policy.test_points:
        cell, points = cells.get(name), ours.get(name)
        if points is None:
            continue
        theirs = None if cell is None else cell.automatic
        if theirs is None or abs(theirs - points) > SAME:
            shown = "none" if theirs is None else f"{theirs:g}"
            found.append(f"{name}: nbgrader has {shown}, the kit {points:g}")
        elif cell is not None and cell.manual is not None and abs(cell.manual - points) > SAME:
            words = "changed by hand in the formgrader; a mark is changed with autograder override"
            found.append(f"{name}: {cell.manual:g}, {words}")
    return found


def in_short(found: Sequence[str]) -> str:
    """The first differences, and how many more there are."""
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more


def manual_decisions(
    stage: str, policy: StagePolicy, grades: ClassGrades, decisions: tuple[Decision, ...], by: str, *, overwrite: bool
) -> tuple[list[Decision], list[str]]:
    """Rubric points and remarks that were typed in the formgrader, and conflicts in words.

    A criterion that has other points in the kit already is a conflict; with ``overwrite`` nbgrader's count.
    """
    new: list[Decision] = []
    conflicts: list[str] = []
    for student, cells in sorted(grades.cells.items()):
        decided = decided_for(decisions, student)
        for criterion, most in policy.rubric.items():
            cell = cells.get(RUBRIC + criterion)
            if cell is None or cell.manual is None:
                continue
            points = _points(cell.manual + cell.extra)
            if points is None or not 0 <= points <= Decimal(str(most)):
                conflicts.append(f"{student}: {criterion}: {cell.manual:g} is not between 0 and {float(most):g}")
                continue
            have = decided.rubric.get(criterion)
            if have == points:
                continue
            if have is not None and not overwrite:
                conflicts.append(
                    f"{student}: {criterion}: {points:g} in nbgrader, {have:g} in the kit: the kit's stays"
                )
                continue
            value = {"criterion": criterion, "points": str(points)}
            new.append(Decision(stage, student, DecisionKind.RUBRIC, value, "marked in nbgrader", by))
        new_remarks, more = _remarks(stage, student, policy, grades, decided.remarks, by, overwrite=overwrite)
        new += new_remarks
        conflicts += more
    return new, conflicts


def _points(value: float) -> Decimal | None:
    try:
        return Decimal(str(value)).quantize(Decimal("0.01")).normalize() + 0
    except InvalidOperation:
        return None


def _remarks(
    stage: str,
    student: str,
    policy: StagePolicy,
    grades: ClassGrades,
    have: Mapping[str, str],
    by: str,
    *,
    overwrite: bool,
) -> tuple[list[Decision], list[str]]:
    new, conflicts = [], []
    for cell, words in _comments(grades.comments.get(student, {}), policy):
        before = have.get(cell, "")
        if before == words:
            continue
        if before and not overwrite:
            conflicts.append(f"{student}: remark on {cell or 'the whole'}: another one is in the kit: the kit's stays")
            continue
        value = {"criterion": cell, "text": words}
        new.append(Decision(stage, student, DecisionKind.REMARK, value, "written in nbgrader", by))
    return new, conflicts


def _comments(comments: Mapping[str, str], policy: StagePolicy) -> Iterator[tuple[str, str]]:
    """Comments by criterion."""
    for criterion in policy.rubric:
        words = comments.get(RUBRIC + criterion, "").strip()
        if words:
            yield criterion, words
