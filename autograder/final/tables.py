"""Tables with a row for each person: Moodle's exports as text or spreadsheet, and plain CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course.textfiles import read_sheet
from autograder.errors import UsageError
from autograder.final.spreadsheets import is_spreadsheet, read_spreadsheet
from autograder.hostiletext import short_line
from autograder.moodle.files.csvtext import SEPARATORS, parse_csv

Lines = list[tuple[int, list[str]]]

# the first of these that a table has: in Moodle's attendance "Student ID" is the account's number
_ID_HEADERS = ("id number", "id_number", "idnumber", "student number", "student id")
_OF_ATTENDANCE = "taken sessions"  # only Moodle's attendance has such a column
_REMEDY = "in Moodle's export, tick 'ID number'"


@dataclass(frozen=True)
class Row:
    """One person's row.

    Attributes:
        key: the ID number as it is written there.
        line: of the file or the sheet.
        cells: in the header's order; the last ones may be left out.
        fault: why nothing of it can be read; '' if it can.
    """

    key: str
    line: int
    cells: Sequence[str]
    fault: str = ""

    def cell(self, place: int) -> str:
        """A cell; '' where the row ends before it."""
        return self.cells[place].strip() if place < len(self.cells) else ""


@dataclass(frozen=True)
class Table:
    """Rows by ID number, in the file's order.

    Attributes:
        source: the file's name.
        header: its words.
        line: of the header.
        rows: an ID number may occur twice.
        left_out: a line for each row without an ID number.
    """

    source: str
    header: tuple[str, ...]
    line: int
    rows: tuple[Row, ...]
    left_out: tuple[str, ...] = ()

    def where(self, row: Row) -> str:
        """A row's place in a message."""
        return f"{self.source}:{row.line}"

    @property
    def words(self) -> str:
        """The header's words, for a message."""
        return "; ".join(short_line(one) for one in self.header if one)

    def place_of(self, names: Sequence[str]) -> int | None:
        """Return the column with the first of these names that there is, whatever its capitals; None without one.

        Raises:
            UsageError: two columns have it.
        """
        folded = [name.casefold() for name in self.header]
        for name in names:
            count = folded.count(name.casefold())
            if count > 1:
                raise UsageError(f"{self.source}:{self.line}: {count} columns are called {name!r}; allowed: one")
            if count:
                return folded.index(name.casefold())
        return None

    def column(self, name: str) -> int:
        """Return the column with this name.

        Raises:
            UsageError: there is none, or two.
        """
        place = self.place_of([name])
        if place is None:
            raise UsageError(f"{self.source}:{self.line}: no column {name!r}; there are: {self.words}")
        return place


def read_table(path: Path) -> Table:
    """Return the table in a file that has a column of ID numbers; lines before the header are left out.

    Raises:
        UsageError: the file cannot be read, or has no such column.
    """
    for lines in [read_spreadsheet(path)] if is_spreadsheet(path) else _readings(path):
        for place, (line, cells) in enumerate(lines):
            names = tuple(cell.strip() for cell in cells)
            folded = [name.casefold() for name in names]
            of_attendance = _OF_ATTENDANCE in folded
            if len(names) > 1 and (of_attendance or not set(_ID_HEADERS).isdisjoint(folded)):
                _check_attendance(path.name, line, folded)
                table = Table(path.name, names, line, ())
                column = table.place_of(_ID_HEADERS)
                return _filled(table, lines[place + 1 :], column or 0)
    raise UsageError(f"{path.name}:1: no column of ID numbers; allowed: a column called 'ID number' ({_REMEDY})")


def _check_attendance(source: str, line: int, folded: Sequence[str]) -> None:
    if _OF_ATTENDANCE not in folded or not set(_ID_HEADERS[:-1]).isdisjoint(folded):
        return
    what = "no column 'ID number'"
    if _ID_HEADERS[-1] in folded:
        what += ": 'Student ID' is Moodle's own number of the account, which nothing else has"
    raise UsageError(f"{source}:{line}: {what}; {_REMEDY} beside 'Student ID' and export again")


def _readings(path: Path) -> list[Lines]:
    """A text file as tables: with each separator with which it is one."""
    text = read_sheet(path, path.name)
    if lines := _attendance_text(text):
        return [lines]
    readings = []
    for separator in SEPARATORS[:3]:
        try:
            readings.append(parse_csv(text, separator))
        except ValueError:
            continue
    return readings


def _attendance_text(text: str) -> Lines:
    """Moodle's attendance as text; [] if it is something else.

    It has no quotation marks around cells, so one within a remark is only a character: two lines of two cells,
    an empty line, and the table, all with tabs.
    """
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 4 or [line.count("\t") for line in lines[:3]] != [1, 1, 0] or lines[2].strip():
        return []
    return [(number, line.rstrip("\r").split("\t")) for number, line in enumerate(lines, 1) if line.strip()]


def _filled(table: Table, lines: Lines, column: int) -> Table:
    rows: list[Row] = []
    left_out: list[str] = []
    for line, cells in lines:
        key = cells[column].strip() if column < len(cells) else ""
        fault = ""
        # Moodle's gradebook export has a last column that some rows leave out
        if any(cell.strip() for cell in cells[len(table.header) :]):
            fault = f"{len(cells)} cells, the header has {len(table.header)}"
        if key:
            rows.append(Row(key, line, cells, fault))
        elif any(cell.strip() for cell in cells):
            shown = short_line(" ".join(cell.strip() for cell in cells[:3]), 60)
            left_out.append(f"{table.source}:{line}: no ID number: left out ({shown})")
    return Table(table.source, table.header, table.line, tuple(rows), tuple(left_out))
