"""Every file with marks is written in one way: private, whole, and through no link."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import autograder
from autograder.cli.grade import gradebook_url
from autograder.course import Course
from autograder.errors import AutograderError, UsageError
from autograder.moodle.files.moodle_writer import build_download, build_worksheet
from autograder.moodle.files.system import MoodleFiles
from autograder.outputfiles import make_folder, write_file
from autograder.pipeline import GradingRequest, grade_download
from autograder.tester.pool import PoolOptions
from tests.builders.course import POLICY, STAGE, tiny, write_course
from tests.pipeline.test_grading import person

PACKAGE = Path(autograder.__file__).parent
# What may open a file for writing, and why. Everything else calls write_file.
OPENS = {
    "outputfiles.py": "the one way",
    "course/secret.py": "written under another name and linked, so that the first of two commands counts",
    "sandbox": "control groups and temporary folders of the kernel; nothing of a mark",
    "runner": "within a student's process",
    "studentcli": "on a student's own machine, in the student's own folder",
    "demo/people.py": "text of an invented submission",
    "gradebook/migrating.py": "SQLite copies the database",
    "gradebook/opening.py": "SQLite's own file, made private",
    "tester": "files without a name, and pipes",
    "intake/spool.py": "a file without a name",
    "channels/kernelroom.py": "within a kernel's own file system in memory",
}
WRITING = {"write_text", "write_bytes", "mkstemp", "NamedTemporaryFile", "copyfile", "copy", "copy2", "move", "touch"}


@contextmanager
def no_umask() -> Iterator[None]:
    """What is made is open for everybody, unless it says otherwise."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def writes(node: ast.Call) -> bool:
    """Whether a call opens a file for writing."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in WRITING:
        return not (name in ("copy", "move") and ast.unparse(node.func) not in ("shutil.copy", "shutil.move"))
    modes = [arg.value for arg in (*node.args, *(one.value for one in node.keywords)) if isinstance(arg, ast.Constant)]
    return name == "open" and any(isinstance(mode, str) and set("wxa+") & set(mode) and len(mode) < 4 for mode in modes)


def test_nothing_else_opens_a_file_for_writing() -> None:
    """So that a new writer is private and follows no link by itself."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if any(name == allowed or name.startswith(f"{allowed}/") for allowed in OPENS):
            continue
        calls = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
        found += [f"{name}:{node.lineno}: {ast.unparse(node)}" for node in calls if writes(node)]

    # within a zip that is being written, not a file
    assert [] == [line for line in found if "archive.open(entry, 'w')" not in line]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """With a rubric, so that every kind of file is written."""
    return write_course(tmp_path / "course", policy=POLICY + "    rubric: {clarity: 5}\n")


def grade(course: Course, root: Path, options: PoolOptions) -> None:
    """Two people from Moodle."""
    people = [person(101, "Ann", tiny()), person(102, "Bob", tiny(double="return x * x"))]
    (root / "download.zip").write_bytes(build_download(people))
    (root / "worksheet.csv").write_bytes(build_worksheet(people, maximum="10.00"))
    source = MoodleFiles(
        root / "download.zip", root / "worksheet.csv", "Europe/Dublin", sent=root / "out" / STAGE / "sent.json"
    )
    url = gradebook_url(None, root / "out")
    grade_download(course, course.stage(STAGE), GradingRequest(source, root / "out", url, options=options))


def test_every_file_of_grade_is_private_and_replaces_a_link(
    course: Course, tmp_path: Path, pool_options: PoolOptions
) -> None:
    """Pages, staff's and class page, worksheet, zip, rubric sheet, what was sent; the second time over links."""
    out, other = tmp_path / "out", tmp_path / "other"
    with no_umask():
        grade(course, tmp_path, pool_options)
    files = [path for path in out.rglob("*") if path.is_file()]
    folders = [path for path in out.rglob("*") if path.is_dir()]
    expected = {"class.html", "worksheet.csv", "feedback.zip", "rubric.csv", "sent.json", "gradebook.db", "101.html"}
    assert expected <= {path.name for path in files}
    assert {0o600} == {path.stat().st_mode & 0o777 for path in files}
    assert {0o700} == {path.stat().st_mode & 0o777 for path in (out, *folders)}

    other.mkdir()
    linked = [path for path in files if path.name not in ("gradebook.db", "rubric.csv", "sent.json")]
    for path in linked:
        path.unlink()
        (other / path.name).write_text("not yours")
        path.symlink_to(other / path.name)
    grade(course, tmp_path, pool_options)

    assert [] == [path for path in linked if path.is_symlink()]
    assert {"not yours"} == {path.read_text() for path in other.iterdir()}


@pytest.mark.parametrize("folder", [STAGE, f"{STAGE}/students", f"{STAGE}/staff"])
def test_a_folder_that_is_a_link_is_refused(
    course: Course, tmp_path: Path, pool_options: PoolOptions, folder: str
) -> None:
    """Nothing is written to where it leads; the records are kept."""
    link, other = tmp_path / "out" / folder, tmp_path / "other"
    link.parent.mkdir(parents=True)
    other.mkdir()
    link.symlink_to(other)
    with pytest.raises(UsageError, match=f"{link}: this is a link.*remove it"):
        grade(course, tmp_path, pool_options)

    assert [] == [*other.iterdir()]


def test_a_gradebook_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """Not even its mode is changed; whoever means it names the file itself."""
    other = tmp_path / "other.db"
    other.write_bytes(b"not yours")
    (tmp_path / "gradebook.db").symlink_to(other)
    with pytest.raises(UsageError, match=r"this is a link.*--gradebook"):
        gradebook_url(None, tmp_path)


@pytest.mark.parametrize("private", [True, False])
def test_write_file_makes_folders_below_the_output_folder(tmp_path: Path, private: bool) -> None:
    """The output folder itself may be reached through a link: its owner chose it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    with no_umask():
        write_file(tmp_path / "out" / "a" / "b" / "c.txt", b"x", private=private, below=tmp_path / "out")
    made = tmp_path / "real" / "a" / "b" / "c.txt"

    modes = (made.stat().st_mode & 0o777, made.parent.stat().st_mode & 0o777)
    assert b"x" == made.read_bytes()
    assert ((0o600, 0o700) if private else (0o666, 0o777)) == modes


@pytest.mark.parametrize("what", ["a folder", "a full disk"])
def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, what: str) -> None:
    """A folder in the file's place, or a disk that is full half-way: no temporary file stays."""

    def half(stream: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "x.csv"
    if what == "a folder":
        target.mkdir()
    with pytest.raises(AutograderError, match="it cannot be written"):
        write_file(target, b"x" if what == "a folder" else half)

    assert [target] * (what == "a folder") == [*tmp_path.iterdir()]


def test_an_output_folder_that_may_not_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, before anything is graded; root may write anywhere, so the answer of the system is changed."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UsageError, match=f"{tmp_path}: you may not write into this folder; name another one"):
        make_folder(tmp_path)
