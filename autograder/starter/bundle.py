"""What the starter bundle holds: the same bytes each time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder import __file__ as package_file
from autograder.course import Course, StageFolder
from autograder.course.textfiles import read_text
from autograder.errors import UsageError
from autograder.stagenames import is_stage_name
from autograder.starter.conduct import PAGES, conduct_pages
from autograder.starter.firstcell import first_cell
from autograder.starter.questions import marked_criteria, question_cells
from autograder.starter.reference_use import read_reference_use
from autograder.testing.packing import STANDINS, starter_digest

# The part of the kit that runs on a student's machine; import-linter sees that it imports nothing of the staff's.
KIT = (
    "__init__.py",
    "__main__.py",
    "errors.py",
    "stagenames.py",
    "model.py",
    "picture.py",
    "hostiletext.py",
    "commandline.py",
)
KIT_FOLDERS = ("runner", "testing", "studentcli")
PUBLIC_FILES = ("spec.md", "probes.py", "test_public.py", "rubric.md")
NOTEBOOK = "notebook.ipynb"
DATASET_SUFFIXES = (".py", ".toml", ".md", ".safetensors")


def build_starter(course: Course, released: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """Every file of the bundle by its path.

    Args:
        course: with the stages that the bundle has.
        released: references that go into it, by path; none in the checked-in starter.

    Raises:
        ConfigurationError: a marked region of the reference is broken.
        UsageError: a stage lacks its specification, say.
    """
    files = bundle_files(course)
    work = {path for policy in course.configuration.stages.values() for path in policy.files}
    standins = [name for name in files if name.startswith(f"{STANDINS}/")]
    for name in standins:
        if name.removeprefix(f"{STANDINS}/") not in work:  # of a stage that is not open
            del files[name]
    files |= _kit_files(Path(package_file).parent)
    for path in sorted((course.root / "datasets").rglob("*")):
        if path.is_file() and path.suffix in DATASET_SUFFIXES:
            files[path.relative_to(course.root).as_posix()] = path.read_bytes()
    files |= {path: source.read_bytes() for path, source in course.package_files().items()}
    for name in course.configuration.stages:
        files |= _stage_files(course.stage(name))
    for name, notebook in walkthroughs(course.root).items():
        files[f"{name}/{NOTEBOOK}"] = _notebook_json(_percent(notebook, course.root), name).encode()
    files |= released or {}
    content = _course_json(course)
    # By these `update` knows which files of the course a student has changed.
    content["bundle_sha256"] = {path: starter_digest(files[path]) for path in sorted(files) if path not in work}
    files["course.json"] = (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
    return dict(sorted(files.items()))


def bundle_files(course: Course) -> dict[str, bytes]:
    """What is in ``assignments/_bundle``, with the rules of ``grading.yml`` in the pages that have them."""
    folder = course.root / "assignments" / "_bundle"
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return files | conduct_pages(course, {name: files[name] for name in PAGES if name in files})


def _kit_files(package: Path) -> dict[str, bytes]:
    paths = [package / name for name in KIT]
    for folder in KIT_FOLDERS:
        paths += sorted((package / folder).rglob("*.py"))
    return {f"autograder/{path.relative_to(package).as_posix()}": path.read_bytes() for path in paths}


def _stage_files(stage: StageFolder) -> dict[str, bytes]:
    parts = [stage.assignment / name for name in (*PUBLIC_FILES, "notebook.py")]
    missing = [str(path.relative_to(stage.root)) for path in parts if not path.is_file()]
    if missing:
        raise UsageError(f"{stage.name}: {', '.join(missing)} must be there before students get the stage")
    files = {path: text.encode() for path, text in stage.starter_files().items()}
    for name in PUBLIC_FILES:
        files[f"{stage.name}/{name}"] = (stage.assignment / name).read_bytes()
    for path in sorted((stage.assignment / "figures").glob("*.svg")):
        files[f"{stage.name}/figures/{path.name}"] = path.read_bytes()
    for path in sorted((stage.assignment / "templates").rglob("*")):
        if path.is_file():
            files[f"{stage.name}/{path.relative_to(stage.assignment).as_posix()}"] = path.read_bytes()
    files[f"{stage.name}/{NOTEBOOK}"] = stage_notebook(stage).encode()
    return files


def walkthroughs(root: Path) -> dict[str, Path]:
    """The notebooks that belong to no stage, by folder of ``assignments/``: a stage is named as one, or has probes."""
    return {
        path.parent.name: path
        for path in sorted((root / "assignments").glob("*/notebook.py"))
        if not path.parent.name.startswith("_")
        and not is_stage_name(path.parent.name)
        and not (path.parent / "probes.py").is_file()
    }


def stage_notebook(stage: StageFolder) -> str:
    """The students' notebook of a stage as JSON, with its written question."""
    return _notebook_json(_percent(stage.assignment / "notebook.py", stage.root), stage.name, stage)


