"""``autograder``: every command, and how faults end it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from autograder import __version__
from autograder.commandline import EXIT_CODES, SETTINGS, Commands, example, run


@dataclass(frozen=True)
class Entry:
    """A command that is imported only when it is used; with all of them ``autograder --help`` took a second.

    Attributes:
        module: in ``autograder/cli/``.
        name: of the command in that module.
        summary: the command's own short help, for the list of all commands.
    """

    module: str
    name: str
    summary: str


COMMANDS: Mapping[str, Entry] = {
    "anchor": Entry("anchor", "anchor_command", "Accept the gradebook as it is, where it lacks rows that it once had"),
    "config": Entry("grade", "config_command", "Check grading.yml against itself and against the stages' code"),
    "demo": Entry("demo", "demo_command", "Grade an invented class of s04_optimisers and list the files made"),
    "drop-test": Entry("decisions", "drop_test_command", "Drop TEST of STAGE for the whole class"),
    "export": Entry("export", "export_command", "Write stages for another grader"),
    "extend": Entry("decisions", "extend_command", "Extend the due date of STAGE for PARTICIPANT to DATE"),
    "hold": Entry("decisions", "hold_command", "Hold the mark of PARTICIPANT in STAGE"),
    "import": Entry("export", "import_command", "Take over what staff marked in another grader"),
    "override": Entry("decisions", "override_command", "Set the mark of PARTICIPANT in STAGE to POINTS"),
    "release": Entry("decisions", "release_command", "Release the held mark of PARTICIPANT in STAGE"),
    "remark": Entry("decisions", "remark_command", "Write WORDS to PARTICIPANT"),
    "waive": Entry("decisions", "waive_command", "Deduct no points for lateness from PARTICIPANT in STAGE"),
    "doctor": Entry("doctor", "doctor_command", "Print each layer of the sandbox on this machine"),
    "grade": Entry("grade", "grade_command", "Grade STAGE from Moodle's DOWNLOAD (a zip or a folder)"),
    "moodle": Entry("moodle", "moodle", "Send marks and feedback to Moodle, by files or web services"),
    "new-stage": Entry("starter", "new_stage_command", "Copy the templates for a stage NAME"),
    "prove": Entry("prove", "prove_command", "Check that the tests of STAGES (all by default) kill known mistakes"),
    "shift-dates": Entry("dates", "shift_dates_command", "Move every date of grading.yml, for the next year"),
    "starter": Entry(
        "starter",
        "starter_command",
        "Build starter/ from assignments/ and solutions/, or with --at the bundle of one day",
    ),
    "verify": Entry("grade", "verify_command", "Make the marks of STAGE again from their records"),
}
GRADED = "Stopped. What was graded so far is kept: run the same command again to go on."


class StaffCommands(Commands):
    """The staff's commands, imported one by one."""

    when_stopped: Mapping[str, str] = {
        "": "Stopped before the end. What is in the gradebook is whole. Run the same command again.",
        "verify": "Stopped before the end; nothing was changed. Run the same command again.",
        "grade": GRADED,
        "demo": GRADED,
        "moodle": "Stopped. What was sent so far is in the log. Run the same command again: it sends only the rest.",
        "starter": "Stopped; starter/ may be incomplete. Run the same command again.",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's form
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's form
        if cmd_name not in COMMANDS:
            return None
        entry = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"autograder.cli.{entry.module}"), entry.name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, COMMANDS[name].summary) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.command(
    cls=StaffCommands,
    context_settings=SETTINGS,
    epilog=example(
        "autograder grade s04_optimisers submissions.zip --worksheet Grades.csv",
        "autograder grade --help",
    )
    + "\n\n"
    + EXIT_CODES,
)
@click.version_option(__version__)
@click.option("--course", type=click.Path(path_type=Path), default=Path(), help="The folder with grading.yml.")
@click.pass_context
def cli(context: click.Context, course: Path) -> Any:
    """Grade from-scratch deep learning code: from a Moodle zip to marks and feedback.

    STAGE is a stage's name or its number: s04_optimisers, s04 and s4 mean the same.
    """
    context.obj = course


def main() -> None:
    """Run a command; whatever goes wrong ends it with its own words and exit code."""
    run(cli, "to the kit's maintainers, with the command and this line")
