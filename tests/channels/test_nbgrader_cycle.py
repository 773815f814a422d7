"""A whole cycle of nbgrader's plain commands: the kit's points, whatever the notebooks do."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.channels.compared import compare_and_publish, import_manual
from autograder.channels.gradednotebook import RUBRIC, source_text
from autograder.channels.nbgradercourse import export_course
from autograder.channels.nbgradergrades import read_grades
from autograder.course import Course
from autograder.errors import SandboxFault, UsageError
from autograder.moodle.files.moodle_writer import Person, SentFile, build_download, build_worksheet
from autograder.moodle.files.system import MoodleFiles
from autograder.pipeline import GradingRequest, grade_download
from autograder.sandbox.select import doctor
from autograder.tester.pool import PoolOptions
from tests.builders.course import STAGE
from tests.builders.notebook_course import (
    FULL,
    HALF,
    HONEST,
    RIGHT,
    code_cell,
    markdown_cell,
    run_tool,
    write_notebook_course,
)

pytest.importorskip("nbgrader")
pytestmark = pytest.mark.slow
WHEN = "Friday, 29 January 2027, 3:00 PM"
Edit = Callable[[dict[str, Any]], None]


def _hijack(notebook: dict[str, Any]) -> None:
    line = 'get_ipython().input_transformers_cleanup.append(lambda lines: ["99.0\\n"])'
    notebook["cells"].insert(0, code_cell(line))


def _values_as_text(notebook: dict[str, Any]) -> None:
    graded = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]
    for cell, source in zip(graded, ("import numpy; numpy.float64(1)", "False", "-1.0", "99.0"), strict=True):
        cell["source"] = source
    notebook["cells"].append(code_cell("import sys, warnings; print('x', file=sys.stderr); warnings.warn('y')"))


def _delete_and_double(notebook: dict[str, Any]) -> None:
    graded = [cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
    notebook["cells"] = [*notebook["cells"][:2], graded[0], graded[0], graded[3]]


def _die(notebook: dict[str, Any]) -> None:
    notebook["cells"].insert(1, code_cell("import os; os._exit(1)"))


def _look_around(notebook: dict[str, Any]) -> None:
    found = """
import os
for folder in ("{course}", "{home}"):
    print(folder, os.path.exists(folder + "/grading.yml"), os.path.exists(folder + "/gradebook.db"))
print("SEEN", [path for path in ("{course}", "{home}", "/home", "/var", "/etc/passwd") if os.path.exists(path)])
print("ENVIRONMENT", "AUTOGRADER_SECRET" in os.environ, os.getuid() if os.getuid() else "mapped")
"""
    notebook["cells"].insert(1, code_cell(found))
    html = "<script>alert(1)</script> <img src=x onerror=alert(2)> [here](javascript:alert(3))"
    notebook["cells"].append(markdown_cell(html))
    notebook["cells"].append(code_cell("from IPython.display import HTML\nHTML('<script>alert(4)</script>')"))


def _answer(notebook: dict[str, Any]) -> None:
    cell = next(cell for cell in notebook["cells"] if "**Your answer**" in source_text(cell))
    cell["source"] = source_text(cell) + "\n\nBecause it is linear, <b>said I</b>."


def _endless(notebook: dict[str, Any]) -> None:
    notebook["cells"].insert(1, code_cell("while True:\n    print('x' * 1000)"))


@dataclass(frozen=True)
class Sent:
    """A participant's upload: the module, and what was done to the notebook; None for no notebook."""

    module: str
    edit: Edit | None
    raw: bytes = b""

    @property
    def points(self) -> Mapping[str, float]:
        """Of every test."""
        return FULL if self.module == RIGHT else HONEST


SENT: Mapping[int, Sent] = {
    101: Sent(RIGHT, _answer),
    102: Sent(HALF, _hijack),
    103: Sent(HALF, _values_as_text),
    104: Sent(HALF, _delete_and_double),
    105: Sent(RIGHT, _die),
    106: Sent(HALF, _look_around),
    107: Sent(RIGHT, _endless),
    108: Sent(RIGHT, None),
    109: Sent(HALF, None, b"this is no JSON"),
    110: Sent(HALF, None, b'{"nbformat": 3, "worksheets": []}'),
}


