"""What keys a record is what decides an outcome, and nothing else."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest

import autograder
from autograder.course import Course, read_course
from autograder.course.secret import SECRET_VARIABLE, course_secret, secret_path
from autograder.errors import UsageError
from autograder.gradebook import describe_environment, open_gradebook
from autograder.outputfiles import write_file
from autograder.pipeline.fingerprints import (
    DECIDING,
    engine_sha256,
    policy_sha256,
    run_seed,
    stage_packages,
    stage_sha256,
)
from tests.builders.course import POLICY, STAGE, write_course

PACKAGE = Path(autograder.__file__).parent
SECRET = b"s" * 64


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy of the kit's package."""
    return shutil.copytree(PACKAGE, tmp_path / "autograder", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.mark.parametrize(
    "path",
    [
        "runner/protocol.py",
        "runner/child/child.py",
        "sandbox/cgroups.py",
        "testing/assertions.py",
        "tester/judge.py",
        "course/workspace.py",
    ],
)
def test_a_change_of_what_decides_is_another_engine(kit: Path, path: str) -> None:
    """Whatever runs, confines, compares, or chooses files."""
    target = kit / path if (kit / path).is_file() else next((kit / path).parent.glob("*.py"))
    before = engine_sha256(kit)
    target.write_text(target.read_text("utf-8") + "\n# changed\n", "utf-8")

    assert before != engine_sha256(kit)


@pytest.mark.parametrize(
    "path",
    ["report/wording.py", "gradebook/book.py", "scoring.py", "moodle/files/outgoing.py", "cli/grade.py", "__init__.py"],
)
def test_a_change_of_words_or_marks_grades_nothing_again(kit: Path, path: str) -> None:
    """Reports, gradebook, scoring, Moodle and the version number do not decide how a test ends."""
    before = engine_sha256(kit)
    (kit / path).write_text((kit / path).read_text("utf-8") + "\n# changed\n", "utf-8")

    assert before == engine_sha256(kit)


def test_the_engine_is_its_files(kit: Path) -> None:
    """A copy is the same engine, a file more is another; everything that is named exists."""
    assert engine_sha256() == engine_sha256(kit)
    assert [] == [name for name in DECIDING if not (PACKAGE / name).exists()]
    (kit / "tester" / "extra.py").write_text("")
    assert engine_sha256() != engine_sha256(kit)


@pytest.mark.parametrize(
    "path",
    [
        f"assignments/{STAGE}/probes.py",
        f"assignments/{STAGE}/test_public.py",
        f"solutions/{STAGE}/test_hidden.py",
        f"solutions/{STAGE}/mistakes.py",
        "solutions/scratch/tiny.py",
        "solutions/scratch/__init__.py",
    ],
)
def test_a_change_of_a_stages_file_is_another_stage(tmp_path: Path, path: str) -> None:
    """Tests, probes, reference, known mistakes."""
    stage = write_course(tmp_path).stage(STAGE)
    before = stage_sha256(stage)
    (tmp_path / path).write_text((tmp_path / path).read_text("utf-8") + "\n# changed\n", "utf-8")

    assert before != stage_sha256(stage)


@pytest.mark.parametrize(
    ("old", "new", "is_another"),
    [
        ("cpu_seconds: 1", "cpu_seconds: 2", True),
        ("    tests:", "    budgets: {test_triple: 3}\n    tests:", True),
        ("    tests:", "    memory_budgets: {test_triple: 3}\n    tests:", True),
        ("test_triple: 30", "test_triple: 50", False),
        ("title: Tiny\n    week", "title: Small\n    week", False),
        ("2027-01-29", "2027-01-30", False),
    ],
)
def test_limits_and_budgets_decide_and_points_do_not(tmp_path: Path, old: str, new: str, is_another: bool) -> None:
    """Marks are made again for points; tests are run again for limits only."""
    assert old in POLICY
    before = write_course(tmp_path)
    after = write_course(tmp_path, policy=POLICY.replace(old, new))

    assert is_another == (stage_sha256(before.stage(STAGE)) != stage_sha256(after.stage(STAGE)))
    assert policy_sha256(before, before.stage(STAGE)) != policy_sha256(after, after.stage(STAGE)) or is_another


def test_the_environment_is_what_computes(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python, the machine, numpy, and torch where the stage's code may use it; not SQLAlchemy's version."""
    found = describe_environment(stage_packages(course.stage("s01_perceptron")))

    assert {"python", "implementation", "system", "machine", "numpy"} == found.description.keys()
    other = replace(found, description={**found.description, "numpy": "1.0"})
    assert found.sha256 != other.sha256
    monkeypatch.setattr("importlib.metadata.version", lambda name: {"numpy": "9", "torch": "8"}[name])
    assert {"numpy": "9", "torch": "8"}.items() <= describe_environment(("numpy", "torch")).description.items()


def test_a_package_that_is_not_installed_is_left_out() -> None:
    """Nothing is said of it."""
    assert "no-such-package" not in describe_environment(("no-such-package",)).description


def test_a_run_has_one_seed() -> None:
    """Of secret, stage and label."""
    seeds = {run_seed(*key) for key in ((SECRET, "a", "1"), (SECRET, "b", "1"), (SECRET, "a", "2"), (b"t", "a", "1"))}

    assert 4 == len(seeds)
    assert run_seed(SECRET, "a", "1") == run_seed(SECRET, "a", "1")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without a secret; the user's folder for settings is another one than the earlier kits'."""
    monkeypatch.delenv(SECRET_VARIABLE)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "earlier"))
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name: tmp_path / "settings" / name)
    return tmp_path


