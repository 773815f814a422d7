"""A disk that is full, a gradebook that cannot be written, clocks that jump: nothing is lost, nothing is a mark."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.errors import AutograderError, GradebookError, SandboxFault
from autograder.gradebook import Record, open_gradebook
from autograder.model import Outcome
from autograder.outputfiles import write_file
from autograder.sandbox.select import doctor
from tests.builders.course import STAGE
from tests.faults.killing import SECRET, command_of, compare, contents, run_episode, start, write_class
from tests.gradebook.test_book import ENVIRONMENT, KEY, RECORD

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading for marks runs on Linux")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course, its class, and a run that nobody disturbed."""
    if doctor().strength == "plain":
        pytest.skip("this machine has no sandbox for marks")
    root = tmp_path_factory.mktemp("faults")
    write_class(root)
    assert 0 == start(root, root / "undisturbed").wait(300)
    return root


@pytest.mark.slow
def test_kills_at_random_moments(root: Path, tmp_path: Path) -> None:
    """Whatever is killed, the next run ends with the records of an undisturbed one; make faults does it 200 times."""
    episode = run_episode(root, tmp_path / "out", 6, random.Random(1))
    for path in tmp_path.iterdir():
        compare(path, root / "undisturbed", episode)

    assert [] == episode.problems


@pytest.mark.slow
def test_what_make_faults_runs() -> None:
    """The runner ends well by itself, too, without the settings that pytest makes for its tests."""
    if doctor().strength == "plain":
        pytest.skip("this machine has no sandbox for marks")
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AUTOGRADER_")}
    command = [sys.executable, "-m", "tests.faults", "--kills", "1"]
    done = subprocess.run(command, env=mine, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=900)

    assert "kills survived 1 / 1, records compared 8" == done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_a_second_run_grades_nothing_again(root: Path) -> None:
    """On unchanged input the second run keeps every record and adds none."""
    book = open_gradebook(f"sqlite:///{root}/undisturbed/gradebook.db")
    before = book.records()
    assert 0 == start(root, root / "undisturbed").wait(300)

    assert before == book.records()


@pytest.mark.slow
def test_two_graders_on_one_gradebook(root: Path, tmp_path: Path) -> None:
    """Two commands at once keep each record once."""
    graders = [start(root, tmp_path / "out") for _ in range(2)]

    assert [0, 0] == [grader.wait(300) for grader in graders]
    one, other = (open_gradebook(f"sqlite:///{path}/gradebook.db") for path in (tmp_path / "out", root / "undisturbed"))
    assert contents(other) == contents(one)
    assert [] == one.broken_links()


@pytest.mark.slow
def test_a_gradebook_that_cannot_be_written(root: Path, tmp_path: Path) -> None:
    """The command ends with exit code 2; the gradebook is as it was. A file in place of a folder stops root, too."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "gradebook.db").mkdir()

    assert 2 == start(root, tmp_path / "out").wait(300)


def test_a_read_only_gradebook_can_be_read(tmp_path: Path) -> None:
    """Verifying needs no right to write; adding a record to it is a clear error."""
    book = open_gradebook(f"sqlite:///{tmp_path}/g.db")
    book.add_record(RECORD, b"", ENVIRONMENT)
    book.close()
    locked = open_gradebook(f"sqlite:///file:{tmp_path}/g.db?mode=ro&uri=true")

    assert 1 == len(locked.records())
    with pytest.raises(GradebookError, match="cannot be written"):
        locked.add_record(replace(RECORD, key=replace(KEY, participant_id="2")), b"", ENVIRONMENT)


def test_a_full_disk_keeps_what_was_kept(tmp_path: Path) -> None:
    """A record that does not fit is an error; those before it stay and the chain holds."""
    url = f"sqlite:///{tmp_path}/g.db"
    book = open_gradebook(url)
    book.add_record(RECORD, b"", ENVIRONMENT)
    book.close()
    with sqlite3.connect(tmp_path / "g.db") as connection:
        pages = connection.execute("pragma page_count").fetchone()[0]
    connection.close()

    code = (
        "import resource, signal, sys\n"
        "from tests.faults.test_faults import large\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({pages * 4096 + 8192},) * 2)\n"
        f"large({url!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])

    assert "GradebookError: the gradebook cannot be written" in done.stderr
    again = open_gradebook(url)
    assert [1] == [record.number for record in again.records()]
    assert [] == again.broken_links()


def large(url: str) -> Record:
    """Add a record with a megabyte of files; run in a process that may not write so much."""
    key = replace(KEY, participant_id="2", submission_sha256="c" * 64)
    return open_gradebook(url).add_record(replace(RECORD, key=key), os.urandom(1 << 20), ENVIRONMENT)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A report that does not fit leaves the old one; no part of the new one stays."""
    path = tmp_path / "page.html"
    write_file(path, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(AutograderError, match="the records are safe"):
            write_file(path, b"new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)

    assert [path] == list(tmp_path.iterdir())
    assert b"old" == path.read_bytes()


def test_a_clock_that_jumps_back_keeps_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records are in the order in which they were written, whatever the clock says."""
    book = open_gradebook(f"sqlite:///{tmp_path}/g.db")
    for number, moment in enumerate((2_000_000_000, 1_000_000_000, 1_500_000_000)):
        monkeypatch.setattr(
            "autograder.gradebook.book.now",
            lambda moment=moment: time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(moment)),
        )
        book.add_record(replace(RECORD, key=replace(KEY, participant_id=str(number))), b"", ENVIRONMENT)

    assert ["0", "1", "2"] == [record.key.participant_id for record in book.records()]
    assert [] == book.broken_links()


@pytest.mark.slow
def test_out_of_descriptors_is_a_fault_of_ours(root: Path, tmp_path: Path) -> None:
    """With too few descriptors nobody gets a mark for it: the run fails or the marks are held."""
    limit = ["prlimit", "--nofile=24:24"]
    environment = {
        **os.environ,
        "AUTOGRADER_SECRET": SECRET,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    done = subprocess.run(
        [*limit, *command_of(root, tmp_path / "out")], env=environment, capture_output=True, timeout=900
    )

    path = tmp_path / "out" / "gradebook.db"
    if done.returncode == 0 and path.exists():
        book, right = open_gradebook(f"sqlite:///{path}"), open_gradebook(f"sqlite:///{root}/undisturbed/gradebook.db")
        for key, mark in book.marks(STAGE).items():
            assert mark.grade.held or mark.grade.points == right.marks(STAGE)[key].grade.points
    else:
        assert 3 == done.returncode


def test_fault_classes_end_with_the_graders_exit_code() -> None:
    """A fault of ours is never exit code 0 or 1, which scripts take for a grading that was done."""
    assert [3, 3, 3] == [fault.exit_code for fault in (AutograderError, SandboxFault, GradebookError)]
    assert Outcome.GRADER_FAULT not in {Outcome.PASSED, Outcome.FAILED}
