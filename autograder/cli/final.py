"""``autograder moodle final``: final grades from attendance, homework and project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import click

from autograder.cli.grade import gradebook_url
from autograder.commandline import SETTINGS, counted, example
from autograder.course import Configuration, read_course
from autograder.errors import UsageError
from autograder.final.final_grade import FinalPolicy, StudentMarks, export, final_grade, policy_of
from autograder.final.from_gradebooks import class_marks
from autograder.final.grade_lines import grade_line, read_supposed, supposed_lines, unknown_line
from autograder.final.tables import Table, check_export, percent_in, read_attendance, read_project, read_table
from autograder.gradebook import open_gradebook
from autograder.hostiletext import short_line
from autograder.outputfiles import write_file

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class _Class:
    """Everybody by ID number, and a line on each mark that is nobody's of them."""

    people: Mapping[str, StudentMarks]
    left_out: tuple[str, ...] = ()


@click.command(
    context_settings=SETTINGS,
    epilog=example(
        "autograder moodle final --attendance attendance.csv --project project.csv --out final.csv",
        "autograder moodle final --what-if 25200100:s04_optimisers=80 --what-if 25200100:project=70",
        "autograder moodle final --marks marks.csv --attendance attendance.csv --out final.csv",
    ),
)
@click.option(
    "--course",
    "course_folder",
    type=click.Path(path_type=Path),
    help="The folder with grading.yml; by default that of autograder --course.",
)
@click.option("--gradebook", "urls", multiple=True, help="SQLAlchemy URL; marks/gradebook.db by default.")
@click.option("--project", "project_path", type=_FILE, help="A CSV file of the project's marks: ID number, Percentage.")
@click.option(
    "--marks", "marks_path", type=_FILE, help="Instead, a CSV file: ID number, a column for each stage, project."
)
@click.option("--attendance", "attendance_path", type=_FILE, help="Moodle's attendance export, or a plain table.")
@click.option("--allow-missing", is_flag=True, help="Count a stage as 0 where somebody has no mark that counts.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the grades, for manual items of Moodle's gradebook.",
)
@click.option("--what-if", "texts", multiple=True, help="ID:name=percent, such as 25200100:project=70.")
@click.option("--check", "check_path", type=_FILE, help="Moodle's gradebook export, to compare with --item.")
@click.option("--item", "items", multiple=True, help="stage=name of the grade item, such as s04_optimisers='A 1'.")
@click.pass_obj
def final(
    root: Path | None,
    course_folder: Path | None,
    urls: tuple[str, ...],
    project_path: Path | None,
    marks_path: Path | None,
    attendance_path: Path | None,
    out: Path | None,
    texts: tuple[str, ...],
    check_path: Path | None,
    items: tuple[str, ...],
    *,
    allow_missing: bool,
) -> None:
    """Compute final grades from the gradebooks' marks, attendance and project.

    A mark that is missing, held or not official is listed, and leaves the grade open; the exit code is 1 then.
    Percentages in files are 71.5, 71.5% or 143 / 200.
    """
    configuration = read_course(course_folder or root or Path(), check=False).configuration
    policy = policy_of(configuration)
    attendance = read_attendance(attendance_path) if attendance_path else {}
    if marks_path is None:
        project = read_project(project_path) if project_path else {}
        found = _from_gradebooks(urls, configuration, attendance, project)
    elif urls or project_path:
        raise UsageError("--marks has all marks: leave out --gradebook and --project, or --marks")
    else:
        found = _Class(students(read_table(marks_path), attendance, policy))
    supposed = read_supposed(texts, found.people)
    people = {key: _with_zeros(one, policy) for key, one in found.people.items()} if allow_missing else found.people
    for key in supposed or people:
        click.echo(grade_line(final_grade(people[key], policy)))
    for key, one in supposed.items():
        for line in supposed_lines(people[key], one, policy):
            click.echo(line)
    everybody = not supposed or out is not None
    shown = found if everybody else _Class({key: found.people[key] for key in supposed})
    is_open = _show_missing(shown, policy, allow_missing=allow_missing)
    if out is not None:
        grades = [final_grade(one, policy) for one in people.values()]
        write_file(out, export(grades), private=True)
        complete = sum(grade.total is not None for grade in grades)
        click.echo(f"{complete} of {counted(len(grades), 'grade')} complete: {out}")
    differs = check_path is not None and _show_check(
        read_table(check_path), found.people, items, configuration.moodle.grade_maximum
    )
    if is_open or differs:
        raise click.exceptions.Exit(1)


