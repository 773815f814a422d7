"""``python -m autograder check STAGE`` and ``submit STAGE``: the student's commands."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from autograder import __version__
from autograder.errors import AutograderError
from autograder.hostiletext import visible
from autograder.model import Outcome
from autograder.studentcli.checking import run_public_tests
from autograder.studentcli.public_course import PublicCourse, find_root, read_public_course
from autograder.studentcli.submitting import make_package
from autograder.studentcli.summary import print_check, print_package


@click.group()
@click.version_option(__version__)
def student() -> None:
    """Check your code with the public tests, and make the zip to upload."""


@student.command("check")
@click.argument("stage")
def check_command(stage: str) -> int:
    """Run the public tests of STAGE, s04_optimisers for instance."""
    course = _course()
    chosen = course.stage(stage)
    results = run_public_tests(course, chosen)
    print_check(_console(), chosen, results)
    if any(result.outcome is Outcome.GRADER_FAULT for result in results):
        return 3
    return 0 if all(result.outcome is Outcome.PASSED for result in results) else 1


@student.command("submit")
@click.argument("stage")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Where to write the zip; the starter's folder by default.",
)
def submit_command(stage: str, folder: Path | None) -> int:
    """Check the files of STAGE and put them into the zip that you upload to Moodle."""
    course = _course()
    chosen = course.stage(stage)
    print_package(_console(), chosen, make_package(course, chosen, folder or course.root))
    return 0


def _course() -> PublicCourse:
    return read_public_course(find_root(Path.cwd()))


def _console() -> Console:
    return Console(highlight=False)


def main() -> None:
    """Run a command; an exception of ours ends it with its own words and exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console of another encoding must not end the command
    try:
        code = student.main(standalone_mode=False)
    except AutograderError as error:
        Console(stderr=True).print(Text(visible(str(error)), style="red"), soft_wrap=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)
