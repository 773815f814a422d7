"""A model of Moodle's two importers, the grading worksheet's and the feedback zip's: a test double.

It holds what a running Moodle holds of one assignment and changes it as Moodle 4.5 does, statement by
statement after mod/assign/feedback/offline and mod/assign/feedback/file. It takes the place of a Moodle in
tests only; every recorded upload is replayed on it.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field

from autograder.moodle.files.datetext import zone_of
from autograder.moodle.importer.forecast_files import PLUGINS
from autograder.moodle.importer.phpcsv import UnreadableUpload, moodle_rows
from autograder.moodle.importer.phpvalues import php_equal, php_number, php_time

UNREADABLE = "Moodle could not read the uploaded worksheet."
NOTHING = "No modified grades found in uploaded worksheet"
DATABASE = "Error reading from database"


@dataclass
class Student:
    """One participant's row in Moodle's tables; ``grade`` is -1 where a record has none, None without record."""

    number: int
    user: str
    name: str
    grade: float | None = None
    graded_at: int = 0
    comment: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    sent: dict[str, bytes] = field(default_factory=dict)
    submitted_at: int = 0
    active: bool = True
    disabled: bool = False
    group: str = ""
    team: int | None = None
    attempt: int = 0


@dataclass
class Assignment:
    """One assignment: a maximum or a scale, its students, and the group last looked at on the page."""

    maximum: float = 100.0
    scale: tuple[str, ...] = ()
    students: list[Student] = field(default_factory=list)
    chosen_group: str = ""
    zone: str = "Europe/Dublin"
    teams: bool = False
    decimal_sign: str = "."
    waiting: list[tuple[str, bytes]] = field(default_factory=list)

    def valid(self) -> dict[int, Student]:
        """Active participants of the chosen group, by participant id."""
        return {
            one.number: one
            for one in self.students
            if one.active and (not self.chosen_group or one.group == self.chosen_group)
        }


@dataclass(frozen=True)
class Import:
    """What the pages say: an error, or the changes in order, and how many were made."""

    error: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    grades: int = 0
    comments: int = 0
    users: int = 0
    added: int = 0
    updated: int = 0


def import_worksheet(
    assignment: Assignment,
    upload: bytes,
    *,
    now: int,
    file_name: str = "worksheet.csv",
    encoding: str = "UTF-8",
    separator: str = ",",
    ignore_modified: bool = False,
    apply: bool = True,
) -> Import:
    """Preview and, with ``apply``, confirm an uploaded worksheet."""
    if not file_name.endswith(".csv") or not upload:
        return Import(error="form")
    try:
        rows = moodle_rows(upload, encoding=encoding, separator=separator)
    except UnreadableUpload:
        return Import(error=NOTHING)
    header = {cell: place for place, cell in enumerate(rows[0])}
    if not {"Identifier", "Grade", "Last modified (grade)"} <= set(header):
        return Import(error=UNREADABLE)
    preview = _pass(assignment, rows[1:], header, now=now, ignore_modified=ignore_modified, apply=False)
    if preview.error or not preview.changes:
        return preview if preview.error else Import(error=NOTHING)
    if not apply:
        return preview
    done = _pass(assignment, rows[1:], header, now=now, ignore_modified=ignore_modified, apply=True)
    return Import(changes=preview.changes, grades=done.grades, comments=done.comments)


def _pass(
    assignment: Assignment,
    rows: list[list[str]],
    header: dict[str, int],
    *,
    now: int,
    ignore_modified: bool,
    apply: bool,
) -> Import:
    valid = assignment.valid()
    changes: list[tuple[str, str, str]] = []
    grades = comments = 0
    for row in rows:
        cell = {name: row[place] if place < len(row) else "" for name, place in header.items()}
        number = cell["Identifier"].encode()[12:].decode("utf-8", "replace")
        if not re.fullmatch(r"\s*[+-]?\d+\s*", number, re.ASCII):
            return Import(error=DATABASE)
        student = valid.get(int(number))
        if student is None:
            continue
        written = php_time(cell["Last modified (grade)"], zone_of(assignment.zone))
        stale = student.grade is not None and student.graded_at > (written.timestamp() if written else 0) + 60
        had, old = student.grade, student.comment
        grade = _grade_to_set(assignment, student, cell["Grade"], stale=stale and not ignore_modified)
        if grade is not None:
            shown = assignment.scale[int(grade) - 1] if assignment.scale else f"{grade:.2f}"
            changes.append(("grade", student.name, shown))
            grades += 1
            if apply:
                student.grade, student.graded_at = grade, now
        if (ignore_modified or not stale) and header.get("Feedback comments"):
            text = cell["Feedback comments"]
            if text != ((old or "") if had is not None else ""):
                changes.append(("comment", student.name, text))
                comments += 1
                if apply:
                    student.comment, student.graded_at = text, now
                    student.grade = -1.0 if student.grade is None else student.grade
    return Import(changes=tuple(changes), grades=grades, comments=comments)


def _grade_to_set(assignment: Assignment, student: Student, text: str, *, stale: bool) -> float | None:
    if assignment.scale:
        places = (place for place, word in enumerate(assignment.scale, 1) if php_equal(text, word))
        value = next(map(float, places), None)
    else:
        number = php_number(text, assignment.decimal_sign)
        value = None if number is None else float(number)
    same = value is not None and student.grade == round(value, 5)
    out = value is None or value < 0 or (not assignment.scale and value > assignment.maximum)
    return None if value is None or same or out or stale or student.disabled else round(value, 5)


def import_feedback(assignment: Assignment, upload: bytes, *, confirm: bool = True) -> Import:
    """Unpack an uploaded zip into the import area, and with ``confirm`` import all that waits there."""
    try:
        with zipfile.ZipFile(io.BytesIO(upload)) as archive:
            entries = [(_entry_name(entry), archive.read(entry)) for entry in archive.infolist() if not entry.is_dir()]
    except zipfile.BadZipFile:
        entries = []
    assignment.waiting += entries  # an earlier upload that nobody confirmed is still there
    if not confirm:
        return Import()
    owners = _owners(assignment)
    changes: list[tuple[str, str, str]] = []
    users: set[str] = set()
    added = updated = 0
    for name, data in assignment.waiting:
        found = _match(name, owners)
        if found is None:
            continue
        students, kind, path = found
        if kind == "assignsubmission" and students[0].sent.get(path) == data:
            continue
        for student in students:
            word = "Modified" if path in student.files else "New"
            updated, added = updated + (word == "Modified"), added + (word == "New")
            student.files[path] = data
            users.add(student.user)
            if student.grade is None:
                student.grade, student.graded_at = -1.0, student.submitted_at
        changes.append((word, ", ".join(sorted(student.name for student in students)), path))
    assignment.waiting.clear()
    return Import(changes=tuple(changes), users=len(users), added=added, updated=updated)


def _owners(assignment: Assignment) -> dict[int, list[Student]]:
    owners: dict[int, list[Student]] = {}
    for student in assignment.valid().values():
        number = student.team if assignment.teams else student.number
        if number:
            owners.setdefault(number, []).append(student)
    return owners


def _match(name: str, owners: dict[int, list[Student]]) -> tuple[list[Student], str, str] | None:
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    if not parts or parts[-1].startswith((".", "~")):
        return None
    while parts:
        pieces = parts.pop(0).split("_", 4)
        if len(pieces) < 4 or not pieces[1].isdigit() or int(pieces[1]) not in owners:
            continue
        if (pieces[2], pieces[3]) not in PLUGINS:
            continue
        rest = [re.sub(r"""[\x00-\x1f&<>"`|':\\/]""", "", part) for part in [*pieces[4:], *parts]]
        return owners[int(pieces[1])], pieces[2], "/" + "/".join(part for part in rest if part)
    return None


def _entry_name(entry: zipfile.ZipInfo) -> str:
    return entry.filename if entry.flag_bits & 0x800 else entry.filename.encode("cp437").decode("cp850")
