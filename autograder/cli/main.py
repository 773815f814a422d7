"""``autograder``: every command, and how faults end it."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from autograder import __version__
from autograder.cli.demo import demo_command
from autograder.cli.doctor import doctor_command
from autograder.cli.grade import config_command, grade_command, verify_command
from autograder.cli.moodle import moodle
from autograder.cli.prove import prove_command
from autograder.cli.starter import new_stage_command, starter_command
from autograder.errors import AutograderError


@click.group()
@click.version_option(__version__)
@click.option("--course", type=click.Path(path_type=Path), default=Path(), help="The folder with grading.yml.")
@click.pass_context
def cli(context: click.Context, course: Path) -> None:
    """Grade from-scratch deep learning code: from a Moodle zip to marks and feedback."""
    context.obj = course


for command in (
    moodle,
    config_command,
    demo_command,
    doctor_command,
    grade_command,
    new_stage_command,
    prove_command,
    starter_command,
    verify_command,
):
    cli.add_command(command)


def main() -> None:
    """Run a command; an exception of ours ends it with its own words and exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except AutograderError as error:
        Console(stderr=True).print(escape(str(error)), style="red", highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)
