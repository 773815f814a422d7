"""``autograder grade``, ``verify`` and ``config``."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from autograder.cli.completion import stage_names
from autograder.cli.moodle_settings import moodle_files
from autograder.commandline import counted, example
from autograder.course import Configuration, read_course
from autograder.course.checks import check_sources
from autograder.course.mistake_faults import require_mistakes
from autograder.errors import ConfigurationError, UsageError
from autograder.gradebook import Gradebook, Mark, open_gradebook, read_people
from autograder.graded import StageSummary
from autograder.hostiletext import visible_line
from autograder.outputfiles import make_folder
from autograder.pipeline import GradingReport, GradingRequest, grade_download, verify_marks
from autograder.pipeline.participants import find_participant
from autograder.report.decision_words import decision_line
from autograder.report.terminal import class_lines, class_table, legend, progress
from autograder.tester.pool import PoolOptions
from autograder.tester.suite import refused_tests, suite_files

OUT = click.Path(path_type=Path, file_okay=False)
GRADEBOOK_HELP = "SQLAlchemy URL; gradebook.db in the output folder by default."


def gradebook_url(url: str | None, out: Path, *, create: bool = True) -> str:
    """The URL given, else SQLite in the output folder, which is made if need be."""
    if url:
        return url
    if create:
        make_folder(out)
    path = out / "gradebook.db"
    if path.is_symlink():
        raise UsageError(
            f"{path}: this is a link, and links in an output folder are not followed; name the gradebook's own file "
            "with --gradebook"
        )
    return f"sqlite:///{path.resolve()}"


def user_name() -> str:
    """Who runs the command, as the system knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in some containers
        return f"user {os.getuid()}"


def pool_options(minimum: str, workers: int | None, *, unsafe: bool) -> PoolOptions:
    """Testers as asked for, one a core by default."""
    default = PoolOptions()
    return PoolOptions(workers or default.workers, minimum, unsafe)


def team_numbers(pairs: tuple[str, ...]) -> dict[str, str]:
    """Participant to team, from 41261=514.

    Raises:
        click.BadParameter: another form.
    """
    found = dict(pair.partition("=")[::2] for pair in pairs)
    if not all(participant.isdigit() and team.isdigit() for participant, team in found.items()):
        raise click.BadParameter("--team takes two numbers, such as 41261=514")
    return found


@click.command(
    "grade",
    epilog=example(
        "autograder grade s04_optimisers submissions.zip --worksheet Grades.csv",
        "autograder grade s04 submissions.zip --worksheet Grades.csv --team 41261=514",
        "autograder grade s04 --only 41226",
    ),
)
@click.argument("stage", shell_complete=stage_names)
@click.argument("download", type=click.Path(path_type=Path, exists=True, readable=False), required=False)
@click.option(
    "--worksheet",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=False),
    help="Moodle's grading worksheet.",
)
@click.option("--out", type=OUT, default=Path("marks"), show_default=True, help="Where pages, files and gradebook go.")
@click.option("--gradebook", "url", help=GRADEBOOK_HELP)
@click.option(
    "--run", default="1", show_default=True, help="A label for the run: another one gives other hidden inputs."
)
@click.option("--again", is_flag=True, help="Grade again what has been graded before, too.")
@click.option("--overwrite", is_flag=True, help="Replace also marks and comments that a person set in Moodle.")
@click.option(
    "--only",
    multiple=True,
    metavar="PARTICIPANT",
    help="Grade only this one; without DOWNLOAD, what was submitted last.",
)
@click.option(
    "--team",
    "teams",
    multiple=True,
    metavar="PARTICIPANT=TEAM",
    help="A participant's team, where two teams have the same name; 0: the submission of no team is theirs.",
)
@click.option("--workers", type=click.IntRange(1, 64), help="Testers side by side; one a core by default.")
@click.option("--unsafe", is_flag=True, help="Allow grading without a sandbox; marks say so and are not sent.")
@click.pass_obj
def grade_command(
    root: Path,
    stage: str,
    download: Path | None,
    worksheet: Path | None,
    out: Path,
    url: str | None,
    run: str,
    only: tuple[str, ...],
    teams: tuple[str, ...],
    workers: int | None,
    *,
    again: bool,
    overwrite: bool,
    unsafe: bool,
) -> int:
    """Grade STAGE from Moodle's DOWNLOAD (a zip or a folder).

    It writes marks, a page for each student, a page on the class, and the two files that Moodle takes. What has been
    graded before is not graded again.

    With --only, one participant (a number, an ID number or a name) is graded, and the class's files keep everybody else
    as they are.
    """
    if download is None and not only:
        raise UsageError("give Moodle's DOWNLOAD, or --only PARTICIPANT to grade what the gradebook has")
    course = read_course(root)
    options = pool_options(course.configuration.sandbox.minimum, workers, unsafe=unsafe)
    folder = course.stage(stage)
    groups = team_numbers(teams)
    source = moodle_files(course, download, worksheet, out / folder.name, groups, overwrite=overwrite)
    request = GradingRequest(
        source, out, gradebook_url(url, out), run, again, user_name(), options, only, is_kept=download is None
    )
    with progress(folder.name) as start:
        report = grade_download(course, folder, request, start)
    console = Console()
    print_class(console, report, report.summary)
    print_report(console, report)
    return 0