@dataclass(frozen=True)
class Cycle:
    """Everything after autograde and generate_feedback."""

    course: Course
    folder: Path
    marks: Path
    printed: str

    def autograded(self, participant: int) -> dict[str, Any]:
        """The executed notebook."""
        path = self.folder / "autograded" / str(participant) / STAGE / f"{STAGE}.ipynb"
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def outputs(self, participant: int) -> str:
        """All outputs of it as text."""
        return json.dumps([cell.get("outputs") for cell in self.autograded(participant)["cells"]])


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Cycle:
    """Export, generate_assignment, zip_collect, autograde, generate_feedback; and the kit's own grade."""
    if not doctor().namespaces:
        pytest.skip("a kernel needs mounts of its own, which this machine does not allow")
    patch = pytest.MonkeyPatch()
    patch.setenv("AUTOGRADER_SECRET", "the secret of the tests, long enough")
    root = tmp_path_factory.mktemp("notebooks")
    course, folder, marks = write_notebook_course(root / "course"), root / "nbgrader", root / "marks"
    stage = course.stage(STAGE)
    people = [
        Person(number, f"Student {number}", status="Submitted for grading -  - ", submitted=WHEN) for number in SENT
    ]
    worksheet = root / "Grades.csv"
    worksheet.write_bytes(build_worksheet(people, maximum="10.00"))
    export_course(course, [stage], folder, worksheet, unsafe=False)
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write("c.Execute.timeout = 3\n")
    run_tool(folder, "nbgrader", "generate_assignment", STAGE)
    release = (folder / "release" / STAGE / f"{STAGE}.ipynb").read_text()
    download = root / "download.zip"
    download.write_bytes(build_download([_person(one, SENT[one.number or 0], release, root) for one in people]))
    archive = folder / "downloaded" / STAGE / "archive"
    archive.mkdir(parents=True)
    (archive / "download.zip").write_bytes(download.read_bytes())
    run_tool(folder, "nbgrader", "zip_collect", STAGE)
    printed = run_tool(folder, "nbgrader", "autograde", STAGE)
    run_tool(folder, "nbgrader", "generate_feedback", STAGE)
    source = MoodleFiles(download, worksheet, "Europe/Dublin")
    url = f"sqlite:///{marks / 'gradebook.db'}"
    grade_download(course, stage, GradingRequest(source, marks, url, options=PoolOptions(workers=1)))
    patch.undo()
    return Cycle(course, folder, marks, printed)


def _person(person: Person, sent: Sent, release: str, root: Path) -> Person:
    from dataclasses import replace
    from datetime import datetime

    saved = datetime(2027, 1, 29, 15)  # noqa: DTZ001  # the server's clock
    files = [SentFile("scratch/tiny.py", sent.module.encode(), saved)]
    if sent.raw:
        files.append(SentFile(f"{STAGE}.ipynb", sent.raw, saved))
    elif sent.edit is not None:
        notebook = json.loads(release)
        sent.edit(notebook)
        text = json.dumps(notebook).replace("{course}", str(root / "course")).replace("{home}", str(root / "nbgrader"))
        files.append(SentFile(f"{STAGE}.ipynb", text.encode(), saved))
    return replace(person, files=tuple(files))


def test_the_points_are_the_kits_whatever_the_notebook_does(cycle: Cycle) -> None:
    """Hijacked cells, values that nbgrader takes for full marks, deleted cells, dead kernels, broken notebooks."""
    grades = read_grades(cycle.folder / "gradebook.db", STAGE)

    assert {str(number): dict(sent.points) for number, sent in SENT.items()} == {
        student: {name: grade.automatic for name, grade in cells.items() if not name.startswith(RUBRIC)}
        for student, cells in grades.cells.items()
    }


def test_every_written_answer_waits_for_a_person(cycle: Cycle) -> None:
    """Nbgrader gives an unchanged answer cell 0 points without a word: criteria are tasks, which it never does."""
    grades = read_grades(cycle.folder / "gradebook.db", STAGE)

    assert {(None, True)} == {
        (cells[f"{RUBRIC}written"].automatic, cells[f"{RUBRIC}written"].waiting) for cells in grades.cells.values()
    }


def test_the_question_is_the_task_and_its_answer_is_below(cycle: Cycle) -> None:
    """One cell has the question and the rubric, the next what the student wrote, as text."""
    cells = cycle.autograded(101)["cells"]
    tasks = [one for one in cells if one["metadata"].get("nbgrader", {}).get("task")]
    answer = source_text(cells[cells.index(tasks[0]) + 1])

    assert [f"{RUBRIC}written"] == [one["metadata"]["nbgrader"]["grade_id"] for one in tasks]
    assert "Why is twice minus x minus twice x?" in source_text(tasks[0])
    assert "* 5: says why twice minus x" in source_text(tasks[0])
    assert "Because it is linear, &lt;b>said I&lt;/b>." in answer
    assert 1 == sum("Because it is linear" in source_text(one) for one in cells)


