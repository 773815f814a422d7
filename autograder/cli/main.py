"""``autograder``: every command, and how faults end it."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from autograder import __version__
from autograder.errors import AutograderError

# Each command's module, and its name there. One is imported when it is wanted: what `moodle` needs takes as long as
# all that `grade` does before its first submission.
COMMANDS = {
    "config": ("grade", "config_command"),
    "demo": ("demo", "demo_command"),
    "doctor": ("doctor", "doctor_command"),
    "grade": ("grade", "grade_command"),
    "moodle": ("moodle", "moodle"),
    "new-stage": ("starter", "new_stage_command"),
    "prove": ("prove", "prove_command"),
    "starter": ("starter", "starter_command"),
    "verify": ("grade", "verify_command"),
}


class Commands(click.Group):
    """A group whose commands are imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's form
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's form
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"autograder.cli.{module}"), name)
        return command


@click.command(cls=Commands)
@click.version_option(__version__)
@click.option("--course", type=click.Path(path_type=Path), default=Path(), help="The folder with grading.yml.")
@click.pass_context
def cli(context: click.Context, course: Path) -> None:
    """Grade from-scratch deep learning code: from a Moodle zip to marks and feedback."""
    context.obj = course


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
