"""Everybody's marks, completed from tables: attendance, the project, items of Moodle's gradebook, or all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from autograder.errors import UsageError
from autograder.final.final_policy import FinalPolicy, StudentMarks
from autograder.final.joining import joined
from autograder.final.percentages import Entry, Reader, column_reader, entries
from autograder.final.tables import Table


@dataclass(frozen=True)
class ClassMarks:
    """What is known of a class.

    Attributes:
        people: by ID number, in its order; whatever has no mark that counts is in ``unknown``.
        left_out: a line for each mark or row that is nobody's of them.
        notes: what was taken for the same ID number.
    """

    people: Mapping[str, StudentMarks]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def completed(marks: ClassMarks, table: Table, readers: Mapping[str, Reader]) -> ClassMarks:
    """Return the class with marks from a table.

    A mark that there is in the table replaces the one that there was; where it has none, that one stays.

    Args:
        marks: the class.
        table: with a row for each person.
        readers: ``attendance``, ``project``, or an item's name, to what reads it from a row.
    """
    found = joined(table, marks.people)
    people = dict(marks.people)
    for name, reader in readers.items():
        for key, entry in entries(table, found, reader, name if len(readers) > 1 else "").items():
            people[key] = _changed(people[key], name, entry)
    return ClassMarks(people, (*marks.left_out, *found.left_out), (*marks.notes, *found.notes))


def _changed(student: StudentMarks, name: str, entry: Entry) -> StudentMarks:
    if entry.percent is not None:
        return student.with_value(name, entry.percent)
    if not entry.unclear and (student.value(name) is not None or name in student.unknown):
        return student
    return student.without_value(name, entry.why, unclear=entry.unclear)


def class_in_table(table: Table, policy: FinalPolicy, elsewhere: Collection[str] = ()) -> ClassMarks:
    """Return everybody in a table of marks; a stage with an empty cell is unknown.

    Args:
        table: with a column for each stage and ``project``.
        policy: has the stages.
        elsewhere: those that another table has.

    Raises:
        UsageError: a stage or the project has no column.
    """
    names = [name for name in (*policy.stages, "project") if name not in elsewhere]
    missing = [name for name in names if table.place_of([name]) is None]
    if missing:
        named = ", ".join(missing)
        raise UsageError(f"{table.source}:{table.line}: no column for {named}; there are: {table.words}")
    place = table.place_of(["full name", "name"])
    called = {row.key: row.cell(place) for row in table.rows} if place is not None else {}
    keys = dict.fromkeys(row.key for row in table.rows)
    people = {key: StudentMarks(key, called.get(key, "")) for key in keys}
    marks = completed(ClassMarks(people), table, {name: column_reader(table, name) for name in names})
    return replace(marks, people={key: _without_project(one) for key, one in marks.people.items()})


def _without_project(student: StudentMarks) -> StudentMarks:
    """An empty cell of the project is no fault: the project comes last."""
    if "project" in student.unclear:
        return student
    return student if student.project is not None else student.with_value("project", None)
