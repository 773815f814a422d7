"""The written answer in a student's notebook, packed with the files that are submitted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from autograder.model import SubmittedFile
from autograder.runner.written import answer_cells, written_answers


def packed_answers(stage: str, notebooks: Iterable[SubmittedFile]) -> tuple[SubmittedFile, ...]:
    """Notebooks of the answer cells alone, as grading reads them, for those in which something is written."""
    return tuple(SubmittedFile(one.path, _notebook(cells)) for one in notebooks if (cells := answer_cells(stage, one)))


def _notebook(cells: list[dict[str, Any]]) -> bytes:
    kept = [{name: cell.get(name) for name in ("cell_type", "metadata", "source")} for cell in cells]
    notebook = {"cells": kept, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}  # 4.4: cells need no ids
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8", "replace")


def answer_notes(stage: str, modules: Sequence[SubmittedFile], packed: Sequence[SubmittedFile]) -> list[str]:
    """Where the answer is packed from, and that there are several."""
    found = written_answers(stage, modules, packed)
    if len(found) > 1:
        return [
            f"your written answer is in {' and in '.join(one.path for one in found)}, and the texts differ: keep one"
        ]
    return [f"your written answer is packed from {found[0].path}"] if found and packed else []
