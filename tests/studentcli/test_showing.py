"""``autograder.show`` and the progress of ``%check``: what a student's machine has, and nothing else."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest

import autograder
from autograder.studentcli.drawing import figure_png, heading, is_drawn, table_lines
from autograder.studentcli.fresh import Progress, run_fresh
from autograder.studentcli.magics import said
from autograder.studentcli.shown import Shown, read_shown, write_shown
from autograder.testing import assert_close
from autograder.testing.assertions import CheckFailed
from autograder.testing.recording import MOST_COMPARISONS, Comparison, recording
from tests.studentcli.conftest import Bundle

WRONG = 'def double(x):\n    """Twice x."""\n    return x * x\n'
RANDOM = np.random.default_rng(3)
PNG = b"\x89PNG\r\n"


def compare(got: object, want: object) -> list[Comparison]:
    """What is kept of one check."""
    with recording() as found, contextlib.suppress(CheckFailed):
        assert_close(got, want, rtol=1e-9, label="y")
    return found


def test_nothing_is_kept_unless_it_is_wanted() -> None:
    """When grading nobody records: the check itself leaves nothing behind."""
    with recording() as outer:
        pass
    assert_close(np.ones(3), np.ones(3), rtol=0.0)

    assert [] == outer


def test_right_and_wrong_results_are_kept_with_what_differs() -> None:
    """A comparison has its label, shape, both sides, and the number of values that differ."""
    (right,) = compare(np.arange(5.0), np.arange(5.0))
    (wrong,) = compare(np.array([1.0, np.nan, 5.0]), np.array([1.0, 2.0, 3.0]))

    assert ("y", (5,), 0) == (right.label, right.shape, right.wrong)
    assert "y, shape (5,): all values agree" == heading(right)
    assert "y, shape (3,): 2 of 3 values differ" == heading(wrong)
    assert [
        "  of y[:]:",
        "                 expected         yours",
        "        [0]             1             1",
        "        [1]             2    not finite  differs",
        "        [2]             3             5  differs",
    ] == table_lines(wrong)


def test_a_table_has_what_differs_first_and_says_how_much_is_left_out() -> None:
    """Of many values those that differ are in it."""
    want = np.arange(100.0).reshape(10, 10)
    got = want + (want == 77)
    lines = table_lines(compare(got, want)[0])

    assert "     [7, 7]            77            78  differs" in lines
    assert "  … and 88 more values" == lines[-1]


@pytest.mark.parametrize(
    ("shape", "has_histogram", "drawn"),
    [
        ((), False, False),
        ((3,), False, False),
        ((300,), False, True),
        ((5, 4), False, True),
        ((2, 3, 4, 5), True, True),
    ],
)
def test_the_kind_of_plot_is_chosen_by_the_shape(shape: tuple[int, ...], has_histogram: bool, drawn: bool) -> None:
    """Few values are a table, one axis a curve, two an image, more a histogram beside an image of a part."""
    pytest.importorskip("matplotlib")
    want = RANDOM.standard_normal(shape)
    (one,) = compare(want + 1.0, want)

    assert has_histogram == bool(one.edges)
    assert drawn == is_drawn(one)
    assert not drawn or figure_png([one]).startswith(PNG)
    if has_histogram:
        assert want.size == sum(one.expected_counts) == sum(one.got_counts)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e308, -1e308])
def test_strange_values_are_drawn_all_the_same(value: float) -> None:
    """Constant arrays, infinities and the largest numbers end no figure."""
    pytest.importorskip("matplotlib")
    want = np.zeros((2, 2, 2))
    for got in (np.full((2, 2, 2), value), np.where(np.arange(8).reshape(2, 2, 2) == 1, value, -value)):
        with np.errstate(all="ignore"):
            (one,) = compare(got, want)
        assert figure_png([one]).startswith(PNG)


def test_the_last_of_many_comparisons_is_kept() -> None:
    """It is the one that failed."""
    with recording() as found:
        for number in range(39):
            assert_close(np.array([float(number)]), np.array([float(number)]), rtol=0.0)
        with pytest.raises(CheckFailed):
            assert_close(np.array([39.0]), np.array([38.0]), rtol=0.0)

    assert MOST_COMPARISONS == len(found)
    assert 1 == found[-1].wrong


def test_what_is_shown_travels_whole(tmp_path: Path) -> None:
    """From the process that ran the tests to the notebook nothing is lost."""
    want = RANDOM.standard_normal((2, 3, 4))
    shown = [Shown("test_x", "a case", "A sentence.", "failed", ("why",), tuple(compare(want + 1, want)))]
    write_shown(tmp_path / "shown.json", shown)

    assert shown == read_shown(tmp_path / "shown.json")


def test_show_has_both_results_of_a_public_test(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Outside Jupyter it is a table for each case, with why it failed."""
    bundle.write("scratch/ops.py", WRONG)
    monkeypatch.chdir(bundle.root)
    autograder.show("test_double_worked_example")
    printed = capsys.readouterr().out

    assert "test_double_worked_example [one]: failed\nTwice one number is that number added to itself.\n" in printed
    assert "y[0]: expected 2, got 1\n" in printed
    assert "y, shape (1,): 1 of 1 value differs\n" in printed
    assert "        [0]             2             1  differs\n" in printed


