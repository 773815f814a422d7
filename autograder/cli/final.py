"""``autograder moodle final``: final grades from attendance, homework and project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import click

from autograder.cli.grade import gradebook_url
from autograder.commandline import SETTINGS, counted, example
from autograder.course import Configuration, read_course
from autograder.errors import UsageError
from autograder.final.class_marks import ClassMarks, class_in_table, completed
from autograder.final.export_check import check_export
from autograder.final.final_grade import export, final_grade
from autograder.final.final_policy import FinalPolicy, StudentMarks, policy_of
from autograder.final.from_gradebooks import class_marks
from autograder.final.grade_lines import (
    grade_line,
    missing_for_all,
    read_supposed,
    supposed_lines,
    unknown_line,
    unknown_text,
)
from autograder.final.joining import joined
from autograder.final.percentages import attendance_reader, item_reader, project_reader
from autograder.final.tables import Table, read_table
from autograder.gradebook import open_gradebook
from autograder.hostiletext import short_line
from autograder.outputfiles import write_file

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    context_settings=SETTINGS,
    epilog=example(
        "autograder moodle final --attendance attendance.csv --project project.csv --out final.csv",
        "autograder moodle final --what-if 25200100:s04_optimisers=80 --what-if 25200100:project=70",
        "autograder moodle final --attendance attendance.xlsx --grades grades.xlsx --project project.xlsx",
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
@click.option("--project", "project_path", type=_FILE, help="The project's marks: ID number, Percentage.")
@click.option(
    "--marks", "marks_path", type=_FILE, help="Instead of gradebooks: ID number, a column for each stage, project."
)
@click.option("--attendance", "attendance_path", type=_FILE, help="Moodle's attendance export, or a plain table.")
@click.option(
    "--grades",
    "grades_path",
    type=_FILE,
    help="Moodle's gradebook export, for moodle_items of grading.yml: quizzes, VPL, CodeRunner.",
)
@click.option(
    "--allow-missing", is_flag=True, help="Count a stage or an item as 0 where somebody has no mark that counts."
)
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
    grades_path: Path | None,
    out: Path | None,
    texts: tuple[str, ...],
    check_path: Path | None,
    items: tuple[str, ...],
    *,
    allow_missing: bool,
) -> None:
    """Compute final grades from the gradebooks' marks, attendance and project.

    A mark that is missing, held or not official is listed, and leaves the grade open; the exit code is 1 then.
    Each file is .xlsx, .ods or text, as Moodle exports it. Percentages are 71.5, 71.5% or 143 / 200.
    """
    configuration = read_course(course_folder or root or Path(), check=False).configuration
    policy = policy_of(configuration)
    if marks_path is None:
        found = _from_gradebooks(urls, configuration)
    elif urls or project_path:
        raise UsageError("--marks has all marks: leave out --gradebook and --project, or --marks")
    else:
        elsewhere = configuration.components.engagement.moodle_items if grades_path else ()
        found = class_in_table(read_table(marks_path), policy, elsewhere)
    if project_path:
        found = completed(found, table := read_table(project_path), {"project": project_reader(table)})
    if attendance_path and not policy.counts("attendance"):
        click.echo(f"{attendance_path.name}: not read: attendance has no weight in grading.yml")
    elif attendance_path:
        found = completed(found, table := read_table(attendance_path), {"attendance": attendance_reader(table)})
    found = _with_items(found, configuration, grades_path, in_marks=marks_path is not None)
    supposed = read_supposed(texts, found.people)
    people = {key: _with_zeros(one, policy) for key, one in found.people.items()} if allow_missing else found.people
    everybody = not supposed or out is not None
    shown = found if everybody else ClassMarks({key: found.people[key] for key in supposed})
    for_all = missing_for_all(shown.people.values())
    for key in supposed or people:
        click.echo(grade_line(final_grade(people[key], policy), for_all))
    for key, one in supposed.items():
        for line in supposed_lines(people[key], one, policy):
            click.echo(line)
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


def _from_gradebooks(urls: Sequence[str], configuration: Configuration) -> ClassMarks:
    zone = configuration.module.time_zone
    with ExitStack() as stack:
        chosen = dict.fromkeys(urls or [gradebook_url(None, Path("marks"), create=False)])
        books = [stack.enter_context(closing(open_gradebook(url, create=False, time_zone=zone))) for url in chosen]
        return class_marks(books, configuration.stages, configuration.components.project.stage)


def _with_items(found: ClassMarks, configuration: Configuration, path: Path | None, *, in_marks: bool) -> ClassMarks:
    """With the items of Moodle's gradebook that count as homework; without an export they are unknown."""
    items = configuration.components.engagement.moodle_items
    if path is not None and not items:
        raise UsageError("--grades: grading.yml has no components.engagement.moodle_items, so nothing of it counts")
    if path is not None:
        table = read_table(path)
        maxima = {name: None if one.maximum is None else Decimal(str(one.maximum)) for name, one in items.items()}
        return completed(found, table, {name: item_reader(table, name, maxima[name]) for name in items})
    if in_marks:
        return found
    people = dict(found.people)
    for key, one in people.items():
        for name in items:
            people[key] = one = one.without_value(name, "no --grades was given")
    return replace(found, people=people)


def _with_zeros(marks: StudentMarks, policy: FinalPolicy) -> StudentMarks:
    """What has no mark that counts is 0, as somebody asked for; the project, and what cannot be read, stays open."""
    stays = {name: why for name, why in marks.unknown.items() if name not in policy.stages or name in marks.unclear}
    return replace(marks, unknown=stays)


def _show_missing(found: ClassMarks, policy: FinalPolicy, *, allow_missing: bool) -> bool:
    """List each mark that is missing; returns whether something has to be settled."""
    for line in found.notes:
        click.echo(line)
    without = [one for one in found.people.values() if one.unknown]
    if not without and not found.left_out:
        return False
    click.echo(
        "Counted as 0, as --allow-missing asks, or still open:" if allow_missing else "Not counted, so grades are open:"
    )
    for_all = missing_for_all(found.people.values())
    if for_all:
        click.echo(f"  everybody: {unknown_text(for_all, policy.stages if allow_missing else ())}")
    for one in without:
        own = {name: why for name, why in one.unknown.items() if name not in for_all}
        zero = one.unknown.keys() - _with_zeros(one, policy).unknown.keys() if allow_missing else ()
        if own:
            click.echo(f"  {unknown_line(one, own, zero)}")
    for line in found.left_out:
        click.echo(f"  {line}")
    if not allow_missing:
        click.echo(
            f"Without marks: {counted(len(without), 'student')}; "
            f"left out: {counted(len(found.left_out), 'other line')}. "
            "Settle each one, or "
            "give --allow-missing: a stage without a mark counts as 0 then"
        )
    return not allow_missing or any(_with_zeros(one, policy).unknown for one in without)


def _show_check(exported: Table, people: Mapping[str, StudentMarks], items: tuple[str, ...], maximum: Decimal) -> bool:
    """Print where the export differs; stages are on the assignments' scale there, the project is in per cent."""
    sent: dict[str, dict[str, Decimal | None]] = {}
    for item in items:
        stage, equals, name = item.partition("=")
        if not equals:
            raise UsageError(f"--item {item!r}; allowed: stage=name of the grade item")
        sent[name] = {key: _sent(one, stage, maximum) for key, one in people.items()}
    differences = check_export(exported, joined(exported, people).rows, sent)
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
