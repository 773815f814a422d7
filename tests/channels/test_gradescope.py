"""The bundle for Gradescope, run as Gradescope runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from autograder.channels.gradescopebundle import gradescope_bundle
from autograder.channels.gradescoperesults import later_seed, points_of, read_sending
from tests.builders.course import STAGE
from tests.builders.notebook_course import FULL, HALF, HONEST, RIGHT, write_notebook_course

SECRET = "the secret of the tests, long enough"
METADATA = {
    "created_at": "2027-01-30T10:00:00.000000+00:00",
    "assignment": {"due_date": "2027-01-28T17:00:00.000000+00:00"},
    "users": [{"assignment": {"due_date": "2027-01-29T17:00:00.000000+00:00"}}],
    "previous_submissions": [],
}


def grade(
    folder: Path,
    bundle: bytes,
    files: Mapping[str, str],
    metadata: Mapping[str, Any] | None = None,
    python: str = sys.executable,
) -> Any:
    """Unpack the bundle where Gradescope does, run its command, and return what it wrote."""
    source = folder / "source"
    if not source.exists():
        with zipfile.ZipFile(BytesIO(bundle)) as archive:
            archive.extractall(source)
    for path, text in files.items():
        (folder / "submission" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "submission" / path).write_text(text)
    if metadata is not None:
        (folder / "submission_metadata.json").write_text(json.dumps(metadata))
    environment = {"AUTOGRADER_FOLDER": str(folder), "AUTOGRADER_PYTHON": python, "PATH": os.environ["PATH"]}
    subprocess.run(["sh", "run_autograder"], cwd=source, env=environment, timeout=300)
    return json.loads((folder / "results" / "results.json").read_text())


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The tiny stage's; without a sandbox where this machine has none."""
    from autograder.sandbox.select import doctor

    patch = pytest.MonkeyPatch()
    patch.setenv("AUTOGRADER_SECRET", SECRET)
    course = write_notebook_course(tmp_path_factory.mktemp("course"))
    made = gradescope_bundle(course, course.stage(STAGE), unsafe=not doctor().meets("container"))
    patch.undo()
    return made


def test_a_submission_has_its_points_words_and_lateness(bundle: bytes, tmp_path: Path) -> None:
    """A day late by the student's own due date: each test has its points, and the total is a tenth less."""
    found = grade(tmp_path, bundle, {"tiny.py": RIGHT}, METADATA)

    assert FULL == points_of(found)
    assert 90.0 == found["score"]
    assert "1 day late" in found["output"]
    assert {"visible", "after_published"} == {test["visibility"] for test in found["tests"]}


@pytest.mark.slow
def test_setup_makes_the_python_that_grades(bundle: bytes, tmp_path: Path) -> None:
    """All of setup.sh but the system's packages: a new environment, what pip installs, and who may read the tests."""
    source = tmp_path / "source"
    with zipfile.ZipFile(BytesIO(bundle)) as archive:
        archive.extractall(source)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "apt-get").write_text("#!/bin/sh\n")  # it would change this machine
    (tmp_path / "bin" / "python3.11").symlink_to(sys.executable)
    (tmp_path / "bin" / "apt-get").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "AUTOGRADER_FOLDER": str(tmp_path),
        "AUTOGRADER_KIT": str(tmp_path / "kit"),
    }
    done = subprocess.run(["sh", "setup.sh"], cwd=source, env=environment, capture_output=True, text=True, timeout=900)
    if done.returncode and ("No matching distribution" in done.stderr or "Connection" in done.stderr):
        pytest.skip(f"pip can install nothing here: {done.stderr[-200:]}")
    found = grade(tmp_path, bundle, {"tiny.py": RIGHT}, python=str(tmp_path / "kit" / "bin" / "python"))

    assert 0 == done.returncode, done.stderr
    assert FULL == points_of(found)
    assert 0 == (source / "kit").stat().st_mode & 0o077


def test_a_cell_of_a_notebook_is_a_file(bundle: bytes, tmp_path: Path) -> None:
    """A student who works wholly in a notebook hands in the notebook alone; what it prints and shows is not run."""
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": "%%submit scratch/tiny.py\n" + HALF}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    found = grade(tmp_path, bundle, {"work.ipynb": json.dumps(notebook)})

    assert HONEST == points_of(found)
    assert [] == [test for test in found["tests"] if "standard_normal" in test["output"]]


def test_nothing_to_grade_is_no_mark(bundle: bytes, tmp_path: Path) -> None:
    """A submission without the stage's files has no points at all, not 0, and says so."""
    found = grade(tmp_path, bundle, {"readme.txt": "hello"})

    assert {} == points_of(found)
    assert "member of staff" in found["output"]


def test_a_bundle_has_one_stage_and_no_secret_of_the_course(bundle: bytes) -> None:
    """What leaves the house: the stage, its tests and the seed of its first run."""
    with zipfile.ZipFile(BytesIO(bundle)) as archive:
        names = archive.namelist()
        texts = [archive.read(name) for name in names if name.endswith((".json", ".yml", ".txt", ".sh"))]

    assert f"kit/solutions/{STAGE}/test_hidden.py" in names
    assert [] == [text for text in texts if SECRET.encode() in text]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"users": 1, "assignment": 3, "created_at": "soon"}', "\udcff"])
def test_strange_metadata_is_unknown_and_no_fault(tmp_path: Path, text: str) -> None:
    """Gradescope's file may lack anything; then nobody is late."""
    path = tmp_path / "submission_metadata.json"
    path.write_text(text, errors="surrogateescape")
    sending = read_sending(path)

    assert (0, 0) == (sending.lateness.late_seconds, sending.earlier)


def test_later_submissions_have_other_inputs() -> None:
    """Nobody learns a hidden input by submitting again; everybody's first submission has the same ones."""
    assert "a" == later_seed("a", 0)
    assert 3 == len({later_seed("a", number) for number in range(3)})
