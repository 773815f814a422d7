"""Cells of a student's notebooks that begin with ``%%submit PATH``: files of the stage that may not be on the disk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UsageError
from autograder.model import SubmittedFile
from autograder.runner.submitcells import submit_cells
from autograder.testing.packing import starter_digest
from autograder.testing.public_course import PublicCourse, PublicStage


@dataclass(frozen=True)
class MarkedCells:
    """What is packed from cells.

    Attributes:
        files: contents by path, where the disk has no such file or one that is as handed out.
        notes: what the student should know of them.
    """

    files: Mapping[str, bytes]
    notes: tuple[str, ...]


def read_notebooks(course: PublicCourse, stage: PublicStage, named: Path | None) -> tuple[SubmittedFile, ...]:
    """The notebook that was named, else those of the bundle's folder and of the stage's; each by its path from there.

    Raises:
        UsageError: the named one cannot be read, or is no notebook.
    """
    if named is not None:
        try:
            data = named.read_bytes()
        except OSError as error:
            raise UsageError(f"{named} cannot be read: {error.strerror}") from None
        if not _is_notebook(data):
            raise UsageError(f"{named} is no notebook: it was not saved by Jupyter, or only in part")
        inside = named.resolve().is_relative_to(course.root.resolve())
        path = named.resolve().relative_to(course.root.resolve()).as_posix() if inside else named.name
        return (SubmittedFile(path, data),)
    places = [*course.root.glob("*.ipynb"), *(course.root / stage.name).glob("*.ipynb")]
    return tuple(
        SubmittedFile(path.relative_to(course.root).as_posix(), path.read_bytes())
        for path in sorted(places)
        if path.is_file()
    )


def marked_cells(
    course: PublicCourse, stage: PublicStage, notebooks: Sequence[SubmittedFile], *, is_named: bool
) -> MarkedCells:
    """The files of marked cells that count for a stage.

    A cell counts where its file is missing or as handed out. Grading would ask a person to choose between two that
    differ, so nothing is packed then.

    Args:
        course: the bundle.
        stage: what is packed.
        notebooks: of :func:`read_notebooks`.
        is_named: the student asks for the cells of one notebook: it must have some.

    Raises:
        UsageError: a cell and its file differ, or two cells of one file; or the named notebook has none.
    """
    others = {path for one in course.stages.values() if one.name != stage.name for path in one.files}
    cells: dict[str, list[SubmittedFile]] = {}
    for cell in submit_cells(notebooks):
        if cell.path.partition("/")[0] in course.packages and cell.path not in others - {*stage.files}:
            cells.setdefault(cell.path, []).append(cell)
    if is_named and not cells:
        first = stage.files[0] if stage.files else "scratch/x.py"
        raise UsageError(
            f"{notebooks[0].path}: no cell begins with %%submit and a file of {stage.name}, as %%submit {first}"
        )
    files: dict[str, bytes] = {}
    notes = []
    for path, found in sorted(cells.items()):
        where = " and ".join(dict.fromkeys(cell.upload for cell in found))
        if len({cell.sha256 for cell in found}) > 1:
            raise UsageError(f"{path}: {len(found)} cells of {where} are this file, and they differ: keep one of them")
        data, own = found[0].data, course.root / path
        on_disk = own.read_bytes() if own.is_file() else None
        if on_disk is not None and _same_text(on_disk, data):
            continue
        if on_disk is not None and starter_digest(on_disk) != stage.starter_sha256.get(path):
            raise UsageError(
                f"{path}: the file and the cell of {where} differ, and only one of them can be graded. No zip was "
                "written.\nIf the cell is right, run it: it writes the file. If the file is right, delete the cell's "
                "first line."
            )
        files[path] = data
        state = "is as handed out" if on_disk is not None else "is not there"
        notes.append(f"{path} is packed from a cell of {where}; the file {state}. Run the cell, and check tests it too")
    return MarkedCells(files, tuple(notes))


def _same_text(one: bytes, other: bytes) -> bool:
    return one.replace(b"\r\n", b"\n").rstrip() == other.replace(b"\r\n", b"\n").rstrip()


def _is_notebook(data: bytes) -> bool:
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError):
        return False
    return isinstance(found, dict) and isinstance(found.get("cells"), list)
