"""``shift-dates``: next year's dates, and not another character of grading.yml."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from autograder.cli.main import cli
from autograder.course import read_course
from autograder.course.shifting import days_between, moved_dates, shifted_text, stale_comments
from autograder.errors import ConfigurationError, UsageError

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "grading.yml").read_text(encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A course whose grading.yml may be written."""
    shutil.copy(ROOT / "grading.yml", tmp_path / "grading.yml")
    for folder in ("assignments", "solutions"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    return tmp_path


def run(root: Path, *arguments: str) -> Result:
    """The command in a course."""
    return CliRunner().invoke(cli, ["--course", str(root), "shift-dates", *arguments])


def test_dates_move_and_nothing_else(root: Path) -> None:
    """52 weeks later: the same days of the week, hours and zones; all other text is as it was."""
    done = run(root, "--to", "2028-01-17", "--write")
    before, after = read_course(ROOT).configuration, read_course(root).configuration
    new = (root / "grading.yml").read_text(encoding="utf-8")

    assert 0 == done.exit_code, done.output
    assert date(2028, 1, 17) == after.module.starts
    for name, stage in after.stages.items():
        for old, moved in ((before.stages[name].due, stage.due), (before.stages[name].opens, stage.opens)):
            assert old is not None
            assert moved is not None
            assert 364 == (moved.date() - old.date()).days
            assert (old.strftime("%a %H:%M"), str(old.tzinfo)) == (moved.strftime("%a %H:%M"), str(moved.tzinfo))
    assert [line for line in TEXT.splitlines() if "202" not in line] == [
        line for line in new.splitlines() if "202" not in line
    ]
    assert len(TEXT) == len(new)
    assert "stages.s01_perceptron.due: Fri 2027-01-29 → Fri 2028-01-28 17:00 Europe/Dublin\n" in done.output


def test_without_write_the_new_text_is_printed(root: Path) -> None:
    """The list of dates is not in it, so that the output can be a file."""
    done = run(root, "--days", "364")

    assert TEXT == (root / "grading.yml").read_text(encoding="utf-8")
    assert shifted_text(TEXT, moved_dates(TEXT, 364)) == done.stdout
    assert "module.starts: Mon 2027-01-18 → Mon 2028-01-17\n" in done.stderr


@given(days=st.integers(-3000, 3000))
def test_there_and_back(days: int) -> None:
    """Dates moved by some days and back are what they were."""
    text = "module: {starts: 2027-01-18}  # Monday\nstages:\n  s01: {due: '2027-01-29 17:00 Europe/Dublin'}\n"
    there = shifted_text(text, moved_dates(text, days))

    assert text == shifted_text(there, moved_dates(there, -days))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("due: 2027-01-29 17:00 Europe/Dublin  # comment\r\n", "due: 2027-02-05 17:00 Europe/Dublin  # comment\r\n"),
        ("due: '2027-01-29 17:00 Europe/Dublin'", "due: '2027-02-05 17:00 Europe/Dublin'"),
        ('a: {due: "2027-1-9 17:00 UTC", opens: 2027-12-31}', 'a: {due: "2027-01-16 17:00 UTC", opens: 2028-01-07}'),
        ("title: Since 2027-01-29", "title: Since 2027-01-29"),
        ("# 2027-01-29\nä: 2027-01-29", "# 2027-01-29\nä: 2027-02-05"),
        ("\ufeffa: &x 2027-01-29\nb: *x\n", "\ufeffa: &x 2027-02-05\nb: *x\n"),
    ],
)
def test_layout_is_kept(before: str, after: str) -> None:
    """Comments, quotes, line ends, flow mappings, aliases; a date in a title or a comment is no value."""
    assert after == shifted_text(before, moved_dates(before, 7))


def test_another_day_of_the_week_is_refused() -> None:
    """The nearest two days that fit are named."""
    assert 364 == days_between(date(2027, 1, 18), date(2028, 1, 17))
    with pytest.raises(UsageError, match=r"2028-01-19 is a Wednesday, .* Give --to 2028-01-17 or --to 2028-01-24"):
        days_between(date(2027, 1, 18), date(2028, 1, 19))


def test_weekends_are_warned_of(root: Path) -> None:
    """A due date on a Saturday; the last day of the module may be any day."""
    lines = run(root, "--days", "365", "--write").output.splitlines()

    assert (
        "stages.s01_perceptron.due: Fri 2027-01-29 → Sat 2028-01-29 17:00 Europe/Dublin  (warning: a Saturday)" in lines
    )
    assert "module.ends: Fri 2027-05-21 → Sat 2028-05-20" in lines


def test_a_time_that_the_clocks_skip_is_refused(root: Path) -> None:
    """Clocks go forward on 26 March 2028 at 01:00; nothing is written."""
    text = TEXT.replace("due: 2027-03-19 17:00", "due: 2027-03-21 01:30")
    (root / "grading.yml").write_text(text, encoding="utf-8")
    done = run(root, "--days", "371", "--write")

    assert isinstance(done.exception, ConfigurationError)
    assert "stages.s08_cnn.due: 2028-03-26 01:30 does not exist in Europe/Dublin" in str(done.exception)
    assert text == (root / "grading.yml").read_text(encoding="utf-8")


def test_comments_with_dates_are_named() -> None:
    """They are a person's words: one beside a date, one that has a date."""
    text = "a: 2027-03-25  # before Good Friday\n# closed on 26 March\nb: 1  # points\n"

    assert [1, 2] == [int(line.split(":")[1]) for line in stale_comments(text, moved_dates(text, 7))]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give either --to DATE or --days N"),
        (["--to", "2028-01-17", "--days", "7"], "give either --to DATE or --days N"),
        (["--to", "17 January"], "--to '17 January' is not a date"),
        (["--days", "9999999"], "module.starts"),
    ],
)
def test_wrong_options_are_refused(root: Path, arguments: list[str], words: str) -> None:
    """With what is allowed; nothing is written."""
    done = run(root, *arguments, "--write")

    assert words in str(done.exception)
    assert TEXT == (root / "grading.yml").read_text(encoding="utf-8")
