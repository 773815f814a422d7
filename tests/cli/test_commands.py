"""The commands as a TA meets them: words, exit codes, help."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from autograder.cli.main import COMMANDS, cli
from tests.builders.course import HIDDEN, STAGE, tiny, write_course

ROOT = Path(__file__).parents[2]


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """``autograder ARGUMENTS``."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    command = [sys.executable, "-m", "autograder", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    """A sentence for the command and for what its options mean."""
    command = cli.get_command(click.Context(cli), name)

    assert command is not None
    assert command.help
    assert name == command.name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_docs(name: str) -> None:
    """A command that no guide names cannot be found."""
    docs = "".join(path.read_text("utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])

    assert f"autograder {name}" in docs


def test_faults_of_the_configuration_end_with_2(tmp_path: Path) -> None:
    """All faults on standard error, one a line; nothing else happens."""
    write_course(tmp_path)
    path = tmp_path / "grading.yml"
    path.write_text(
        path.read_text("utf-8").replace("grace_minutes", "grace_hours").replace("code: T", "code: 1, codes: 2")
    )
    done = run("--course", str(tmp_path), "config")

    assert 2 == done.returncode
    assert all(line.startswith("grading.yml:") for line in done.stderr.splitlines())
    assert len(done.stderr.splitlines()) >= 3


def test_hidden_tests_that_would_be_refused_are_reported_with_the_configuration(tmp_path: Path) -> None:
    """Before anybody grades: the place, what is wrong and what is allowed; exit code 2."""
    write_course(tmp_path, hidden=f"{HIDDEN.rstrip()}\n    assert_that(True, f'{{student.double(x=1)}}')\n")
    done = run("--course", str(tmp_path), "config")

    assert 2 == done.returncode
    assert "test_hidden.py:" in done.stderr
    assert "which a student's code returned; allowed: " in done.stderr


def test_an_unknown_stage_names_those_that_exist(tmp_path: Path) -> None:
    """Exit code 2 and the list."""
    write_course(tmp_path)
    (tmp_path / "x.zip").write_bytes(b"")
    done = run("--course", str(tmp_path), "grade", "s99", str(tmp_path / "x.zip"), "--out", str(tmp_path / "out"))

    assert (2, True) == (done.returncode, "grading.yml has s01_tiny" in done.stderr)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"<html>log in</html>"])
def test_a_file_that_is_no_download_is_usage(tmp_path: Path, data: bytes) -> None:
    """A log-in page saved as .zip, or half a download, is said to be none; exit code 2."""
    write_course(tmp_path)
    (tmp_path / "x.zip").write_bytes(data)
    done = run("--course", str(tmp_path), "grade", "s01_tiny", str(tmp_path / "x.zip"), "--out", str(tmp_path / "out"))

    assert 2 == done.returncode, done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_says_what_is_there() -> None:
    """Each layer, present or missing; 0 where the policy's minimum is met, else 3."""
    done = run("doctor")

    assert done.returncode in (0, 3)
    assert "seccomp" in done.stdout


def test_an_output_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """In words, with exit code 2, before anything is graded."""
    (tmp_path / "file").write_text("in the way")
    done = run("grade", "s01_perceptron", str(tmp_path), "--out", str(tmp_path / "file" / "out"))

    assert (2, True) == (done.returncode, "name another one with --out" in done.stderr)
    assert "Traceback" not in done.stderr


def test_nothing_but_progress_is_told_while_grading(tmp_path: Path) -> None:
    """What the testers' pytest would say, such as that no tests ran, is not for a TA."""
    write_course(tmp_path / "course")
    path = tmp_path / "class" / "ann" / "scratch" / "tiny.py"
    path.parent.mkdir(parents=True)
    path.write_text(tiny())
    done = run(
        "--course", str(tmp_path / "course"), "grade", STAGE, str(tmp_path / "class"), "--out", str(tmp_path / "out")
    )

    assert 0 == done.returncode
    assert [] == [line for line in done.stderr.splitlines() if line.strip() and not line.startswith(STAGE)]
