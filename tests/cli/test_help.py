"""What ``--help`` and the docs hold on each command."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from autograder.cli.main import COMMANDS, cli
from autograder.commandline import EXIT_CODES
from autograder.studentcli.cli import student
from tests.cli.reference import PATH, all_commands, context_of, examples, options, reference

ROOT = Path(__file__).parents[2]
ALL = [pytest.param(name, command, id=name.replace(" ", "_")) for name, command in all_commands()]
HEAVY = {"numpy", "sqlalchemy", "matplotlib", "pydantic", "httpx", "jinja2", "pytest"}


@pytest.mark.parametrize(("name", "command"), ALL)
def test_every_command_is_documented(name: str, command: click.Command) -> None:
    """Its words, every option and each example are in docs/*.md."""
    docs = "".join(path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md"))
    wanted = [name, *(opt for one in options(command) for opt in one.opts), *examples(command)]

    assert [] == [words for words in wanted if not re.search(rf"{re.escape(words)}(?![\w-])", docs)]


def test_the_reference_is_up_to_date() -> None:
    """``make reference`` was run after the last change of a command."""
    assert PATH.read_text("utf-8") == reference()


@pytest.mark.parametrize(("name", "command"), ALL)
def test_every_help_ends_with_an_example_that_can_be_typed(name: str, command: click.Command) -> None:
    """Each example calls the command or one below it, and its options and arguments are accepted by the parser."""
    group = student if name.startswith("python") else cli
    prefix = shlex.split("python -m autograder" if group is student else "autograder")

    assert examples(command)
    for line in examples(command):
        words = shlex.split(line.partition(" > ")[0])
        assert prefix == words[: len(prefix)]
        assert line.startswith(name)
        _parse(group, words[len(prefix) :])


def _parse(command: click.Command, words: list[str]) -> None:
    """Parse as click does, without running anything; files of an example need not exist.

    Raises:
        click.UsageError: an option or an argument does not exist.
    """
    if words[-1:] == ["--help"]:
        words = words[:-1]
    elif not isinstance(command, click.Group):
        command.make_parser(context_of(command)).parse_args(list(words))
        return
    if words:
        assert isinstance(command, click.Group)
        below = command.get_command(context_of(command), words[0])
        assert below is not None, words[0]
        _parse(below, words[1:])


@pytest.mark.parametrize(("name", "command"), ALL)
def test_every_option_has_help(name: str, command: click.Command) -> None:
    """No option is listed without its meaning, and the command has a sentence."""
    assert command.help
    assert [] == [one.opts[0] for one in options(command) if not one.help]


@pytest.mark.parametrize("name", COMMANDS)
def test_summaries_are_those_of_the_commands(name: str) -> None:
    """The list of all commands is written without importing them; it must not differ from their help."""
    command = cli.get_command(context_of(cli), name)

    assert command is not None
    assert command.get_short_help_str(limit=1000).rstrip(".") == COMMANDS[name].summary


@pytest.mark.parametrize(("name", "command"), ALL)
def test_short_help_option(name: str, command: click.Command) -> None:
    """``-h`` does what ``--help`` does, for every command."""
    group, skipped = (student, 3) if name.startswith("python") else (cli, 1)
    words = name.split()[skipped:]
    short, long = (CliRunner().invoke(group, [*words, option]) for option in ("-h", "--help"))

    assert (0, long.output) == (short.exit_code, short.output)
    assert "-h, --help" in short.output


@pytest.mark.parametrize("group", [cli, student])
def test_help_ends_with_the_exit_codes(group: click.Group) -> None:
    """All five, as in docs/ta.md."""
    output = CliRunner().invoke(group, ["--help"]).output
    table = (ROOT / "docs" / "ta.md").read_text("utf-8")
    codes = re.findall(r"^  (\d+) +(.*)$", EXIT_CODES, re.MULTILINE)

    assert ["0", "1", "2", "3", "130"] == [code for code, _ in codes]
    assert output.rstrip().endswith(codes[-1][1])
    assert [] == [code for code, meaning in codes if f"| {code} | {meaning}" not in table]


def test_help_imports_no_command() -> None:
    """The list of commands needs none of the libraries that grading needs."""
    script = (
        "import sys\nfrom autograder.cli.main import cli\n"
        f"cli.main(['--help'], standalone_mode=False)\nprint(sorted({HEAVY!r} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.splitlines()[-1]


def test_a_shell_completes_the_names_of_stages() -> None:
    """Those of the course in the folder, for each command that takes one."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "_AUTOGRADER_COMPLETE": "bash_complete",
        "COMP_WORDS": f"autograder --course {ROOT} grade s0",
        "COMP_CWORD": "4",
    }
    script = "import sys; sys.argv = ['autograder']\nfrom autograder.cli.main import main\nmain()"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)

    assert "plain,s01_perceptron" in done.stdout.splitlines()
