"""Where a student's written answer is: ``WRITTEN_ANSWER`` of a module, or a notebook's cell. Nothing is ever run."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

from autograder.model import SubmittedFile

ANSWER_NAMES = ("WRITTEN_ANSWER", "ANSWER")
NOT_TEXT = "The answer is not one string in the code: read it there."
TOO_LARGE = "The notebook is too large to be read here: open it."
FIRST_LINE = "**Your answer** ({stage}). Keep this line and write below it."
_FIRST_LINE = re.compile(r"\s*\*\*Your answer\*\* \((?P<stage>\w+)\)[^\n]*(?:\n|$)")
METADATA = "autograder"  # of a cell: {"answer": the stage's name}
MOST_CHARACTERS = 300_000  # of a module
MOST_NOTEBOOK_BYTES = 16 << 20


@dataclass(frozen=True)
class WrittenAnswer:
    """An answer and the file that it is in; ``text`` is a sentence of ours where there is none that can be read."""

    path: str
    text: str


def written_answers(
    stage: str, modules: Iterable[SubmittedFile], files: Iterable[SubmittedFile]
) -> tuple[WrittenAnswer, ...]:
    """Every answer of a submission, those of modules first; the same text once.

    Args:
        stage: cells of other stages' notebooks are left out.
        modules: the graded files of the stage.
        files: all that was sent; notebooks among them are read.
    """
    found = [WrittenAnswer(file.path, text) for file in modules if (text := _of_module(file))]
    notebooks = [file for file in files if file.path.endswith(".ipynb")]
    found += [WrittenAnswer(file.path, text) for file in notebooks if (text := notebook_answer(stage, file))]
    return tuple({one.text.strip(): one for one in reversed(found)}.values())[::-1]


def _of_module(file: SubmittedFile) -> str:
    with file.open() as stream:
        text = stream.read(4 * MOST_CHARACTERS).decode("utf-8-sig", "replace")[:MOST_CHARACTERS]
    if not any(name in text for name in ANSWER_NAMES):
        return ""
    answer = assigned_answer(text) or ""
    return answer if answer.strip() else ""


def assigned_answer(text: str) -> str | None:
    """What a module assigns to the answer's name, a sentence if it is no text, None if nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in a student's strings
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return NOT_TEXT
    values = [node.value for node in tree.body if _is_answer(node)]
    value = values[-1] if values else None
    if value is None:
        return None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else NOT_TEXT


def _is_answer(node: ast.stmt) -> TypeGuard[ast.Assign | ast.AnnAssign]:
    """Whether a statement gives the answer's name a value."""
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id in ANSWER_NAMES for target in targets)


def notebook_answer(stage: str, file: SubmittedFile) -> str:
    """The text of a notebook's answer cells for a stage; '' where nothing was written, or it is no notebook.

    A cell is one by its metadata, or by its first line where a program has dropped them.
    """
    if file.size_bytes > MOST_NOTEBOOK_BYTES:
        return TOO_LARGE
    return "\n\n".join(map(_answer_text, answer_cells(stage, file)))


def answer_cells(stage: str, file: SubmittedFile) -> list[dict[str, Any]]:
    """The answer cells of a stage in a notebook in which something is written, as they were saved."""
    if b"nswer" not in file.data:
        return []
    try:
        notebook = json.loads(file.data.decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError):
        return []
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    return [cell for cell in _cells_of(stage, cells) if _answer_text(cell)] if isinstance(cells, list) else []


def _cells_of(stage: str, cells: list[Any]) -> Iterator[dict[str, Any]]:
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") == "code":
            continue
        metadata = cell.get("metadata")
        fields = metadata.get(METADATA) if isinstance(metadata, dict) else None
        owner = fields.get("answer") if isinstance(fields, dict) else None
        line = _FIRST_LINE.match(_source(cell))
        if (owner if isinstance(owner, str) else line["stage"] if line else "") == stage:
            yield cell


def _answer_text(cell: dict[str, Any]) -> str:
    text = _FIRST_LINE.sub("", _source(cell), count=1).strip()
    return text.encode("utf-8", "replace").decode()


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""
