"""A stage's notebook with a cell for each test and each rubric criterion, as values; and a student's, made safe."""

from __future__ import annotations

import copy
import hashlib
import html
import json
import re
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from autograder.course import StageFolder
from autograder.runner.written import METADATA
from autograder.starter.bundle import stage_notebook
from autograder.starter.questions import rubric_text

Cell: TypeAlias = dict[str, Any]
Notebook: TypeAlias = dict[str, Any]
MOST_BYTES = 16 << 20
MOST_CELLS = 2000
RUBRIC = "rubric_"
SET_UP = """\
# Run this cell first: it unpacks the course's files beside this notebook and changes none of yours.
import os, sys, zipfile
if os.path.exists("starter.zip"):
    with zipfile.ZipFile("starter.zip") as bundle:
        for name in bundle.namelist():
            path = name.removeprefix("starter/")
            if not name.endswith("/") and not os.path.exists(path):
                os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
                with open(path, "wb") as file:
                    file.write(bundle.read(name))
elif not os.path.exists("course.json"):
    raise SystemExit("starter.zip is missing: put it into the folder of this notebook, then run this cell again.")
sys.path.insert(0, os.getcwd())
from pathlib import Path
from autograder.studentcli.notebook import start_notebook
start_notebook(get_ipython(), Path("{stage}").resolve())
"""
TEST_CELL = "# {points}. Graded by the kit when the work is collected, outside this notebook.\n{call}"


def graded_notebook(
    stage: StageFolder,
    call: str,
    metadata: Callable[[str, float], Mapping[str, Any]] = lambda name, points: {},
    only: Container[str] | None = None,
) -> Notebook:
    """The walk-through, then a cell for each test; ``call`` has ``{test}`` where the test's name goes.

    Args:
        stage: has the notebook and the points.
        call: the code of a test's cell.
        metadata: of a test's cell, from its name and points.
        only: the tests that get a cell; all by default.
    """
    notebook: Notebook = json.loads(stage_notebook(stage))
    cells: list[Cell] = notebook["cells"]
    for cell in cells:  # the bundle is beside this notebook, not above it
        cell["source"] = source_text(cell).replace("!cd .. && ", "!")
    cells[0]["source"] = SET_UP.replace("{stage}", stage.name)
    cells.append(_cell("markdown", "graded", "## What is graded\n\nThe cells below have the points. Do not edit them."))
    for name, points in stage.policy.test_points.items():
        if only is not None and name not in only:
            continue
        source = TEST_CELL.format(points=in_points(float(points)), call=call.format(test=name))
        cells.append(_cell("code", name, source) | {"metadata": dict(metadata(name, float(points)))})
    return notebook


def in_points(points: float) -> str:
    """A number of points in words."""
    return f"{points:g} point{'s' * (points != 1)}"