@pytest.mark.parametrize(
    ("tests", "words"),
    [
        (("test_double_hidden",), "no stage of this bundle has test_double_hidden among its public tests"),
        ((), "name a public test of spec.md"),
    ],
)
def test_only_public_tests_are_shown(
    bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tests: tuple[str, ...],
    words: str,
) -> None:
    """Another name is one sentence, and no traceback."""
    monkeypatch.chdir(bundle.root)
    autograder.show(*tests)

    assert words in capsys.readouterr().out


def test_a_misspelt_test_of_a_named_stage_has_its_nearest_name(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The words are those of ``check``."""
    monkeypatch.chdir(bundle.root)
    autograder.show("test_double_work_example", stage="s00")

    assert "did you mean test_double_worked_example?" in capsys.readouterr().out


def test_progress_is_a_line_for_each_case(solved: Bundle) -> None:
    """A fresh process reports each case before it begins; what it prints otherwise is kept apart."""
    steps: list[Progress] = []
    ended = run_fresh("autograder", ["check", "s00"], solved.root, steps.append, {})

    assert [(0, 3), (1, 3), (2, 3)] == [(step.done, step.total) for step in steps]
    assert "Twice random numbers." == steps[-1].sentence
    assert 0 == ended.status
    assert "5 of 5 points" in ended.printed
    assert "[0, 3" not in ended.printed


def test_a_stopped_cell_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """The student pressed the button: no traceback of ours."""

    def stopped() -> None:
        raise KeyboardInterrupt

    said(stopped)

    assert "Stopped. Your files are as they were.\n" == capsys.readouterr().out


CELLS = (
    "%load_ext autograder",
    "%check",
    "import autograder\nautograder.show('test_double_random')",
)


@pytest.mark.slow
def test_a_real_kernel_shows_one_line_of_progress_a_table_and_a_figure(bundle: Bundle) -> None:
    """As Jupyter, nbconvert and VS Code run it: the line is replaced, not repeated."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    bundle.write("scratch/ops.py", WRONG)
    path = f"import sys\nsys.path.insert(0, {str(bundle.root)!r})"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (path, *CELLS)])
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": bundle.root / "s00_tiny"}}
    ).execute()
    check, show = notebook.cells[-2].outputs, notebook.cells[-1].outputs

    assert ["display_data", "display_data"] == [one.output_type for one in check]
    assert check[0].data["text/plain"].startswith("check s00_tiny: 3 test cases, ")
    assert "text/html" in check[1].data
    assert show[0].data["text/plain"].startswith("show test_double_random: 1 test case, ")
    pictures = [one for one in show if "image/png" in one.get("data", {})]
    assert 1 == len(pictures)
    assert json.dumps(notebook).count("Traceback") == 0
