"""Versions of Moodle that the kit does not know are said, before anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autograder.cli import moodle as commands
from autograder.moodle.web import moodle_version as versions
from autograder.moodle.web.client import MoodleRefusalError
from autograder.moodle.web.moodle_version import version_note
from tests.moodle_server.sample import TOKEN, connect, make_site

DOCS = Path(__file__).parents[2] / "docs" / "moodle-versions.md"


class Answering:
    """A client that has one answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def call(self, function: str) -> Any:
        """The answer, or the error."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("release", "known"),
    [
        ("4.1 (Build: 20221128)", True),
        ("4.4.1+ (Build: 20240620)", True),
        ("4.5.6 (Build: 20250811)", True),
        ("5.0", True),
        ("4.0.12 (Build: 20231211)", False),
        ("5.1dev (Build: 20250801)", False),
        ("5.3beta (Build: 20260916)", False),
        ("4.15", False),
        ("5.0dev (Build: 20241201)", False),
        ("next", False),
        ("", False),
    ],
)
def test_a_version_that_the_kit_does_not_know_is_said(release: str, known: bool) -> None:
    """With its name, what is known, and what to do."""
    note = version_note(Answering({"release": release}))

    assert known == (note == "")
    assert known or release in note
    assert known or "the kit knows 4.1 to 5.0 and was tested with 4.5" in note


@pytest.mark.parametrize("answer", [MoodleRefusalError("no"), {}, None])
def test_a_moodle_that_does_not_give_its_version_is_unknown(answer: object) -> None:
    """The function can be missing from the service."""
    assert "begin with --dry-run" in version_note(Answering(answer))


def test_commands_say_it_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And go on."""
    site = make_site()
    monkeypatch.setenv("AUTOGRADER_MOODLE_TOKEN", TOKEN)
    monkeypatch.setattr(commands, "open_client", lambda site_, token: connect(site))
    arguments = ["status", "COMP47650", "Optimisers", "--site", site.url, "--out", str(tmp_path)]
    known = CliRunner().invoke(commands.moodle, arguments)
    monkeypatch.setattr(versions, "KNOWN", ("4.1", "4.4"))
    unknown = CliRunner().invoke(commands.moodle, arguments)

    assert 0 == known.exit_code, known.output
    assert "Moodle: version" not in known.output
    assert unknown.output.startswith("Moodle: version 4.5.6 (Build: 20250811): the kit knows 4.1 to 4.4")
    assert unknown.output.endswith(known.output)


def test_the_table_names_the_versions() -> None:
    """Those of the code."""
    page = DOCS.read_text("utf-8")

    assert all(version in page for version in (versions.KNOWN[0], "4.4", versions.TESTED, versions.KNOWN[-1]))
