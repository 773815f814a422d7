"""A student who works in a notebook alone: cells marked ``%%submit`` are packed as the files that they are."""

from __future__ import annotations

import json
import zipfile

import pytest

from autograder.errors import UsageError
from autograder.model import SubmittedFile
from autograder.runner.assembly import assemble
from autograder.runner.written import notebook_answer
from autograder.studentcli.magics import Magics
from autograder.studentcli.submitting import make_package
from autograder.testing.public_course import read_public_course
from tests.builders.notebook_course import code_cell, markdown_cell
from tests.studentcli.conftest import RIGHT, STARTER, Bundle

OTHER = 'def double(x):\n    """Twice x."""\n    return 2 * x\n'
HELPED = 'from scratch import helper\n\n\ndef double(x):\n    """Twice x."""\n    return helper.twice(x)\n'


def marked(path: str, text: str) -> dict[str, object]:
    """A cell that is a file, as Jupyter saves it: without the last line end."""
    return code_cell(f"%%submit {path}\n{text}".rstrip("\n"))


def write_notebook(bundle: Bundle, path: str, *cells: dict[str, object]) -> None:
    """Save a notebook of the student's."""
    bundle.write(path, json.dumps({"cells": [markdown_cell("# Mine"), *cells], "nbformat": 4, "nbformat_minor": 5}))


