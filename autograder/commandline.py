"""What the staff's and the students' command lines share: help with examples, and how a command ends."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any, NoReturn

import click

from autograder.errors import AutograderError, Interrupted
from autograder.hostiletext import visible

TRACEBACK = "AUTOGRADER_TRACEBACK"
SETTINGS = {"help_option_names": ["-h", "--help"]}
EXIT_CODES = """\b
Exit codes:
  0    done
  1    done, and something is wrong: a test failed, a difference was found
  2    the command or one of its files is wrong; nothing was done
  3    a fault of the grader or of the machine; no mark is lost or changed
  130  stopped with Ctrl-C"""


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 mark", "2 marks"; ``plural`` where that is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def example(*commands: str) -> str:
    """Return the end of a command's help: lines that can be typed as they are."""
    heading = "Example:" if len(commands) == 1 else "Examples:"
    return "\n".join(["\b", heading, *(f"  {command}" for command in commands)])


class Commands(click.Group):
    """A group whose commands, when stopped with Ctrl-C, say what is kept and how to go on.

    Attributes:
        when_stopped: the message for each command; the entry ``''`` is for the others.
    """

    when_stopped: Mapping[str, str] = {"": "Stopped. Run the same command again to go on."}

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Raises:
            Interrupted: it was stopped with Ctrl-C.
        """
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            words = self.when_stopped
            raise Interrupted(words.get(ctx.invoked_subcommand or "", words[""])) from None


def run(command: click.Command, report_to: str) -> NoReturn:
    """Run a command and end the process with its exit code; no exception is shown as a traceback.

    Args:
        command: the whole command line.
        report_to: where to report a fault of the kit, as the end of the sentence "Please report this …".
    """
    if os.environ.get("NO_COLOR"):
        os.environ["TERM"] = "dumb"  # rich drops colours only; on such a terminal it writes no escape sequence at all
    try:
        code = command.main(standalone_mode=False)
    except AutograderError as error:
        _print_error(str(error))
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:  # outside of any command
        sys.exit(Interrupted.exit_code)
    except Exception as error:  # noqa: BLE001  # the last place where an exception can get words
        if os.environ.get(TRACEBACK):
            traceback.print_exc()
        _print_error(_unexpected(error, report_to))
        sys.exit(AutograderError.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _unexpected(error: Exception, report_to: str) -> str:
    words = " ".join(f"{type(error).__name__}: {error}".split())
    how = "" if os.environ.get(TRACEBACK) else f" Set {TRACEBACK}=1 to see where it happened."
    return f"Unexpected fault of the kit: {words[:500]}. Please report this {report_to}.{how}"


def _print_error(words: str) -> None:
    # rich takes a tenth of a second to import, and most commands end well
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True).print(Text(visible(words), style="red"), soft_wrap=True)