def test_nothing_hidden_reaches_the_kernel_or_the_feedback(cycle: Cycle) -> None:
    """A kernel sees no course, gradebook or secret; feedback has no line of a hidden test, and no live HTML."""
    seen = cycle.outputs(106)
    pages = [path.read_text() for path in (cycle.folder / "feedback").rglob("*.html")]

    assert "SEEN []" in seen
    assert "ENVIRONMENT False" in seen
    assert "True" not in seen.split("SEEN")[0]
    assert len(SENT) == len(pages)
    assert [] == [word for word in ("standard_normal", "reference.double") for page in pages if word in page]
    assert [] == [number for page in pages for number in (1, 2, 4) if f"<script>alert({number})" in page]
    assert [] == [page for page in pages if "<img src=x" in page or 'href="javascript' in page]


def test_what_cannot_be_read_is_said_and_graded_all_the_same(cycle: Cycle) -> None:
    """A notebook that is no JSON, or of format 3, is named; the files beside it have their points."""
    first = ["".join(cycle.autograded(number)["cells"][0]["source"]) for number in (109, 110)]

    assert "no JSON" in first[0]
    assert "format 3" in first[1]


def test_the_export_finds_equal_points_and_holds_what_differs(cycle: Cycle) -> None:
    """Somebody who writes into nbgrader's gradebook changes no mark: it is held."""
    database, stage = cycle.folder / "gradebook.db", cycle.course.stage(STAGE)
    lines = compare_and_publish(cycle.course, stage, database, cycle.marks)
    assert f"{len(SENT)} submissions with equal points in every test, 0 held now" in lines

    with closing(sqlite3.connect(database)) as connection:
        kept = connection.execute("select id, auto_score from grade").fetchall()
        first = connection.execute("select min(id) from grade where auto_score = 0").fetchone()
        connection.execute("update grade set auto_score = 40.0 where id = ?", first)
        connection.commit()
    lines = compare_and_publish(cycle.course, stage, database, cycle.marks)
    with closing(sqlite3.connect(database)) as connection:
        connection.executemany("update grade set auto_score = ? where id = ?", [(score, key) for key, score in kept])
        connection.commit()

    assert f"{len(SENT) - 1} submissions with equal points in every test, 1 held now" in lines
    assert any("nbgrader has 40, the kit" in line for line in lines)


def test_manual_marks_come_back_and_conflicts_are_named(cycle: Cycle) -> None:
    """Points typed in the formgrader become rubric points; another value later is a conflict."""
    database, stage = cycle.folder / "gradebook.db", cycle.course.stage(STAGE)
    _type(database, "101", 4.5)
    first = import_manual(cycle.course, stage, database, cycle.marks, "Ann", overwrite=False)
    _type(database, "101", 3.0)
    second = import_manual(cycle.course, stage, database, cycle.marks, "Ann", overwrite=False)
    third = import_manual(cycle.course, stage, database, cycle.marks, "Ann", overwrite=True)

    assert "1 rubric mark, 0 remarks, 0 conflicts" in first
    assert "conflict: 101: written: 3 in nbgrader, 4.5 in the kit: the kit's stays" in second
    assert "1 rubric mark, 0 remarks, 0 conflicts" in third


def _type(database: Path, student: str, points: float) -> None:
    query = """
        update grade set manual_score = ? where cell_id in (select id from base_cell where name = 'rubric_written')
        and notebook_id in (select submitted_notebook.id from submitted_notebook join submitted_assignment
            on submitted_notebook.assignment_id = submitted_assignment.id where student_id = ?)
    """
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(query, (points, student))
        connection.commit()


def test_changed_cells_are_refused_once_there_are_submissions(cycle: Cycle) -> None:
    """Nbgrader says it in one line among many; the export says it before it writes anything."""
    path = cycle.folder / "source" / STAGE / f"{STAGE}.ipynb"
    before = path.read_text()
    path.write_text(before.replace('"points": 40.0', '"points": 41.0'))
    try:
        with pytest.raises(UsageError, match="test_double changed"):
            export_course(cycle.course, [cycle.course.stage(STAGE)], cycle.folder, None, unsafe=False)
    finally:
        path.write_text(before)


def test_without_mounts_of_its_own_no_kernel_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail closed: the words name --unsafe."""
    from dataclasses import replace

    from autograder.channels import roomkernel

    report = replace(doctor(), namespaces="")
    monkeypatch.setattr(roomkernel, "doctor", lambda: report)
    with pytest.raises(SandboxFault, match="--unsafe"):
        roomkernel.room_settings([])