def test_the_secret_is_made_once(home: Path) -> None:
    """In the user's folder for settings, for its owner only; then it stays."""
    first = course_secret()
    path = home / "settings" / "autograder" / "secret"

    assert first == course_secret() == path.read_bytes()
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == [*path.parent.iterdir()]
    assert len(first) >= 32


def test_a_secret_where_earlier_kits_kept_it_counts(home: Path) -> None:
    """Otherwise every mark would be made with other inputs from now on."""
    path = home / "earlier" / "autograder" / "secret"
    path.parent.mkdir(parents=True)
    path.write_bytes(SECRET)
    path.chmod(0o600)

    assert (path, SECRET) == (secret_path(), course_secret())


def test_the_variable_is_taken_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written then; a line's end, as of a secret read from a file, is not of it."""
    monkeypatch.setenv(SECRET_VARIABLE, SECRET.decode() + "\n")

    assert (SECRET, []) == (course_secret(), [*home.iterdir()])


@pytest.mark.parametrize("given", ["", " \n", "short"])
def test_a_variable_that_can_be_guessed_is_refused(home: Path, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that was set from a missing file must not mean another secret."""
    monkeypatch.setenv(SECRET_VARIABLE, given)
    with pytest.raises(UsageError, match=f"variable {SECRET_VARIABLE}: .*shorter than 32 bytes"):
        course_secret()

    assert [] == [*home.iterdir()]


@pytest.mark.parametrize("data", [b"", b"\n", b"short"])
def test_a_secret_that_can_be_guessed_is_refused(tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty file above all: hidden inputs could be drawn by everybody."""
    monkeypatch.delenv(SECRET_VARIABLE)
    path = tmp_path / "secret"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="shorter than 32 bytes"):
        course_secret(path)

    assert data == path.read_bytes()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable that helps."""
    monkeypatch.delenv(SECRET_VARIABLE)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match=f"cannot be kept there.*{SECRET_VARIABLE}"):
        course_secret(tmp_path / "file" / "secret")


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the remedy in the message; the user's own file counts."""
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    path = tmp_path / "secret"
    path.write_bytes(SECRET)
    path.chmod(0o640)
    with pytest.raises(UsageError, match=f"may read the course secret.*chmod 600 {path}"):
        course_secret(path)
    path.chmod(0o600)

    assert SECRET == course_secret(path)


@pytest.mark.parametrize("before", [None, "another folder's"], ids=["new", "link"])
def test_files_with_marks_are_the_users_alone(tmp_path: Path, before: str | None) -> None:
    """Whatever the umask; a link in the output folder is replaced, and what it leads to is left alone."""
    target, elsewhere = tmp_path / "out" / "class.html", tmp_path / "elsewhere"
    if before is not None:
        target.parent.mkdir(0o700)
        elsewhere.write_text(before)
        target.symlink_to(elsewhere)
    umask = os.umask(0)
    try:
        write_file(target, b"marks", private=True)
    finally:
        os.umask(umask)

    assert (0o600, 0o700) == (target.lstat().st_mode & 0o777, target.parent.stat().st_mode & 0o777)
    assert (b"marks", before) == (target.read_bytes(), elsewhere.read_text() if before is not None else None)


def test_a_gradebook_is_the_users_alone(tmp_path: Path) -> None:
    """A new one whatever the umask, and one that an earlier kit made for everybody."""
    path = tmp_path / "gradebook.db"
    for _ in ("new", "earlier"):
        umask = os.umask(0)
        try:
            open_gradebook(f"sqlite:///{path}").close()
        finally:
            os.umask(umask)

        assert 0o600 == path.stat().st_mode & 0o777
        path.chmod(0o644)


@pytest.mark.slow
def test_commands_that_begin_together_have_one_secret(tmp_path: Path) -> None:
    """Nobody reads half of it, and the first one to finish counts."""
    code = "from pathlib import Path; from autograder.course.secret import course_secret; "
    code += f"print(course_secret(Path({str(tmp_path / 'secret')!r})).decode())"
    environment = {key: value for key, value in os.environ.items() if key != SECRET_VARIABLE}
    commands = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, cwd=PACKAGE.parent)
        for _ in range(3)
    ]
    found = {command.communicate(timeout=300)[0] for command in commands}

    assert 1 == len(found)
    assert [tmp_path / "secret"] == [*tmp_path.iterdir()]


def test_the_course_here_has_a_fingerprint_for_each_stage() -> None:
    """All of them differ."""
    course = read_course(PACKAGE.parent)
    found = {stage_sha256(course.stage(name)) for name in course.configuration.stages}

    assert len(course.configuration.stages) == len(found)