def _cell(kind: str, name: str, source: str) -> Cell:
    cell: Cell = {
        "cell_type": kind,
        "id": hashlib.sha256(f"graded:{name}".encode()).hexdigest()[:12],
        "metadata": {},
        "source": source,
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def nbgrader_notebook(stage: StageFolder) -> Notebook:
    """The source notebook for nbgrader: an autograded cell for each test, a manually graded task for each criterion.

    A criterion is a *task*, not an answer cell: nbgrader gives an answer cell that nobody changed 0 points without a
    word, and an answer may as well be in the student's module.
    """
    flags = {"grade": True, "solution": False, "task": False, "cell_type": "code"}
    notebook = graded_notebook(
        stage,
        "import autograder_points\nautograder_points.of({test!r})",
        lambda name, points: {"nbgrader": _fields(name, points) | flags},
    )
    notebook["cells"] = [one for cell in notebook["cells"] for one in _with_tasks(stage, cell)]
    asked = {name for cell in notebook["cells"] for name in cell["metadata"].get(METADATA, {}).get("question", ())}
    for criterion in stage.policy.rubric:
        if criterion not in asked:
            text = f"{_of_rubric(stage, criterion)}\n\n*Marked from your files: there is nothing to write here.*"
            notebook["cells"].append(_task(stage, criterion, text))
    return notebook


def _with_tasks(stage: StageFolder, cell: Cell) -> list[Cell]:
    """The cell of a question is the task of its one criterion; with more, a task for each is below it."""
    criteria = cell["metadata"].get(METADATA, {}).get("question", ())
    if len(criteria) == 1:
        task = _task(stage, criteria[0], source_text(cell))
        task["metadata"].update(cell["metadata"])
        return [task]
    return [cell, *(_task(stage, criterion, _of_rubric(stage, criterion)) for criterion in criteria)]


def _task(stage: StageFolder, criterion: str, text: str) -> Cell:
    task = _cell("markdown", RUBRIC + criterion, text)
    fields = {"grade": False, "solution": False, "task": True, "cell_type": "markdown"}
    task["metadata"]["nbgrader"] = _fields(RUBRIC + criterion, float(stage.policy.rubric[criterion])) | fields
    return task


def _of_rubric(stage: StageFolder, criterion: str) -> str:
    points = in_points(float(stage.policy.rubric[criterion]))
    return f"## {criterion} ({points})\n\n{rubric_text(stage, criterion)}"


def _fields(name: str, points: float) -> Cell:
    return {"grade_id": name, "points": points, "locked": True, "schema_version": 3}


class UnreadableNotebook(Exception):
    """A student's notebook cannot be used; the words say why."""


def read_notebook(path: Path) -> Notebook:
    """A student's notebook as plain values.

    Raises:
        UnreadableNotebook: too large, no JSON, of an old format, or not a notebook.
    """
    size = path.stat().st_size
    if path.is_symlink() or size > MOST_BYTES:
        raise UnreadableNotebook(f"it has {size >> 20} MiB; at most {MOST_BYTES >> 20} MiB are read")
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError):
        raise UnreadableNotebook("it is no JSON: it was not saved by Jupyter, or only in part") from None
    if not isinstance(found, dict) or not isinstance(found.get("nbformat"), int):
        raise UnreadableNotebook("it is JSON but no notebook")
    if found["nbformat"] != 4:
        raise UnreadableNotebook(f"it is of format {found['nbformat']}; open it in Jupyter and save it in format 4")
    cells = found.get("cells")
    if not isinstance(cells, list) or len(cells) > MOST_CELLS:
        raise UnreadableNotebook(f"it has no list of at most {MOST_CELLS} cells")
    return found


def clean_notebook(student: Notebook, release: Notebook) -> Notebook:
    """The student's cells in their order, with the release's graded cells in place of theirs, each exactly once.

    Outputs, metadata, attachments and raw cells of the student's are dropped; HTML in their text becomes text.
    """
    graded = {_grade_id(cell): cell for cell in release["cells"] if _grade_id(cell)}
    cells: list[Cell] = []
    for number, cell in enumerate(student["cells"]):
        name = _grade_id(cell)
        if name in graded:
            cells.append(_own(graded.pop(name)))
        elif plain := _plain_cell(cell, number):
            cells.append(plain)
    for name, cell in graded.items():
        missing = _cell("markdown", f"missing {name}", "*The next cell was missing from the submission.*")
        cells += [missing, _own(cell)]
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def unread_notebook(why: str, release: Notebook) -> Notebook:
    """The release's graded cells under a sentence that says why the student's notebook is not here."""
    words = f"**The notebook that was sent could not be read:** {html.escape(why)}. The files beside it were graded."
    return clean_notebook({"cells": [_cell("markdown", "unread", "")]}, release) | {
        "cells": [
            _cell("markdown", "unread", words),
            *(_own(cell) for cell in release["cells"] if _grade_id(cell)),
        ]
    }


def _grade_id(cell: Any) -> str:
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    fields = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = fields.get("grade_id") if isinstance(fields, dict) else None
    return name if isinstance(name, str) else ""


def _own(cell: Cell) -> Cell:
    """A copy of a released cell with its source in one piece."""
    return copy.deepcopy(cell) | {"source": source_text(cell)}


def source_text(cell: Any) -> str:
    """A cell's source, whichever way it is saved."""
    source = cell.get("source", "") if isinstance(cell, dict) else ""
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def _plain_cell(cell: Any, number: int) -> Cell | None:
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    source = source_text(cell).encode("utf-8", "replace").decode()
    if kind == "code":
        return _cell("code", str(number), source)
    return _cell("markdown", str(number), harmless(source)) if kind == "markdown" else None


def harmless(markdown: str) -> str:
    """A student's text for a page that staff open: no HTML, and no address that runs code."""
    text = html.escape(markdown, quote=False).replace("&gt;", ">")  # a quotation begins with >, and ends no tag here
    return re.sub(r"(?i)(javascript|vbscript|data)(\s*):", r"\1\2 :", text)
