"""``%check`` and ``%%submit`` in a notebook of the bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.model import SubmittedFile
from autograder.runner.submitcells import is_module_path, submit_cells
from autograder.studentcli.magics import Magics
from autograder.testing.public_course import read_public_course
from tests.builders.notebook_course import code_cell
from tests.studentcli.conftest import RIGHT, Bundle


def magics(bundle: Bundle) -> Magics:
    """Those of a notebook in the stage's folder."""
    return Magics(read_public_course(bundle.root), "s00_tiny")


def test_check_runs_one_test_in_a_fresh_process(solved: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    """What the terminal's command prints, for the test that was named."""
    magics(solved).check("test_double_worked_example")
    printed = capsys.readouterr().out

    assert "3 of 3 points" in printed
    assert "Not run: 1 other" in printed


def test_check_of_no_stage_is_one_sentence(bundle: Bundle) -> None:
    """In a folder that is no stage's, the stage must be named."""
    with pytest.raises(UsageError, match="name one stage"):
        Magics(read_public_course(bundle.root), "").check("")


def test_a_cell_becomes_a_file_and_nothing_is_lost(bundle: Bundle) -> None:
    """The first cell replaces the starter's file; the second replaces the student's, of which a copy is kept."""
    found = magics(bundle)
    found.submit("scratch/ops.py", RIGHT)
    assert not (bundle.root / ".autograder-backup").exists()

    found.submit("scratch/ops.py", "def double(x):\n    return x\n")
    assert RIGHT == (bundle.root / ".autograder-backup" / "scratch" / "ops.py.before-submit").read_text()
    assert "def double(x):\n    return x\n" == (bundle.root / "scratch" / "ops.py").read_text()


@pytest.mark.parametrize("path", ["", "/etc/x.py", "../x.py", "scratch/../../x.py", "scratch/x.txt", "C:x.py", "os.py"])
def test_a_cell_is_a_file_of_the_course_s_packages(bundle: Bundle, path: str) -> None:
    """No path leads out of the bundle or into the kit."""
    with pytest.raises(UsageError, match="name a file of the stage"):
        magics(bundle).submit(path, "1\n")


def test_a_cell_that_is_no_python_is_not_written(bundle: Bundle) -> None:
    """The file stays as it is, and the words name the line."""
    before = Path(bundle.root, "scratch", "ops.py").read_text()
    with pytest.raises(UsageError, match=r"was not written: .*line 1"):
        magics(bundle).submit("scratch/ops.py", "def f(:\n")
    assert before == Path(bundle.root, "scratch", "ops.py").read_text()


def test_marked_cells_are_files_of_a_submission() -> None:
    """The first line is taken away; other cells, other paths and what is no notebook give nothing."""
    import json

    cells = [
        code_cell("%%submit scratch/a.py\nx = 1\n"),
        code_cell("%%submit ../b.py\n"),
        code_cell("print('%%submit c.py')"),
    ]
    cells.append({"cell_type": "code", "source": ["%%submit scratch/d.py\n", "y = 2"]})
    notebook = json.dumps({"cells": cells, "nbformat": 4})
    files = [SubmittedFile("n.ipynb", notebook.encode()), SubmittedFile("m.ipynb", b"%%submit no JSON")]

    assert [("scratch/a.py", b"x = 1\n"), ("scratch/d.py", b"y = 2\n")] == [
        (file.path, file.data) for file in submit_cells(files)
    ]
    assert not is_module_path("a\\b.py")
