"""``autograder moodle final``: final grades from attendance, homework and project."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import click

from autograder.commandline import example
from autograder.course import read_course
from autograder.errors import UsageError
from autograder.final.final_grade import (
    FinalGrade,
    FinalPolicy,
    StudentMarks,
    export,
    final_grade,
    policy_of,
    project_needed,
    what_if,
)
from autograder.final.tables import Table, check_export, percent_in, read_attendance, read_table
from autograder.hostiletext import short_line

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog=example("autograder moodle final --marks marks.csv --attendance attendance.csv --out final.csv"))
@click.option(
    "--course",
    "course_folder",
    type=click.Path(path_type=Path),
    help="The folder with grading.yml; by default that of autograder --course.",
)
@click.option(
    "--marks", "marks_path", type=_FILE, required=True, help="A CSV file: ID number, a column for each stage, project."
)
@click.option("--attendance", "attendance_path", type=_FILE, help="Moodle's attendance export, or a plain table.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the grades, for manual items of Moodle's gradebook.",
)
@click.option("--what-if", "changes", multiple=True, help="ID:name=percent, such as 25200100:project=70.")
@click.option("--check", "check_path", type=_FILE, help="Moodle's gradebook export, to compare with --item.")
@click.option("--item", "items", multiple=True, help="stage=name of the grade item, such as s04_optimisers='A 1'.")
@click.pass_obj
def final(
    root: Path | None,
    course_folder: Path | None,
    marks_path: Path,
    attendance_path: Path | None,
    out: Path | None,
    changes: tuple[str, ...],
    check_path: Path | None,
    items: tuple[str, ...],
) -> None:
    """Compute final grades; all marks are percentages (71.5, 71.5% or 143 / 200)."""
    policy = policy_of(read_course(course_folder or root or Path(), check=False).configuration)
    attendance = read_attendance(attendance_path) if attendance_path else {}
    people = students(read_table(marks_path), attendance, policy)
    grades = [final_grade(one, policy) for one in people.values()]
    for grade in grades:
        click.echo(_line(grade))
    for change in changes:
        _show_what_if(change, people, policy)
    if out is not None:
        out.write_bytes(export(grades))
        complete = sum(grade.total is not None for grade in grades)
        click.echo(f"{complete} of {len(grades)} complete grades: {out}")
    if check_path is not None and _show_check(read_table(check_path), people, items):
        raise click.exceptions.Exit(1)


def students(table: Table, attendance: Mapping[str, Decimal], policy: FinalPolicy) -> dict[str, StudentMarks]:
    """Return everybody in a table of marks.

    Raises:
        UsageError: a stage or the project has no column, a cell is no percentage, or somebody who has an
            attendance is not in the table.
    """
    missing = [name for name in (*policy.stages, "project") if name not in table.header]
    if missing:
        raise UsageError(f"{table.source}: no column for {', '.join(missing)}; there are: {', '.join(table.header)}")
    strangers = sorted(set(attendance) - set(table.rows))
    if strangers:
        shown = ", ".join(short_line(key, 20) for key in strangers[:10])
        raise UsageError(f"{table.source}: attendance of people who are not in it: {shown}")
    people = {}
    for key, row in table.rows.items():
        where = f"{table.source}: {short_line(key, 20)}"
        homework = {stage: percent_in(row.get(stage, ""), f"{where}: {stage}") for stage in policy.stages}
        project = percent_in(row.get("project", ""), f"{where}: project")
        name = row.get("Full name") or row.get("name") or ""
        people[key] = StudentMarks(key, name, attendance.get(key), homework, project)
    return people


def _line(grade: FinalGrade) -> str:
    who = f"{short_line(grade.id_number, 20)} {short_line(grade.name, 32)}".strip()
    dropped = f" without {', '.join(grade.dropped)}" if grade.dropped else ""
    if grade.total is None:
        return f"{who}: homework {grade.homework:.2f}{dropped}; open: {', '.join(grade.missing)}"
    shown = {name: "–" if value is None else f"{value:.2f}" for name, value in _parts(grade).items()}
    return (
        f"{who}: {grade.total} {grade.letter} (engagement {shown['engagement']}: attendance {shown['attendance']}, "
        f"homework {grade.homework:.2f}{dropped}; project {shown['project']})"
    )


def _parts(grade: FinalGrade) -> dict[str, Decimal | None]:
    return {"engagement": grade.engagement, "attendance": grade.attendance, "project": grade.project}


def _show_what_if(change: str, people: Mapping[str, StudentMarks], policy: FinalPolicy) -> None:
    key, colon, rest = change.partition(":")
    name, equals, text = rest.partition("=")
    if not colon or key not in people:
        raise UsageError(f"--what-if {change!r}: no such ID number; allowed: 25200100:project=70, or 25200100:")
    if not equals:
        needed = project_needed(people[key], policy)
        shown = ", ".join(f"{letter} {'–' if percent is None else percent}" for letter, percent in needed.items())
        click.echo(f"{short_line(key, 20)}: project mark needed: {shown}")
        return
    percent = percent_in(text, f"--what-if {change!r}")
    try:
        grade = what_if(people[key], policy, {name: percent or Decimal(0)})
    except KeyError as error:
        allowed = ", ".join(("attendance", "project", *policy.stages))
        raise UsageError(f"--what-if {change!r}: no mark {name!r}; allowed: {allowed}") from error
    click.echo(f"what if {name} = {text}: {_line(grade)}")


def _show_check(exported: Table, people: Mapping[str, StudentMarks], items: tuple[str, ...]) -> bool:
    sent: dict[str, dict[str, Decimal | None]] = {}
    for item in items:
        stage, equals, name = item.partition("=")
        if not equals:
            raise UsageError(f"--item {item!r}; allowed: stage=name of the grade item")
        sent[name] = {
            key: one.project if stage == "project" else one.homework.get(stage) for key, one in people.items()
        }
    differences = check_export(exported, sent)
    for one in differences:
        click.echo(
            f"{short_line(one.id_number, 20)}: {short_line(one.item)}: sent {one.sent}, Moodle {short_line(one.found)}"
        )
    click.echo(f"{len(differences)} differences from Moodle's gradebook")
    return bool(differences)
