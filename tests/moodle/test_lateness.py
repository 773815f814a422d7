"""Lateness comes from the worksheet, with its minutes and its time zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.moodle.files.download import read_download
from autograder.moodle.files.moodle_writer import Person, build_download, build_worksheet
from tests.moodle.samples import DUE, person

STATUS = "Submitted for grading -  - "


def lateness(folder: Path, one: Person, *, others: tuple[Person, ...] = (), zone: str = "Europe/Dublin", **sheet: bool):
    """The lateness of the first person and the notes."""
    (folder / "d.zip").write_bytes(build_download([one, *others]))
    (folder / "w.csv").write_bytes(build_worksheet([one, *others], **sheet))
    read_class = read_download(folder / "d.zip", folder / "w.csv", time_zone=zone, due_at=DUE)
    return read_class.submissions[0].lateness, read_class.notes


def sent(when: str, status: str = STATUS, due: str = "") -> Person:
    """Somebody whose last save was then."""
    return replace(person(1, "Ann", ("a.py", b"1"), status=status), submitted=when, due=due)


def test_the_stages_date_counts_where_moodle_says_nothing_else(tmp_path: Path):
    """91,800 s from Friday 17:00 to Saturday 18:30."""
    late, notes = lateness(
        tmp_path, sent("Sunday, 15 February 2026, 6:30 PM", "Submitted for grading - 1 day 1 hour late")
    )

    assert (91_800, "due date") == (late.late_seconds, late.source)
    assert () == notes


def test_an_extension_comes_before_everything(tmp_path: Path):
    """Its date is in the Status, also for those with an override."""
    status = "Submitted for grading - Extension granted until: Friday, 20 February 2026, 5:00 PM -  - "
    late, _ = lateness(
        tmp_path,
        sent("Thursday, 19 February 2026, 12:00 PM", status, "Saturday, 14 February 2026, 5:00 PM"),
        due_dates=True,
    )

    assert (0, "extension", datetime(2026, 2, 20, 17, tzinfo=UTC)) == (late.late_seconds, late.source, late.due_at)


def test_an_override_is_in_the_rows_due_date(tmp_path: Path):
    """The column holds each row's effective date; the one that most rows have is the assignment's."""
    usual = tuple(
        replace(person(number, "B", ("a.py", b"1")), due="Saturday, 14 February 2026, 5:00 PM") for number in (2, 3)
    )
    mine = sent("Monday, 16 February 2026, 10:00 AM", due="Wednesday, 18 February 2026, 5:00 PM")
    late, notes = lateness(tmp_path, mine, others=usual, due_dates=True)

    assert (0, "override") == (late.late_seconds, late.source)
    assert () == notes


def test_an_override_may_take_the_date_away(tmp_path: Path):
    """A row without a date among rows with one is never late."""
    usual = replace(person(2, "B", ("a.py", b"1")), due="Saturday, 14 February 2026, 5:00 PM")
    late, _ = lateness(tmp_path, sent("Monday, 16 March 2026, 10:00 AM"), others=(usual,), due_dates=True)

    assert (0, None) == (late.late_seconds, late.due_at)


@pytest.mark.parametrize(("status", "seconds"), [(STATUS, 0), ("Submitted for grading - 40 secs late -  - ", 1)])
def test_the_minute_of_the_due_date_is_decided_by_moodle(tmp_path: Path, status: str, seconds: int):
    """17:00:40 reads 17:00; only the Status knows the seconds."""
    late, _ = lateness(tmp_path, sent("Saturday, 14 February 2026, 5:00 PM", status))

    assert seconds == late.late_seconds


def test_the_very_minute_is_said_aloud(tmp_path: Path):
    """Where the worksheet cannot tell, the TA reads so."""
    _, notes = lateness(tmp_path, sent("Saturday, 14 February 2026, 5:00 PM"))

    assert "in the same minute" in notes[0]


def test_a_disagreement_with_moodle_is_said_aloud(tmp_path: Path):
    """Moodle calls it in time, the stage's date does not: one of the dates is wrong."""
    _, notes = lateness(tmp_path, sent("Saturday, 14 February 2026, 6:00 PM"))

    assert "in Moodle it is on time, by the dates 3600 s late" in notes[0]


def test_another_due_date_in_moodle_is_reported(tmp_path: Path):
    """Moodle's date is the one that students saw."""
    late, notes = lateness(
        tmp_path,
        sent("Saturday, 14 February 2026, 6:00 PM", due="Saturday, 14 February 2026, 7:00 PM"),
        due_dates=True,
    )

    assert 0 == late.late_seconds
    assert "Moodle's due date is 2026-02-14 19:00 GMT" in notes[0]


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("Saturday, 14 February 2026, 12:00 PM", "America/New_York", datetime(2026, 2, 14, 17, tzinfo=UTC)),
        ("Monday, 15 June 2026, 5:00 PM", "Europe/Dublin", datetime(2026, 6, 15, 16, tzinfo=UTC)),
        # the hour from 1:00 comes twice on 25 October 2026; the earlier one is taken
        ("Sunday, 25 October 2026, 1:30 AM", "Europe/Dublin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Sunday, 15 February 2026, 12:00 AM", "Europe/Dublin", datetime(2026, 2, 15, 0, 0, tzinfo=UTC)),
    ],
)
def test_dates_are_in_the_readers_zone(tmp_path: Path, text: str, zone: str, expected: datetime):
    """The worksheet's dates are in the zone of the account that downloaded it."""
    late, _ = lateness(tmp_path, sent(text), zone=zone)

    assert expected == late.submitted_at.astimezone(UTC)  # in a repeated hour dates of two zones are never equal


def test_seconds_across_a_change_of_clocks_are_real_seconds(tmp_path: Path):
    """From 28 March 2026, 23:00, to 29 March, 03:00 in Dublin are three hours, not four."""
    (tmp_path / "d.zip").write_bytes(build_download([sent("Sunday, 29 March 2026, 3:00 AM")]))
    (tmp_path / "w.csv").write_bytes(build_worksheet([sent("Sunday, 29 March 2026, 3:00 AM")]))
    due = datetime(2026, 3, 28, 23, tzinfo=UTC)
    read_class = read_download(tmp_path / "d.zip", tmp_path / "w.csv", time_zone="Europe/Dublin", due_at=due)

    assert timedelta(hours=3).total_seconds() == read_class.submissions[0].lateness.late_seconds


@pytest.mark.parametrize(("text", "zone"), [("14/02/2026 17:00", "Europe/Dublin"), (STATUS, "Dublin/Ireland")])
def test_unreadable_dates_and_zones_are_usage_errors(tmp_path: Path, text: str, zone: str):
    """Nobody is late or in time by a guess."""
    with pytest.raises(UsageError):
        lateness(tmp_path, sent(text), zone=zone)


def test_late_in_moodle_without_a_date_is_unknown(tmp_path: Path):
    """It is reported by name, and the mark is held; what Moodle calls in time needs no date."""
    late, notes = lateness(tmp_path, sent("-", "Submitted for grading - 2 hours 3 mins late - "))
    in_time, none = lateness(tmp_path, sent("-"))

    assert "Moodle calls it late and shows no date of the submission" == late.uncertain
    assert ["Participant 1 (Ann): how late it is cannot be known: " + late.uncertain] == [*notes]
    assert ("", ()) == (in_time.uncertain, none)
