"""``python -m tests.cli.reference``: writes docs/commands.md from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from autograder.cli.main import cli
from autograder.commandline import SETTINGS
from autograder.studentcli.cli import student

PATH = Path(__file__).parents[2] / "docs" / "commands.md"
START = """\
# All commands and options

Made by `make reference` from the commands themselves; not edited by hand. `-h` or `--help` shows the same for one
command. Exit codes are in [ta.md](ta.md).
"""


def context_of(command: click.Command) -> click.Context:
    """Return a context with the settings of the command line: click keeps the first help option that it makes."""
    return click.Context(command, **SETTINGS)


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield a command and all below it, with the words that call each."""
    yield name, command
    if isinstance(command, click.Group):
        context = context_of(command)
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from commands(found, f"{name} {below}")


def all_commands() -> list[tuple[str, click.Command]]:
    """Return the staff's commands, then the students'."""
    return [*commands(cli, "autograder"), *commands(student, "python -m autograder")]


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a help text, each on one line."""
    return [" ".join(part.split()) for part in text.split("\n\n")]


def examples(command: click.Command) -> list[str]:
    """Return the lines that stand below "Example" at the end of a command's help."""
    after = (command.epilog or "").partition("Example")[2].partition("\n\n")[0]
    return [line.strip() for line in after.splitlines()[1:]]


def options(command: click.Command) -> list[click.Option]:
    """Return the options of a command, without ``--help``."""
    return [one for one in command.params if isinstance(one, click.Option)]


def section(name: str, command: click.Command) -> str:
    """Return what the reference has on one command."""
    usage = " ".join([name, *command.collect_usage_pieces(context_of(command))])
    lines = [f"## `{name}`", "", *(f"{text}\n" for text in paragraphs(command.help or "")), f"Usage: `{usage}`", ""]
    if options(command):
        lines += ["| option | meaning |", "| --- | --- |"]
        lines += [f"| {_names(one)} | {_meaning(one)} |" for one in options(command)]
        lines += [""]
    return "\n".join([*lines, "```", *examples(command), "```", ""])


def _names(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
    return ", ".join(f"`{name}{value}`" for name in (*option.opts, *option.secondary_opts))


def _meaning(option: click.Option) -> str:
    facts = [f"default: `{option.default}`"] if option.show_default else []
    facts += ["required"] if option.required else []
    facts += ["may be repeated"] if option.multiple else []
    facts += [f"from the environment: `{option.envvar}`"] if option.envvar else []
    return (option.help or "") + (f" ({'; '.join(facts)})" if facts else "")


def reference() -> str:
    """Return the whole page."""
    return "\n".join([START, *(section(name, command) for name, command in all_commands())])


if __name__ == "__main__":
    PATH.write_text(reference(), encoding="utf-8")
