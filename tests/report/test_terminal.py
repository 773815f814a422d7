"""Tables and progress for the terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from autograder.model import Outcome
from autograder.report.terminal import class_lines, class_table, compact_table, legend, progress
from tests.report import samples
from tests.report.reading import dangerous_characters
from tests.report.strategies import LONG_TEXT


def printed(*tables: object, width: int = 120) -> str:
    """What a terminal of so many columns without colours gets."""
    console = Console(width=width, file=io.StringIO(), color_system=None, legacy_windows=False)
    for table in tables:
        console.print(table)
    return console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above


def test_every_participant_has_a_row():
    """Marks, states and one sign a test."""
    text = printed(class_table(samples.rows(*samples.a_class()), samples.SUMMARY))

    assert "41210  Aoife Ní Bhriain                      30  marked, 2 d late   0.29  FF·FF·E–" in text
    assert "held" in text
    assert "nothing" in text


@settings(max_examples=60)
@given(name=LONG_TEXT)
def test_names_cannot_steer_the_terminal(name: str):
    """No control character gets through and nothing is read as markup."""
    one = samples.graded("41210", name, samples.all_passed())
    text = printed(class_table(samples.rows(one), samples.SUMMARY))

    assert set() == dangerous_characters(text)


def test_markup_in_names_is_text():
    """Square brackets are shown, not obeyed."""
    one = samples.graded("41210", "[red]Ann[/red]", samples.all_passed())

    assert "[red]Ann[/red]" in printed(class_table(samples.rows(one), samples.SUMMARY))


def test_class_in_sentences():
    """Counts first, then the middle of the class."""
    expected = (
        "16 participants, 15 submitted, 14 marked, 1 held, 1 late.",
        "Median 55 of 100 points; half of the marks are from 43.5 to 82.",
        "Held: rubric not filled in: 1 (41215)",
        "Held: test_adamw_decays_apart_from_the_gradient: grader fault: 1 (41215)",
    )

    assert expected == class_lines(samples.rows(*samples.a_class()), samples.SUMMARY)


@settings(max_examples=20)
@given(names=st.lists(LONG_TEXT, max_size=3))
def test_progress_shows_names_as_text(names: list[str]):
    """Hostile names neither break the bar nor reach the terminal as they are."""
    file = io.StringIO()
    with progress("grading", Console(file=file, width=100, color_system=None)) as start:
        advance = start(len(names))
        for name in names:
            advance(name)

    assert set() == dangerous_characters(file.getvalue())


def test_nothing_is_drawn_when_there_is_nothing_to_do():
    """An error before the first submission is not preceded by an empty bar."""
    file = io.StringIO()
    with progress("grading", Console(file=file, width=100, color_system=None, force_terminal=True)) as start:
        start(0)

    assert "" == file.getvalue()


def test_a_bar_that_was_drawn_ends_with_its_last_state():
    """Also where more was added on the way."""
    file = io.StringIO()
    with progress("grading", Console(file=file, width=100, color_system=None)) as start:
        start(1)("a")
        start(1)("b")

    assert "2/2" in file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_the_table_fits(width: int):
    """With long names and many tests: each row has its mark, its state and every sign, and no line is too long."""
    summary = replace(samples.SUMMARY, points={f"test_{index}": 1.0 for index in range(48)})
    rows = [replace(row, outcomes=(Outcome.FORBIDDEN,) * 48) for row in samples.rows(*samples.a_class())]
    rows[0] = replace(rows[0], name="Aoife Ní Bhriain-O’Shaughnessy of Ballynahinch", points=99.75, held=("a",))
    text = printed(class_table(rows, summary, width), width=width)

    assert [] == [line for line in text.splitlines() if len(line) > width]
    assert 16 * 48 == text.count("X")
    assert "99.75" in text
    assert "held" in text
    assert "d late" in text


def test_the_legend_has_the_signs_that_occur():
    """No others."""
    assert "· passed, F failed, E error, – not reached" == legend(samples.rows(samples.partly_right()))


def test_an_unfilled_rubric_is_one_line():
    """For 140 people; a reason with many people has no names."""
    reasons = ("rubric: clarity has not been marked", "rubric: written has not been marked")
    rows = samples.rows(*(samples.graded(str(index), "Ann", [], held=reasons) for index in range(140)))

    assert ("140 participants, 140 submitted, 0 marked, 140 held, 0 late.", "Held: rubric not filled in: 140") == (
        class_lines(rows, samples.SUMMARY)
    )


@pytest.mark.parametrize("width", [60, 80])
def test_a_table_of_stages_cuts_no_name(width: int) -> None:
    """The longest name of a stage, with the counts of ``prove``, fits 60 columns."""
    table = compact_table("Contract", "stage", "tests", "killed", "passed", "hints", "seeds", "CPU s")
    table.add_row("s06_normalisation", "167", "124/124", "18/18", "119/124", "20/20", "12.638")
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(table)

    assert ["s06_normalisation", "167", "124/124", "18/18", "119/124", "20/20", "12.638"] == (
        console.export_text().splitlines()[-1].split()
    )
