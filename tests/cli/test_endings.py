"""How a command ends when something goes wrong that no command expects, and on terminals without colours."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from autograder.commandline import Commands, run
from tests.builders.course import STAGE, tiny, write_course

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
import click
from autograder.cli.main import StaffCommands
from autograder.commandline import Commands, run

class Sample(Commands):
    when_stopped = {"": "Stopped. Nothing is kept.", "grade": "Stopped. Marks are kept."}

@click.group(cls=Sample)
def cli():
    pass

@cli.command()
def grade():
    raise %s

run(cli, "to somebody")
"""


def sample(exception: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command line whose one command raises."""
    return subprocess.run(
        [sys.executable, "-c", SCRIPT % exception, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "exception", ["RuntimeError('a\\nb \\x1b[2J')", "RecursionError()", "MemoryError()", "OSError(28, 'No space')"]
)
def test_an_unexpected_exception_is_one_line(exception: str) -> None:
    """Its type, where to report it, how to see the traceback; exit code 3, and no escape sequence of its text."""
    done = sample(exception, "grade")

    assert 3 == done.returncode
    assert 1 == len(done.stderr.splitlines())
    assert exception.partition("(")[0] in done.stderr
    assert "Please report this to somebody" in done.stderr
    assert "AUTOGRADER_TRACEBACK=1" in done.stderr
    assert "\x1b" not in done.stderr


def test_the_traceback_is_shown_on_request() -> None:
    """For maintainers, above the same line."""
    done = sample("RuntimeError('x')", "grade", AUTOGRADER_TRACEBACK="1")

    assert 3 == done.returncode
    assert "Traceback (most recent call last)" in done.stderr
    assert "Please report this" in done.stderr.splitlines()[-1]


def test_ctrl_c_says_what_is_kept() -> None:
    """Exit code 130 and the words of that command."""
    done = sample("KeyboardInterrupt", "grade")

    assert (130, "Stopped. Marks are kept.") == (done.returncode, done.stderr.strip())


def test_ctrl_c_while_grading(tmp_path: Path) -> None:
    """What was graded is kept, the message says so, and the same command goes on."""
    write_course(tmp_path / "course")
    for name in ("ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal"):
        path = tmp_path / "class" / name / "scratch" / "tiny.py"
        path.parent.mkdir(parents=True)
        path.write_text("import time\ntime.sleep(60)\n" + tiny())
    command = ["--course", str(tmp_path / "course"), "grade", STAGE, str(tmp_path / "class"), "--out", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder", *command],
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # where the tests run in the background of a shell, an interrupt is ignored, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    until = time.monotonic() + 120
    while not (tmp_path / "gradebook.db").exists() and time.monotonic() < until:
        time.sleep(0.1)
    stderr = ""
    while process.returncode is None:  # Python drops an interrupt that arrives in a destructor: press it again
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
        with contextlib.suppress(subprocess.TimeoutExpired):
            _, stderr = process.communicate(timeout=10)

    assert 130 == process.returncode
    assert "run the same command again" in stderr
    assert "Traceback" not in stderr


def in_a_terminal(*arguments: str, **environment: str) -> str:
    """Return what a command writes to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "120", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    while process.poll() is None or select.select([ours], [], [], 0)[0]:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                written += os.read(ours, 65536)
            except OSError:  # Linux: the other end is closed
                break
    process.wait()
    os.close(ours)
    return written.decode()


@pytest.mark.slow
def test_no_color_means_no_escape_sequence(tmp_path: Path) -> None:
    """Neither colour nor bold nor dim nor a cursor that moves, in all that `grade` writes to a terminal."""
    write_course(tmp_path / "course")
    path = tmp_path / "class" / "ann" / "scratch" / "tiny.py"
    path.parent.mkdir(parents=True)
    path.write_text(tiny())
    command = ["--course", str(tmp_path / "course"), "grade", STAGE, str(tmp_path / "class"), "--out"]

    assert "\x1b[" in in_a_terminal(*command, str(tmp_path / "a"))
    plain = in_a_terminal(*command, str(tmp_path / "b"), NO_COLOR="1")
    assert "ann" in plain
    assert "\x1b" not in plain


def test_an_interrupt_outside_of_a_command() -> None:
    """No words are known there; the exit code is the same."""

    class Early(Commands):
        """Stopped while it reads its arguments."""

        def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
            raise KeyboardInterrupt

    with pytest.raises(SystemExit) as stopped:
        run(Early("early"), "to somebody")

    assert 130 == stopped.value.code