def packed(bundle: Bundle, notebook: str = "") -> dict[str, str]:
    """The zip's files."""
    course = read_public_course(bundle.root)
    package = make_package(course, course.stage("s00"), bundle.root, bundle.root / notebook if notebook else None)
    with zipfile.ZipFile(package.path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_cell_is_packed_where_the_file_is_as_handed_out(bundle: Bundle) -> None:
    """The zip has the cell's code under the file's name, opened as grading opens it, and a note says so."""
    write_notebook(bundle, "s00_tiny/notebook.ipynb", marked("scratch/ops.py", RIGHT))
    done = bundle.run("autograder", "submit", "s00")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "scratch/ops.py is packed from a cell of s00_tiny/notebook.ipynb" in " ".join(done.stdout.split())
    assert {"scratch/ops.py": RIGHT} == packed(bundle)
    assert STARTER == (bundle.root / "scratch" / "ops.py").read_text()


def test_cells_may_import_each_other_and_be_in_any_notebook_that_is_named(bundle: Bundle) -> None:
    """A helper that is only a cell goes with the file that imports it."""
    helper = "def twice(x):\n    return x + x\n"
    (bundle.root / "scratch" / "ops.py").unlink()
    write_notebook(bundle, "mine/work.ipynb", marked("scratch/ops.py", HELPED), marked("scratch/helper.py", helper))

    assert {"scratch/ops.py": HELPED, "scratch/helper.py": helper} == packed(bundle, "mine/work.ipynb")


def test_a_cell_that_was_run_is_no_conflict_here_or_when_graded(bundle: Bundle) -> None:
    """IPython ends the last line of a cell, the notebook's file does not: both are the same file."""
    write_notebook(bundle, "s00_tiny/notebook.ipynb", marked("scratch/ops.py", RIGHT))
    Magics(read_public_course(bundle.root), "s00_tiny").submit("scratch/ops.py", RIGHT)
    assert {"scratch/ops.py": RIGHT} == packed(bundle)

    course = read_public_course(bundle.root)
    package = make_package(course, course.stage("s00"), bundle.root)
    notebook = (bundle.root / "s00_tiny" / "notebook.ipynb").read_bytes()
    sent = [*package.submission.files, SubmittedFile("s00_tiny/notebook.ipynb", notebook)]
    assert RIGHT.encode() == assemble(["scratch/ops.py"], sent, {}, ["scratch"]).modules["scratch/ops.py"]


@pytest.mark.parametrize("named", ["", "s00_tiny/notebook.ipynb"])
def test_a_file_and_a_cell_that_differ_are_both_named(bundle: Bundle, named: str) -> None:
    """Nothing is packed: grading would have to ask which one is meant."""
    bundle.write("scratch/ops.py", OTHER)
    write_notebook(bundle, "s00_tiny/notebook.ipynb", marked("scratch/ops.py", RIGHT))
    with pytest.raises(UsageError, match=r"scratch/ops.py: the file and the cell of s00_tiny/notebook.ipynb differ"):
        packed(bundle, named)
    assert [] == list(bundle.root.glob("*.zip"))


def test_two_cells_that_differ_are_refused(bundle: Bundle) -> None:
    """In one notebook or in two."""
    write_notebook(bundle, "s00_tiny/notebook.ipynb", marked("scratch/ops.py", RIGHT))
    write_notebook(bundle, "mine.ipynb", marked("scratch/ops.py", OTHER))
    with pytest.raises(UsageError, match=r"2 cells of mine.ipynb and s00_tiny/notebook.ipynb are this file"):
        packed(bundle)


@pytest.mark.parametrize(
    ("text", "words"),
    [("{}", "is no notebook"), ("no JSON", "is no notebook"), ('{"cells": []}', "no cell begins with %%submit")],
)
def test_a_named_notebook_must_have_marked_cells(solved: Bundle, text: str, words: str) -> None:
    """A notebook without them was not meant, or its first lines are misspelt."""
    solved.write("mine.ipynb", text)
    with pytest.raises(UsageError, match=words):
        packed(solved, "mine.ipynb")


def test_notebooks_that_cannot_be_read_do_not_stop_submitting(solved: Bundle) -> None:
    """Only the named one must be right."""
    solved.write("broken.ipynb", b"\xff%%submit")
    write_notebook(solved, "s00_tiny/notebook.ipynb", marked("scratch/unused.py", "x = 1\n"))
    assert {"scratch/ops.py": RIGHT} == packed(solved)


def test_a_cell_that_cannot_be_imported_is_refused(bundle: Bundle) -> None:
    """With the line, as of a file."""
    write_notebook(bundle, "s00_tiny/notebook.ipynb", marked("scratch/ops.py", "import nothing_of_this_name\n"))
    with pytest.raises(UsageError, match=r"scratch/ops.py, line 1: your files cannot be imported"):
        packed(bundle)


LINE = "**Your answer** (s00_tiny). Keep this line and write below it."


def test_a_written_answer_goes_with_the_files(solved: Bundle) -> None:
    """Only the cells in which something is written; outputs and other cells stay at home."""
    write_notebook(
        solved, "s00_tiny/notebook.ipynb", markdown_cell(f"{LINE}\n\nSo it is."), code_cell("print('secret')")
    )
    done = solved.run("autograder", "submit", "s00")
    files = packed(solved)
    sent = SubmittedFile("n.ipynb", files["s00_tiny/notebook.ipynb"].encode())

    assert "your written answer is packed from s00_tiny/notebook.ipynb" in " ".join(done.stdout.split())
    assert {"scratch/ops.py", "s00_tiny/notebook.ipynb"} == files.keys()
    assert "So it is." == notebook_answer("s00_tiny", sent)
    assert "secret" not in files["s00_tiny/notebook.ipynb"]


def test_a_notebook_without_an_answer_stays_at_home(solved: Bundle) -> None:
    """The zip of a student who wrote nothing there is as it always was."""
    write_notebook(solved, "s00_tiny/notebook.ipynb", markdown_cell(LINE))

    assert {"scratch/ops.py": RIGHT} == packed(solved)


def test_answers_that_differ_are_named(solved: Bundle) -> None:
    """A TA sees both, so the student is asked to keep one."""
    solved.write("scratch/ops.py", RIGHT + 'WRITTEN_ANSWER = "Yes."\n')
    write_notebook(solved, "s00_tiny/notebook.ipynb", markdown_cell(f"{LINE}\n\nNo."))
    done = solved.run("autograder", "submit", "s00")

    assert (
        "your written answer is in scratch/ops.py and in s00_tiny/notebook.ipynb, and the texts differ: keep one"
        in (" ".join(done.stdout.split()))
    )