def students(table: Table, attendance: Mapping[str, Decimal], policy: FinalPolicy) -> dict[str, StudentMarks]:
    """Return everybody in a table of marks; a stage with an empty cell is unknown.

    Raises:
        UsageError: a stage or the project has no column, a cell is no percentage, or somebody who has an
            attendance is not in the table.
    """
    missing = [name for name in (*policy.stages, "project") if name not in table.header]
    if missing:
        raise UsageError(f"{table.source}:1: no column for {', '.join(missing)}; there are: {', '.join(table.header)}")
    strangers = sorted(set(attendance) - set(table.rows))
    if strangers:
        shown = ", ".join(short_line(key, 20) for key in strangers[:10])
        raise UsageError(f"{table.source}:1: attendance of people who are not in it: {shown}")
    people = {}
    for key, row in table.rows.items():
        where = table.where(key)
        homework = {stage: percent_in(row.get(stage, ""), f"{where}: {stage}") for stage in policy.stages}
        unknown = {stage: f"no mark in {table.source}" for stage, percent in homework.items() if percent is None}
        project = percent_in(row.get("project", ""), f"{where}: project")
        name = row.get("Full name") or row.get("name") or ""
        people[key] = StudentMarks(key, name, attendance.get(key), homework, project, unknown)
    return people


def _from_gradebooks(
    urls: Sequence[str], configuration: Configuration, attendance: Mapping[str, Decimal], project: Mapping[str, Decimal]
) -> _Class:
    with ExitStack() as stack:
        chosen = dict.fromkeys(urls or [gradebook_url(None, Path("marks"), create=False)])
        books = [stack.enter_context(closing(open_gradebook(url, create=False))) for url in chosen]
        found = class_marks(books, configuration.stages, configuration.components.project.stage)
    people = {key: _completed(one, attendance.get(key), project.get(key)) for key, one in found.people.items()}
    strangers = [
        f"{short_line(key, 20)}: in {where}, but in no gradebook: left out"
        for where, keys in (("the attendance", attendance), ("the project's marks", project))
        for key in sorted(set(keys) - set(people))
    ]
    return _Class(people, (*found.without_id, *strangers))


def _completed(marks: StudentMarks, attendance: Decimal | None, project: Decimal | None) -> StudentMarks:
    """With what no gradebook has; a project mark that was given replaces the gradebook's."""
    if project is None:
        return replace(marks, attendance=attendance)
    unknown = {name: why for name, why in marks.unknown.items() if name != "project"}
    return replace(marks, attendance=attendance, project=project, unknown=unknown)


def _with_zeros(marks: StudentMarks, policy: FinalPolicy) -> StudentMarks:
    """Stages without a mark that counts are 0, as somebody asked for; the project stays open."""
    return replace(marks, unknown={name: why for name, why in marks.unknown.items() if name not in policy.stages})


def _show_missing(found: _Class, policy: FinalPolicy, *, allow_missing: bool) -> bool:
    """List each mark that is missing; returns whether a grade is open for it."""
    without = [one for one in found.people.values() if one.unknown]
    if not without and not found.left_out:
        return False
    click.echo("Not counted, as --allow-missing asks:" if allow_missing else "Not counted, so grades are open:")
    for one in without:
        click.echo(f"  {unknown_line(one, policy.stages if allow_missing else ())}")
    for line in found.left_out:
        click.echo(f"  {line}")
    if not allow_missing:
        click.echo(
            f"Without marks: {counted(len(without), 'student')}; "
            f"left out: {counted(len(found.left_out), 'other line')}. "
            "Settle each one, or "
            "give --allow-missing: a stage without a mark counts as 0 then"
        )
    return not allow_missing


def _show_check(exported: Table, people: Mapping[str, StudentMarks], items: tuple[str, ...], maximum: Decimal) -> bool:
    """Print where the export differs; stages are on the assignments' scale there, the project is in per cent."""
    sent: dict[str, dict[str, Decimal | None]] = {}
    for item in items:
        stage, equals, name = item.partition("=")
        if not equals:
            raise UsageError(f"--item {item!r}; allowed: stage=name of the grade item")
        sent[name] = {key: _sent(one, stage, maximum) for key, one in people.items()}
    differences = check_export(exported, sent)
    for one in differences:
        who, sent_points = short_line(one.id_number, 20), "nothing" if one.sent is None else _points(one.sent)
        click.echo(f"{who}: {short_line(one.item)}: sent {sent_points}, Moodle {short_line(one.found)}")
    click.echo(f"{counted(len(differences), 'difference')} from Moodle's gradebook")
    return bool(differences)


def _sent(marks: StudentMarks, stage: str, maximum: Decimal) -> Decimal | None:
    if stage == "project":
        return marks.project
    percent = marks.homework.get(stage)
    return None if percent is None else percent * maximum / 100


def _points(number: Decimal) -> str:
    """Up to five places, as many as Moodle keeps."""
    return f"{number:.5f}".rstrip("0").rstrip(".")
