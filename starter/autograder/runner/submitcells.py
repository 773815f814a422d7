"""Cells of a notebook that are files of a submission: ``%%submit scratch/optim.py`` is their first line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from autograder.model import SubmittedFile

_FIRST_LINE = re.compile(r"\s*%%submit[ \t]+(\S+)[ \t]*\r?\n")
_MARK = b"%%submit"


def submit_cells(files: Iterable[SubmittedFile]) -> tuple[SubmittedFile, ...]:
    """The files that notebooks among these have in marked cells; each cell is a whole file.

    Nothing is executed. What is no notebook, or has no marked cell, gives none.
    """
    return tuple(found for file in files if file.path.endswith(".ipynb") for found in _of_notebook(file))


def _of_notebook(file: SubmittedFile) -> list[SubmittedFile]:
    data = file.data
    if _MARK not in data:
        return []
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError):
        return []
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    found = []
    for cell in cells if isinstance(cells, list) else ():
        source = cell_text(cell)
        match = _FIRST_LINE.match(source) if source else None
        if match and is_module_path(match[1]):
            text = source[match.end() :].encode("utf-8", "replace")
            text += b"" if text.endswith(b"\n") else b"\n"  # as IPython does when the cell is run and writes the file
            found.append(SubmittedFile(match[1], text, file.path, file.uploaded_at))
    return found


def cell_text(cell: Any) -> str:
    """The source of a code cell, whichever way it is saved; '' of anything else."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return ""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def is_module_path(path: str) -> bool:
    """Whether a cell may be this file: a relative path of a Python file, without ``..``."""
    parts = PurePosixPath(path).parts
    return (
        path.endswith(".py") and "\\" not in path and not path.startswith("/") and ".." not in parts and ":" not in path
    )
