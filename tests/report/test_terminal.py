"""Tables and progress for the terminal."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from autograder.report.terminal import class_lines, class_table, progress
from tests.report import samples
from tests.report.reading import dangerous_characters
from tests.report.strategies import LONG_TEXT


def printed(*tables: object) -> str:
    """What a terminal of 120 columns without colours gets."""
    console = Console(width=120, file=io.StringIO(), color_system=None, legacy_windows=False)
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
