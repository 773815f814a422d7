"""Write a course folder for nbgrader: configuration, source notebooks, students."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from autograder.channels.gradednotebook import nbgrader_notebook
from autograder.commandline import counted
from autograder.course import Course, StageFolder
from autograder.errors import UsageError
from autograder.moodle.files.worksheet import read_worksheet
from autograder.outputfiles import write_file
from autograder.starter.bundle import build_starter
from autograder.starter.dated import zip_bytes

POINTS_MODULE = '''"""What the graded cells call. At home it says what happens; the kit itself writes the points."""

import os


def of(test):
    """Fail where something other than the kit's own steps grades this notebook."""
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        raise RuntimeError("the kit's configuration of nbgrader was not used: no points were made")
    print(f"{test}: graded when the work is collected. Public tests: python -m autograder check")
'''
CONFIGURATION = '''"""Made by `autograder export nbgrader`; run nbgrader's commands in this folder."""
import sys

c = get_config()
sys.path.insert(0, {kit!r})
c.CourseDirectory.course_id = {code!r}
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache"]
c.ClearSolutions.enforce_metadata = False
# The kit grades outside the kernel; the kernel sees the student's files only; of its outputs text and pictures stay.
STEPS = "autograder.channels.nbgraderchannel.steps"
PREPROCESSORS = "nbgrader.preprocessors"
c.Autograde.exporter_class = f"{{STEPS}}.CleanExporter"
c.Autograde.sanitize_preprocessors = [
    f"{{PREPROCESSORS}}.{{name}}"
    for name in ("ClearOutput", "DeduplicateIds", "OverwriteKernelspec", "OverwriteCells", "CheckCellMetadata")
]
c.Autograde.autograde_preprocessors = [
    f"{{STEPS}}.KitGrades",
    f"{{STEPS}}.RoomExecute",
    f"{{STEPS}}.KitOutputs",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    f"{{PREPROCESSORS}}.LimitOutput",
    f"{{PREPROCESSORS}}.SaveAutoGrades",
    f"{{STEPS}}.KitHolds",
    f"{{PREPROCESSORS}}.AssignLatePenalties",
    f"{{PREPROCESSORS}}.CheckCellMetadata",
]
c.ClearMetadataPreprocessor.preserve_cell_metadata_mask = [("nbgrader")]
c.KitGrades.course = c.RoomExecute.course = c.KitExtractor.course = c.KitExporter.course = {course!r}
c.KitGrades.unsafe = c.RoomExecute.unsafe = {unsafe!r}
# A student's modules are never replaced by the ones handed out.
c.Autograde.exclude_overwriting = {files!r}
c.ZipCollectApp.extractor_plugin = "autograder.channels.nbgraderchannel.collecting.KitExtractor"
c.ZipCollectApp.collector_plugin = "autograder.channels.nbgraderchannel.collecting.KitCollector"
c.ExportApp.plugin_class = "autograder.channels.nbgraderchannel.exporting.KitExporter"
'''


def export_course(
    course: Course, stages: list[StageFolder], folder: Path, worksheet: Path | None, *, unsafe: bool
) -> list[str]:
    """Write the folder, or what of it changed; returns a line for each thing done.

    Args:
        course: the checkout.
        stages: each becomes an assignment.
        folder: nbgrader's course folder.
        worksheet: Moodle's, for the students.
        unsafe: grade and execute without a sandbox.

    Raises:
        UsageError: submissions of an assignment whose graded cells changed are there already.
    """
    sources = {stage.name: _source_files(course, stage) for stage in stages}
    for stage in stages:
        _refuse_changes(folder, stage, sources[stage.name][f"{stage.name}.ipynb"])
    lines = []
    for name, files in sources.items():
        for path, data in files.items():
            write_file(folder / "source" / name / path, data)
        tests = len(course.configuration.stages[name].test_points)
        lines.append(f"{name}: source/{name}, {counted(tests, 'autograded cell')}")
    text = CONFIGURATION.format(
        kit=str(Path(__file__).parents[2]),
        code=course.configuration.module.code,
        course=str(course.root.resolve()),
        unsafe=unsafe,
        files={stage.name: list(stage.policy.files) for stage in stages},
    )
    write_file(folder / "nbgrader_config.py", text.encode())
    if unsafe:
        lines.append("without a sandbox: a student's notebook can read everything that you can (--unsafe)")
    count = _enter_people(folder, stages, worksheet)
    if worksheet is not None:
        lines.append(f"{counted(count, 'student')} of {worksheet.name}")
    return lines


def stage_bundle(course: Course, stage: StageFolder) -> bytes:
    """The students' bundle with this stage and those that it needs, as a zip."""
    wanted = {stage.name, *stage.all_needs()}
    stages = {name: policy for name, policy in course.configuration.stages.items() if name in wanted}
    small = replace(course, configuration=course.configuration.model_copy(update={"stages": stages}))
    files = build_starter(small)
    unused = ("datasets/", "standins/") if stage.runtime.packages == ("numpy",) else ()
    return zip_bytes({path: data for path, data in files.items() if not path.startswith(unused or ("\0",))})


def _source_files(course: Course, stage: StageFolder) -> dict[str, bytes]:
    notebook = json.dumps(nbgrader_notebook(stage), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    return {
        f"{stage.name}.ipynb": notebook.encode(),
        "starter.zip": stage_bundle(course, stage),
        "autograder_points.py": POINTS_MODULE.encode(),
        **{path: text.encode() for path, text in stage.starter_files().items()},
    }


def graded_cells(notebook: bytes) -> dict[str, float]:
    """Points by cell, of a notebook that this module wrote."""
    cells = json.loads(notebook)["cells"]
    fields = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
    return {one["grade_id"]: float(one["points"]) for one in fields if "points" in one}


def _refuse_changes(folder: Path, stage: StageFolder, notebook: bytes) -> None:
    """Say in words what nbgrader would refuse in a line among many: changed cells once there are submissions."""
    source, book = folder / "source" / stage.name / f"{stage.name}.ipynb", folder / "gradebook.db"
    if not source.is_file() or not book.is_file():
        return
    before, after = graded_cells(source.read_bytes()), graded_cells(notebook)
    if before == after or not _submissions(book, stage.name):
        return
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    raise UsageError(
        f"{stage.name}: nbgrader has submissions already, and it keeps the cells that it had: "
        f"{', '.join(changed)} changed. Nothing was written. Grade this class with the kit as it was, or export into a "
        "new folder and collect again"
    )


def _submissions(book: Path, assignment: str) -> int:
    query = "select count(*) from submitted_assignment join assignment on assignment_id = assignment.id where name = ?"
    with closing(sqlite3.connect(f"file:{book}?mode=ro", uri=True)) as connection:
        try:
            found: int = connection.execute(query, (assignment,)).fetchone()[0]
        except sqlite3.OperationalError:  # no tables yet
            return 0
        return found


def _enter_people(folder: Path, stages: list[StageFolder], worksheet: Path | None) -> int:
    from nbgrader.api import Gradebook  # takes a second, and only this function needs it

    rows = read_worksheet(worksheet).rows if worksheet is not None else ()
    with _own_commands(), Gradebook(f"sqlite:///{(folder / 'gradebook.db').resolve()}") as gradebook:
        for row in rows:
            gradebook.update_or_create_student(row.participant_id, last_name=row.name or row.identifier)
        for stage in stages:
            due = stage.policy.due.astimezone(UTC).replace(tzinfo=None)
            gradebook.update_or_create_assignment(stage.name, duedate=due)
    return len(rows)


@contextmanager
def _own_commands() -> Iterator[None]:
    """Put this environment's commands first: nbgrader calls alembic by its name."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before