def _percent(path: Path, root: Path) -> str:
    return read_text(path, path.relative_to(root).as_posix())


def _notebook_json(percent: str, folder: str, stage: StageFolder | None = None) -> str:
    """A Jupyter notebook from percent format; its cells' ids come from their contents."""
    import jupytext  # takes a second to import, and only this function needs it

    notebook = jupytext.reads(percent, fmt="py:percent")
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    cells: list[dict[str, Any]] = []
    first: tuple[str, str, dict[str, Any]] = ("code", first_cell(folder), {})
    for number, (kind, source, metadata) in enumerate([first, *_contents(notebook.cells, stage)]):
        plain: dict[str, Any] = {
            "cell_type": kind,
            "id": _cell_id(number, source),
            "metadata": metadata,
            "source": source.splitlines(keepends=True),
        }
        if kind == "code":
            plain |= {"execution_count": None, "outputs": []}
        cells.append(plain)
    return json.dumps({**dict(notebook), "cells": cells}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _contents(cells: Iterable[Any], stage: StageFolder | None) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Kind, text and metadata of each cell; the place of the written question becomes two cells."""
    for cell in cells:
        criteria = marked_criteria(cell.metadata)
        if stage is None or not criteria:
            yield cell.cell_type, cell.source, {}
            continue
        for source, metadata in question_cells(stage, cell.source, criteria):
            yield "markdown", source, metadata


def _cell_id(number: int, source: str) -> str:
    return hashlib.sha256(f"{number}:{source}".encode()).hexdigest()[:12]


def _course_json(course: Course) -> dict[str, object]:
    """What the student's commands know of the stages: nothing that is hidden."""
    stages = {}
    for name, policy in course.configuration.stages.items():
        stages[name] = {
            "title": policy.title,
            "week": policy.week,
            "due": policy.due.isoformat(),
            "files": list(policy.files),
            "resources": list(policy.resources),
            "resources_mib": policy.resources_mib,
            "points": {test: float(points) for test, points in policy.tests.public.items()},
            "hidden_points": float(sum(policy.tests.hidden.values())),
            "rubric_points": float(sum(policy.rubric.values())),
            "budgets": {test: times for test, times in policy.budgets.items() if test in policy.tests.public},
            "memory_budgets": {
                test: times for test, times in policy.memory_budgets.items() if test in policy.tests.public
            },
            "reference_use": read_reference_use(course.stage(name)),
            "starter_sha256": {
                path: starter_digest(text.encode()) for path, text in course.stage(name).starter_files().items()
            },
            "needs": course.stage(name).all_needs(),
            "packages": list(course.stage(name).runtime.packages),
            "device": policy.device.value,
            "limits": course.stage(name).limits.model_dump(),
        }
    return {
        "module": course.configuration.module.code,
        "packages": list(course.configuration.packages),
        "grader": course.configuration.grader.model_dump(exclude_none=True),
        "library_sha256": {path: starter_digest(file.read_bytes()) for path, file in course.package_files().items()},
        "stages": stages,
    }


def difference(files: Mapping[str, bytes], folder: Path) -> list[str]:
    """How a folder differs from the bundle: missing, changed or left over files."""
    there = (
        {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        if folder.is_dir()
        else set()
    )
    there = {path for path in there if "__pycache__" not in path and ".pytest_cache" not in path}
    found = [f"{path}: missing" for path in sorted(files.keys() - there)]
    found += [f"{path}: left over" for path in sorted(there - files.keys())]
    found += [
        f"{path}: differs" for path in sorted(files.keys() & there) if (folder / path).read_bytes() != files[path]
    ]
    return found
