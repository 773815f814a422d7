"""Attendance and gradebook exports of a running Moodle: the three formats of one export say the same of everybody."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from autograder.errors import UsageError
from autograder.final.joining import joined
from autograder.final.percentages import attendance_reader, entries, item_reader
from autograder.final.tables import read_table
from tests.moodle.more_recordings import more_folder
from tests.moodle.recorded_tables import table_names
from tests.moodle.recordings import VARIABLE

pytestmark = pytest.mark.skipif(
    not more_folder().is_dir(), reason=f"no recordings of a real class's faults here; {VARIABLE} names their folder"
)
NUMBERS = {
    "ada": 0, "bob": 1, "cian": 2, "dervla": 3, "emer": 4, "fionn": 5, "grainne": 6, "hugh": 7, "ite": 8, "jan": 9,
    "susp": 10, "susp2": 11, "ended": 12,
}  # fmt: skip
ODD = {"fionn": "1e5", "hugh": "UCD-4711/é", "ite": "", "jan": "00123456"}
WITHOUT = ("no_idents", "student_id_only", "username_only")


def people(stem: str) -> dict[str, str]:
    """User name to ID number, as they were when an export was made."""
    odd = ODD if "odd_idnumbers" in stem else {}
    return {user: odd.get(user, f"253001{number:02}") for user, number in NUMBERS.items()}


def points(stem: str) -> dict[str, Decimal | None]:
    """Last name to the percentage that the points of the text export are: ``4 / 6``; None for no session."""
    found: dict[str, Decimal | None] = {}
    for line in (more_folder() / "attendance" / f"{stem}.txt").read_text("utf-8").splitlines()[4:]:
        got, _, sessions = line.split("\t")[-2].partition(" / ")
        found[line.split("\t")[0]] = Decimal(got) / Decimal(sessions) * 100 if sessions != "0" else None
    return found


@pytest.mark.parametrize("name", table_names("attendance"))
def test_a_recorded_attendance(name: str) -> None:
    """Each person's percentage is that of the points, in each format; without ID numbers it is refused."""
    path = more_folder() / "attendance" / name
    if path.stem in WITHOUT:
        with pytest.raises(UsageError, match="tick 'ID number'"):
            read_table(path)
        return
    table = read_table(path)
    wanted = points(path.stem)
    class_ = [key for key in people(path.stem).values() if key]
    found = joined(table, class_)
    read = entries(table, found, attendance_reader(table))

    assert len(wanted) == len(found.rows) + len(found.left_out)
    assert ("ite" in name or "odd" in name) == bool(found.left_out)
    for key, row in found.rows.items():
        percent = wanted[row.cells[0]]
        assert read[key].percent == (None if percent is None else round(percent, 1))
        assert (percent is None) == read[key].unclear


@pytest.mark.parametrize("name", table_names("gradebook"))
def test_a_recorded_gradebook(name: str) -> None:
    """Every assignment and the attendance, as points or percentage, is what the export as text has."""
    path = more_folder() / "gradebook" / name
    table = read_table(path)
    text = path if path.suffix in (".csv", ".txt") else path.with_suffix(".csv")
    separator = {"semicolon": ";", "tab": "\t"}.get(path.stem.rpartition("_")[2], ",")
    rows = list(csv.DictReader(io.StringIO(text.read_text("utf-8-sig"), newline=""), delimiter=separator))
    wanted = {row["ID number"]: row for row in rows if row["ID number"]}
    found = joined(table, wanted)
    items = [name.removesuffix(" (Real)") for name in table.header if name.endswith(" (Real)")][:-1]

    assert set(wanted) == set(found.rows)
    assert len(rows) - len(wanted) == len(found.left_out)
    for item in items:
        read = entries(table, found, item_reader(table, item, Decimal(1000)))
        as_percent = f"{item} (Percentage)" in table.header
        for key, row in wanted.items():
            cell = row[f"{item} (Percentage)" if as_percent else f"{item} (Real)"].removesuffix(" %")
            is_number = cell[0].isdigit()  # "-" is no grade, and a word is one of a scale
            expected = Decimal(cell) / (1 if as_percent else 10) if is_number else None
            assert (expected, cell != "-" and not is_number) == (read[key].percent, read[key].unclear)