def print_class(console: Console, report: GradingReport, summary: StageSummary) -> None:
    """The class in a few sentences, and on a terminal everybody's mark before them."""
    if console.is_terminal:
        console.print(class_table(report.rows, summary, console.width))
        console.print(legend(report.rows), style="dim", highlight=False, markup=False)
    for line in class_lines(report.rows, summary):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def print_report(console: Console, report: GradingReport) -> None:
    """What a TA must know, and where each file is."""
    for heading, lines in (("Look at", report.notes), ("Changed marks", report.changes)):
        if lines:
            console.print(f"[bold]{heading}[/]")
        for line in lines:
            console.print(f"  {escape(visible_line(line))}", highlight=False, soft_wrap=True)
    console.print(f"{report.fresh} graded, {report.kept} kept from earlier runs")
    for name, path in report.files.items():
        console.print(f"[bold]{name:11}[/] {escape(str(path))}", highlight=False, soft_wrap=True)


@click.command("verify", epilog=example("autograder verify s04_optimisers", "autograder verify s04_optimisers 41226"))
@click.argument("stage", shell_complete=stage_names)
@click.argument("participants", nargs=-1)
@click.option("--out", type=OUT, default=Path("marks"), show_default=True, help="Where grade put its files.")
@click.option("--gradebook", "url", help=GRADEBOOK_HELP)
@click.option("--workers", type=click.IntRange(1, 64), help="Testers side by side; one a core by default.")
@click.option("--unsafe", is_flag=True, help="Allow grading without a sandbox.")
@click.pass_obj
def verify_command(
    root: Path,
    stage: str,
    participants: tuple[str, ...],
    out: Path,
    url: str | None,
    workers: int | None,
    *,
    unsafe: bool,
) -> int:
    """Make the marks of STAGE again from their records.

    Every difference is printed, and every row of the gradebook that was changed or removed after it was written.
    Without PARTICIPANTS all marks are made again. Where there is none, nothing was verified, and the exit code is 1.
    """
    course = read_course(root)
    folder = course.stage(stage)
    options = pool_options(course.configuration.sandbox.minimum, workers, unsafe=unsafe)
    zone = course.configuration.module.time_zone
    book = open_gradebook(gradebook_url(url, out, create=False), create=False, time_zone=zone)
    try:
        people = read_people(book, folder.name)
        participants = tuple(find_participant(people, one) for one in participants)
        with progress(f"verify {folder.name}") as start:
            done = start(sum(mark.record is not None for mark in _marks(book, folder.name, participants)))
            found = verify_marks(course, folder, book, options, participants, out / folder.name, done)
    finally:
        book.close()
    console = Console()
    for heading, lines in (
        ("Changed since", found.caveats),
        ("Changed rows", found.tampered),
        ("Differences", found.differences),
    ):
        for line in lines:
            console.print(f"[bold]{heading}[/]: {escape(visible_line(line))}", highlight=False, soft_wrap=True)
    for decision in found.decisions:
        words = escape(visible_line(decision_line(decision, zone)))
        console.print(f"[bold]Decision[/] {words}", highlight=False, soft_wrap=True)
    count, sha256 = found.head
    console.print(
        f"{counted(count, 'row')} in the chain of {folder.name}, the last one {sha256}", highlight=False, soft_wrap=True
    )
    console.print(
        f"{counted(found.marks, 'mark')} looked at, {counted(len(found.differences), 'difference')}, "
        f"{counted(len(found.tampered), 'changed row')}"
    )
    return 1 if found.differences or found.tampered else 0


def _marks(book: Gradebook, stage: str, participants: tuple[str, ...]) -> list[Mark]:
    """The marks that are made again: those of some, or all."""
    return [mark for key, mark in book.marks(stage).items() if not participants or key in participants]


@click.command("config", epilog=example("autograder config", "autograder config --schema > docs/grading.schema.json"))
@click.option("--schema", is_flag=True, help="Print the JSON schema that editors use.")
@click.pass_obj
def config_command(root: Path, *, schema: bool) -> int:
    """Check grading.yml against itself and against the stages' code."""
    if schema:
        click.echo(json.dumps(Configuration.model_json_schema(), indent=2, ensure_ascii=False))
        return 0
    course = read_course(root)
    stages = {name: course.stage(name) for name in course.configuration.stages}
    found = [fault for stage in stages.values() for fault in check_sources(stage)]
    if found or (found := [fault for stage in stages.values() for fault in refused_tests(suite_files(stage))]):
        raise ConfigurationError(found)
    require_mistakes(stages.values(), catches=False)
    for name, policy in course.configuration.stages.items():
        due = f"{policy.due:%Y-%m-%d %H:%M} {policy.due.tzinfo}"
        click.echo(f"{name}: {counted(len(policy.test_points), 'test')}, {policy.out_of:g} points, due {due}")
    return 0
