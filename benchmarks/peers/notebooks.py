"""The same tests as notebooks for nbgrader and otter: a cell for each test, a point each."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from autograder.course import StageFolder
from autograder.course.checks import test_names

ROOT = Path(__file__).parents[2]

# What a cell does before the tests: it collects them with pytest once and keeps their functions.
SET_UP = """
import os, sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, {root!r})
os.environ["PEER_COURSE"], os.environ["PEER_STAGE"] = {course!r}, {stage!r}
os.environ["PEER_SUBMISSION"] = os.getcwd()
from benchmarks.peers.cells import outcome_of
"""


def _set_up(stage: StageFolder) -> str:
    return SET_UP.format(root=str(ROOT), course=str(stage.root), stage=stage.name)


def is_installed(peer: str) -> bool:
    """Whether a peer can be run here; pytest always can."""
    module = {"nbgrader": "nbgrader", "otter": "otter"}.get(peer)
    return module is None or importlib.util.find_spec(module) is not None


def environment(stage: StageFolder) -> dict[str, str]:
    """What peers need in their environment."""
    return {
        "PYTHONPATH": str(ROOT),
        "PEER_COURSE": str(stage.root),
        "PEER_STAGE": stage.name,
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def _tests(stage: StageFolder) -> list[str]:
    return [name for path in (stage.public_tests, stage.hidden_tests) for name in test_names(path, str(path))]


def _cell(source: str, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": metadata or {}, "outputs": [], "source": source}


def _notebook(cells: list[dict[str, Any]]) -> str:
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4})


def _graded(name: str) -> dict[str, Any]:
    fields = {
        "grade": True,
        "grade_id": name,
        "locked": True,
        "points": 1,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    return {"nbgrader": {**fields, "cell_type": "code"}}


def prepare_nbgrader(stage: StageFolder, submissions: Path, course: Path) -> None:
    """A course folder with a source notebook, released, and every submission in place."""
    cells = [_cell(_set_up(stage))]
    cells += [_cell(f"outcome_of({name!r})", _graded(name)) for name in _tests(stage)]
    notebook = _notebook(cells)
    source = course / "source" / "stage"
    source.mkdir(parents=True)
    (source / "stage.ipynb").write_text(notebook)
    (course / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "bench"\n')
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "stage", "--force"]
    subprocess.run(command, cwd=course, env={**os.environ, **environment(stage)}, check=True, capture_output=True)
    for submission in submissions.iterdir():
        target = course / "submitted" / submission.name / "stage"
        shutil.copytree(submission, target)
        (target / "stage.ipynb").write_text(notebook)


def nbgrader_scores(course: Path) -> dict[str, float]:
    """Points by submission, so that a peer that silently grades nothing is seen."""
    query = """
        select student.id, sum(grade.auto_score) from grade
        join submitted_notebook on grade.notebook_id = submitted_notebook.id
        join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
        join student on submitted_assignment.student_id = student.id group by student.id
    """
    with sqlite3.connect(course / "gradebook.db") as connection:
        found = dict(connection.execute(query).fetchall())
    connection.close()
    return found


def otter_scores(course: Path) -> dict[str, float]:
    """Points by submission."""
    found = {}
    for path in sorted(course.glob("run-*/results.json")):
        tests = json.loads(path.read_text())["tests"]
        found[path.parent.name.removeprefix("run-")] = float(sum(test.get("score", 0) for test in tests))
    return found


OTTER_TEST = """
OK_FORMAT = False
from otter.test_files import test_case
name = {name!r}
points = 1

@test_case(points=1, hidden=False)
def test_it(outcome_of):
    assert outcome_of({name!r}) == 1.0
"""


def prepare_otter(stage: StageFolder, submissions: Path, course: Path) -> list[tuple[list[str], Path]]:
    """One command for each submission and the folder in which it runs."""
    tests = course / "tests"
    tests.mkdir(parents=True)
    for name in _tests(stage):
        (tests / f"{name}.py").write_text(OTTER_TEST.format(name=name))
    archive = shutil.make_archive(str(course / "autograder"), "zip", course, "tests")
    cells = [_cell("import otter\ngrader = otter.Notebook()"), _cell(_set_up(stage))]
    cells += [_cell(f"grader.check({name!r})") for name in _tests(stage)]
    commands = []
    for submission in sorted(submissions.iterdir()):
        (submission / "stage.ipynb").write_text(_notebook(cells))
        hand_in = shutil.make_archive(str(course / submission.name), "zip", submission)
        folder = course / f"run-{submission.name}"
        folder.mkdir()
        commands.append(
            ([str(Path(sys.executable).parent / "otter"), "run", "-a", archive, "--no-logo", hand_in], folder)
        )
    return commands
