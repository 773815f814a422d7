"""otter-grader's own commands on a bundle of the kit: equal points, and no file of a student's is executed."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from autograder.channels.gradescoperesults import points_of
from autograder.channels.otterbundle import autograder_zip, student_zip
from autograder.channels.outside import grade_outside
from autograder.course import Course
from autograder.course.regions import BEGIN
from autograder.errors import SandboxFault
from autograder.model import Submission, SubmittedFile
from autograder.sandbox.select import doctor
from autograder.tester import pool
from autograder.tester.pool import PoolOptions
from tests.builders.course import STAGE
from tests.builders.notebook_course import FULL, HALF, HONEST, RIGHT, code_cell, run_tool, write_notebook_course

pytest.importorskip("otter")
SECRET = "the secret of the tests, long enough"


@dataclass(frozen=True)
class Bundle:
    """What the export wrote."""

    course: Course
    autograder: bytes
    student: bytes


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The tiny stage's; without a sandbox where this machine has none."""
    patch = pytest.MonkeyPatch()
    patch.setenv("AUTOGRADER_SECRET", SECRET)
    course = write_notebook_course(tmp_path_factory.mktemp("course"))
    stage = course.stage(STAGE)
    made = autograder_zip(course, stage, unsafe=not doctor().meets("container"))
    patch.undo()
    return Bundle(course, made, student_zip(course, stage))


class Unpickled:
    """Makes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (self.path, "w"))


@pytest.mark.slow
def test_otter_run_gives_the_kits_points_to_a_hostile_submission(bundle: Bundle, tmp_path: Path) -> None:
    """Cells that patch otter, modules that shadow it, a log of pickles: nothing runs, the honest part counts."""
    marker = tmp_path / "executed"
    shadow = f"open({str(marker)!r}, 'w')\n"
    notebook = json.loads(zipfile.ZipFile(BytesIO(bundle.student)).read(f"{STAGE}.ipynb"))
    notebook["cells"].insert(0, code_cell(shadow + "import otter\notter.test_files.GradingResults.total = 100"))
    notebook["cells"].append(code_cell("while True: pass"))
    sent = tmp_path / "sent.zip"
    with zipfile.ZipFile(sent, "w") as archive:
        archive.writestr(f"{STAGE}.ipynb", json.dumps(notebook))
        archive.writestr("scratch/tiny.py", HALF)
        archive.writestr(".OTTER_LOG", pickle.dumps(Unpickled(str(marker))))
        archive.writestr("tests/test_double.py", shadow)
        for name in ("otter", "json", "nbformat", "ipykernel_launcher", "sitecustomize"):
            archive.writestr(f"{name}.py", shadow)
    (tmp_path / "autograder.zip").write_bytes(bundle.autograder)
    run_tool(tmp_path, "otter", "run", "-a", "autograder.zip", "-o", str(tmp_path), "--no-logo", str(sent))
    found = json.loads((tmp_path / "results.json").read_text())

    assert not marker.exists()
    assert HONEST == points_of(found)
    assert {"visible", "after_published"} == {test["visibility"] for test in found["tests"]}
    assert found["execution_time"] > 0
    assert [] == [test for test in found["tests"] if "standard_normal" in test["output"]]


@pytest.mark.slow
def test_two_modules_without_a_notebook_are_graded_in_a_container(bundle: Bundle, tmp_path: Path) -> None:
    """Otter alone stops at two Python files; the container's command gives it one empty notebook."""
    source, sent = tmp_path / "source", tmp_path / "submission"
    with zipfile.ZipFile(BytesIO(bundle.autograder)) as archive:
        archive.extractall(source)
    sent.mkdir()
    (tmp_path / "results").mkdir()
    (sent / "tiny.py").write_text(RIGHT)
    (sent / "helper.py").write_text("VALUE = 1\n")
    (sent / "broken.ipynb").write_text("no JSON")
    (tmp_path / "submission_metadata.json").write_text("{}")
    environment = {**os.environ, "AUTOGRADER_FOLDER": str(tmp_path), "AUTOGRADER_PYTHON": sys.executable}
    subprocess.run(["sh", "run_autograder"], cwd=source, env=environment, timeout=600, check=True)

    assert FULL == points_of(json.loads((tmp_path / "results" / "results.json").read_text()))


def test_students_get_no_solution_and_no_hidden_test(bundle: Bundle) -> None:
    """Their zip has files without the marked regions, and a check for each public test alone."""
    with zipfile.ZipFile(BytesIO(bundle.student)) as archive:
        names = archive.namelist()
        texts = {name: archive.read(name).decode("utf-8", "replace") for name in names}

    assert "NotImplementedError" in texts["scratch/tiny.py"]
    assert [] == [name for name, text in texts.items() if BEGIN in text or "test_triple" in text]
    assert ["tests/test_double_of_one.py"] == [name for name in names if name.startswith("tests/")]


def test_a_test_file_of_the_autograder_holds_no_test(bundle: Bundle) -> None:
    """Whatever a kernel reads, it finds names and points."""
    with zipfile.ZipFile(BytesIO(bundle.autograder)) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if name.startswith("tests/")]

    assert len(FULL) == len(texts)
    assert [] == [text for text in texts if "standard_normal" in text or "assert_close" in text]


def test_without_a_sandbox_nothing_is_graded(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every channel fails closed unless its export was told otherwise."""
    weak = replace(doctor(), strength="plain")
    monkeypatch.setattr(pool, "doctor", lambda: weak)
    submission = Submission("", files=(SubmittedFile("scratch/tiny.py", RIGHT.encode()),))
    with pytest.raises(SandboxFault):
        grade_outside(bundle.course.stage(STAGE), submission, PoolOptions(1), "00" * 32)
