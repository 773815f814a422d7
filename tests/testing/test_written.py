"""Where a written answer is found: in a module, or in a notebook's cell; whatever is in them, nothing is run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.model import SubmittedFile
from autograder.runner.written import NOT_TEXT, TOO_LARGE, answer_cells, notebook_answer, written_answers

STAGE = "s04_optimisers"
LINE = f"**Your answer** ({STAGE}). Keep this line and write below it."
MARKED = {"autograder": {"answer": STAGE}}


def notebook(*cells: Any, path: str = "n.ipynb") -> SubmittedFile:
    """A student's notebook."""
    return SubmittedFile(path, json.dumps({"cells": cells, "nbformat": 4}).encode())


def cell(source: object, metadata: object = None, kind: str = "markdown") -> dict[str, object]:
    """A cell as Jupyter saves it."""
    return {"cell_type": kind, "metadata": metadata if metadata is not None else {}, "source": source}


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        (b'WRITTEN_ANSWER = "yes"', ["yes"]),
        (b'WRITTEN_ANSWER: str = """two\nlines"""', ["two\nlines"]),
        (b'WRITTEN_ANSWER = ("joined " "up")', ["joined up"]),
        (b'WRITTEN_ANSWER = print("run")', [NOT_TEXT]),
        (b'WRITTEN_ANSWER = "a"\ndef broken(', [NOT_TEXT]),
        (b"\xff\x00 WRITTEN_ANSWER", [NOT_TEXT]),
        (b"(" * 5000 + b"WRITTEN_ANSWER", [NOT_TEXT]),
        (b'WRITTEN_ANSWER = " "', []),
        (b"x = 1", []),
    ],
)
def test_the_answer_of_a_module_is_read_and_never_run(source: bytes, answer: list[str]) -> None:
    """A plain string; of anything else the page says where to look."""
    found = written_answers(STAGE, [SubmittedFile("scratch/optim.py", source)], [])

    assert answer == [one.text for one in found]


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (cell(f"{LINE}\n\nBecause.", MARKED), "Because."),
        (cell([f"{LINE}\n", "\n", "In ", "pieces."], MARKED), "In pieces."),
        (cell("The line is gone.", MARKED), "The line is gone."),
        (cell(f"{LINE}\nThe metadata is gone."), "The metadata is gone."),
        (cell(f"{LINE}\nA raw cell.", MARKED, "raw"), "A raw cell."),
        (cell("**Your answer** (s04_optimisers)\nA shorter line."), "A shorter line."),
        (cell(LINE, MARKED), ""),
        (cell(f"{LINE}\n \n", MARKED), ""),
        (cell(f"{LINE}\nx", MARKED, "code"), ""),
        (cell("**Your answer** (s05_training). Keep\nAnother stage's."), ""),
        (cell("Another stage's.", {"autograder": {"answer": "s05_training"}}), ""),
        (cell("No question.", {"autograder": "answer"}), ""),
        (cell({"answer": 1}, {"autograder": {"answer": ["s04_optimisers"]}}), ""),
        ("answer", ""),
    ],
)
def test_the_answer_of_a_notebook_is_in_its_cell(one: Any, text: str) -> None:
    """Known by its metadata, or by its first line where a program dropped them; nothing written is no answer."""
    assert text == notebook_answer(STAGE, notebook(one))


@pytest.mark.parametrize("data", [b"", b"answer", b"[" * 100_000 + b"answer", b'{"cells": "answer"}', b'"answer"'])
def test_what_is_no_notebook_has_no_answer(data: bytes) -> None:
    """Broken files cost nobody else, and nothing ends."""
    assert [] == answer_cells(STAGE, SubmittedFile("n.ipynb", data))


def test_a_huge_notebook_is_not_read() -> None:
    """A sentence says to open it."""
    data = b'{"cells": ["answer"]}' + b" " * (17 << 20)

    assert TOO_LARGE == notebook_answer(STAGE, SubmittedFile("n.ipynb", data))


def test_every_answer_is_shown_once_with_its_place() -> None:
    """The module's first; the same text in a notebook is no second answer, another text is."""
    module = SubmittedFile("scratch/optim.py", b'WRITTEN_ANSWER = "Because."')
    same = notebook(cell(f"{LINE}\n\nBecause.\n", MARKED), path="a.ipynb")
    other = notebook(cell(f"{LINE}\nIn other words.", MARKED), path="b.ipynb")

    assert [("scratch/optim.py", "Because."), ("b.ipynb", "In other words.")] == [
        (one.path, one.text) for one in written_answers(STAGE, [module], [module, same, other])
    ]


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.just(STAGE),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["cells", "metadata", "source", "x"]), inner),
        max_leaves=20,
    )
)
def test_any_json_is_read_without_an_exception(value: Any) -> None:
    """Whatever somebody saved under that name."""
    data = json.dumps({"cells": [value, {"cell_type": "markdown", "metadata": MARKED, "source": value}]}).encode()

    assert isinstance(notebook_answer(STAGE, SubmittedFile("n.ipynb", data)), str)
