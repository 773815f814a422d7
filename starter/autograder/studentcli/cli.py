"""``python -m autograder check STAGE``, ``submit STAGE`` and ``update ZIP``: the student's commands."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from autograder import __version__
from autograder.commandline import EXIT_CODES, SETTINGS, Commands, example, run
from autograder.hostiletext import visible_line
from autograder.model import Outcome
from autograder.runner.child.startup import DEVICE
from autograder.studentcli.checking import choose_tests, run_public_tests
from autograder.studentcli.fresh import LINES, PROGRESS, Progress, write_progress
from autograder.studentcli.machine import choose_device, require_packages
from autograder.studentcli.notes import packing_notes, version_notes
from autograder.studentcli.submitting import make_package
from autograder.studentcli.summary import print_check, print_package
from autograder.studentcli.updating import update_folder, update_lines
from autograder.testing.local import home_stage
from autograder.testing.public_course import PublicCourse, find_root, read_public_course


class StudentCommands(Commands):
    """The student's commands."""

    when_stopped: Mapping[str, str] = {
        "": "Stopped. Your files are as they were. Run the same command again.",
        "update": "Stopped. None of your work is lost. Run the same command again.",
        "submit": "Stopped. Your files are as they were; a new zip may not be there. Run the same command again.",
    }


@click.group(
    cls=StudentCommands,
    context_settings=SETTINGS,
    epilog=example("python -m autograder check s04_optimisers", "python -m autograder submit s04_optimisers")
    + "\n\n"
    + EXIT_CODES,
)
@click.version_option(__version__)
def student() -> None:
    """Check your code with the public tests, make the zip to upload, and take over a new version of the bundle.

    STAGE is a stage's name or its number: s04_optimisers, s04 and s4 mean the same.
    """


@student.command(
    "check",
    epilog=example(
        "python -m autograder check s04_optimisers", "python -m autograder check s04 --only test_adam_worked_example"
    ),
)
@click.argument("stage")
@click.option(
    "--only", metavar="TEST", multiple=True, help="Run this test alone, named as in spec.md. (may be repeated)"
)
def check_command(stage: str, only: tuple[str, ...]) -> int:
    """Run the public tests of STAGE."""
    course = _course()
    chosen = course.stage(stage)
    names = choose_tests(chosen, only)
    require_packages(chosen)
    device = choose_device(chosen)
    os.environ[DEVICE] = device.name  # the student's process and its probes read it
    home = home_stage(course.root, chosen.name)
    with _bar() as bar:
        task = bar.add_task("starting", total=None)

        def show(step: Progress) -> None:
            if os.environ.get(PROGRESS) == LINES:
                write_progress(step)
            bar.update(task, completed=step.done, total=step.total, description=visible_line(step.sentence, limit=60))

        results = run_public_tests(course, chosen, show, names)
    notes = [*packing_notes(home), *version_notes(course, chosen, home.packed.files)]
    print_check(_console(), chosen, results, notes, device.words)
    if any(result.outcome is Outcome.GRADER_FAULT for result in results):
        return 3
    return 0 if all(result.outcome is Outcome.PASSED for result in results) else 1


@student.command(
    "submit",
    epilog=example("python -m autograder submit s04_optimisers", "python -m autograder submit s04 --notebook my.ipynb"),
)
@click.argument("stage")
@click.option(
    "--notebook",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="The notebook whose cells %%submit are files; by default those in the stage's folder and the starter's.",
)
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Where to write the zip; the starter's folder by default.",
)
def submit_command(stage: str, notebook: Path | None, folder: Path | None) -> int:
    """Check the files of STAGE and put them into the zip that you upload to Moodle.

    A notebook's cell that begins with %%submit and a path is that file, if the file itself is still as handed out.
    """
    course = _course()
    chosen = course.stage(stage)
    require_packages(chosen)
    print_package(_console(), chosen, make_package(course, chosen, folder or course.root, notebook))
    return 0


@student.command("update", epilog=example("python -m autograder update ~/Downloads/starter.zip"))
@click.argument("bundle", metavar="ZIP", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="The folder of your work; by default the one that you are in.",
)
def update_command(bundle: Path, folder: Path | None) -> int:
    """Take over a new version of the course's bundle: ZIP, or the folder in which you unpacked it.

    The course's files are replaced. Every file that you wrote or changed is kept, and copies of all that was replaced
    are in .autograder-backup.
    """
    root = folder.resolve() if folder else find_root(Path.cwd())
    for line in update_lines(update_folder(root, bundle, datetime.now().astimezone())):
        click.echo(line)
    return 0


def _course() -> PublicCourse:
    return read_public_course(find_root(Path.cwd()))


def _bar() -> Bar:
    """What is shown while the tests run; nothing where the output is not a terminal that can redraw a line."""
    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True, highlight=False)
    moves = console.is_terminal and os.environ.get("TTY_INTERACTIVE") != "0"
    return Bar(
        *columns, TextColumn("left:"), TimeRemainingColumn(), console=console, transient=True,
        disable=not moves, redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip


def _console() -> Console:
    return Console(highlight=False)


def main() -> None:
    """Run a command; whatever goes wrong ends it with its own words and exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console of another encoding must not end the command
    run(student, "to the teaching team of your module, with the command and this line; your code is not at fault")
