"""Each wrong file of staff's ends a command with its place, exit code 2, and everything as it was."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.cli.main import main
from autograder.gradebook.anchor import ANCHORS_VARIABLE
from tests.cli.staff_inputs import CASES, GRADE, IS_ROOT, NEEDS_USER, Case, write_class

NOBODY = 54_321
PROGRESS = re.compile(r"(s01_tiny|verify s01_tiny|proving|grading mutants) .* left |$")
HANGS_SECONDS = 300


def call(root: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit code of a command, and the lines on standard error."""
    out = ["--out", str(root / "out")] if command[0] in ("grade", "verify", "override") else []
    words = [word.format(root=root) for word in command] + out
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["autograder", "--course", str(root), *words])
        patch.setenv("COLUMNS", "200")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    return (code if isinstance(code, int) else 1), capsys.readouterr().err.strip().splitlines()


class Folder:
    """A graded class that each test may spoil."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.right = contents(root.parent)

    def restore(self) -> None:
        """Put back what is right, and the gradebook's anchor with it."""
        top = self.root.parent
        for path in [top, *top.rglob("*")]:
            path.chmod(0o700 if path.is_dir() else 0o600)
        for path in top.iterdir():
            shutil.rmtree(path)
        for name, data in self.right.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            (top / name).write_bytes(data)
            (top / name).chmod(0o600)


def contents(root: Path) -> dict[str, bytes]:
    """Every file below a folder; of one that this user may not read, its size and time."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if os.access(path, os.R_OK) else repr(path.stat()).encode()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def what_counts(root: Path) -> dict[str, bytes | list[str]]:
    """Every file, and of a gradebook its rows: SQLite counts transactions in its file, even those that change none."""
    found: dict[str, bytes | list[str]] = {**contents(root)}
    book = f"file:{root}/out/gradebook.db?mode=ro"
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(book, uri=True)) as rows:
        found["out/gradebook.db"] = list(rows.iterdump())
    return found


@pytest.fixture(scope="module")
def graded() -> Iterator[Folder]:
    """A class that was graded once, in a folder that every user may enter."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        root = Path(name) / "class"
        root.mkdir()
        patch.setenv("AUTOGRADER_SECRET", "the secret of the tests, long enough")
        patch.setenv(ANCHORS_VARIABLE, str(Path(name) / "anchors"))
        write_class(root)
        patch.setattr(
            sys,
            "argv",
            ["autograder", "--course", str(root), *(word.format(root=root) for word in GRADE), "--out", f"{root}/out"],
        )
        with pytest.raises(SystemExit) as ended:
            main()
        assert 0 == ended.value.code
        yield Folder(root)


@pytest.fixture
def spoilt(graded: Folder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """The class; right again after the test."""
    monkeypatch.setenv(ANCHORS_VARIABLE, str(graded.root.parent / "anchors"))
    modules = {*sys.modules}
    yield graded
    graded.restore()
    for name in {*sys.modules} - modules:
        if name.startswith("s01_tiny"):
            del sys.modules[name]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_wrong_input_ends_with_its_place(case: Case, spoilt: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a fault, exit code 2, no traceback, no page or mark replaced, and it does end."""
    case.spoil(spoilt.root)
    as_user = case.name in NEEDS_USER and IS_ROOT
    before = what_counts(spoilt.root)
    if as_user:
        _give_to(spoilt.root.parent, NOBODY)
        os.setresuid(NOBODY, NOBODY, 0)
    signal.alarm(HANGS_SECONDS)
    try:
        code, lines = call(spoilt.root, case.command, capsys)
    finally:
        signal.alarm(0)
        if as_user:
            os.setresuid(0, 0, 0)
            _give_to(spoilt.root.parent, 0)

    shown = [line for line in lines if not PROGRESS.match(line)]
    assert "" == "\n".join(line for line in shown if not re.match(case.place, line))
    assert (2, True) == (code, bool(shown))
    assert before == what_counts(spoilt.root)


def _give_to(folder: Path, user: int) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, user, -1)


def test_there_are_enough_cases() -> None:
    """A hundred kinds of wrong input, each with a name of its own."""
    assert len({case.name for case in CASES}) == len(CASES) >= 100
