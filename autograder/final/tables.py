"""Tables of marks: Moodle's attendance, its gradebook export, and plain CSV."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from autograder.course.textfiles import read_exact_text
from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.moodle.files.csvtext import SEPARATORS, parse_csv

_ID_HEADERS = ("id number", "id_number", "idnumber", "student number", "student id")
_PERCENT_HEADERS = ("percentage", "percent", "attendance", "attendance %")
_PROJECT_HEADERS = ("project", "percentage", "percent")
_NUMBER = re.compile(r"(\d{1,9}(?:[.,]\d{1,8})?)\s*%?", re.ASCII)
_POINTS = re.compile(r"(\d{1,9}(?:[.,]\d{1,8})?)\s*/\s*(\d{1,9}(?:[.,]\d{1,8})?)", re.ASCII)


@dataclass(frozen=True)
class Table:
    """A table with one row for each ID number; cells by the header's own words."""

    source: str
    header: tuple[str, ...]
    rows: Mapping[str, Mapping[str, str]]
    lines: Mapping[str, int] = field(default_factory=dict)

    def where(self, key: str) -> str:
        """A row's place in a message."""
        return f"{self.source}:{self.lines.get(key, 1)}: {short_line(key, 20)}"


def read_table(path: Path) -> Table:
    """Return the table in a CSV file that has a column of ID numbers; lines before the header are left out.

    Raises:
        UsageError: it has none, a row does not fit, or an ID number occurs twice.
    """
    text = read_exact_text(path, path.name)
    for separator in SEPARATORS[:3]:
        try:
            lines = parse_csv(text, separator)
        except ValueError:
            continue
        for place, (_, cells) in enumerate(lines):
            found = [column for column, cell in enumerate(cells) if cell.strip().casefold() in _ID_HEADERS]
            if found and len(cells) > 1:
                return _table(path.name, lines[place + 1 :], cells, found[0])
    raise UsageError(f"{path.name}:1: no column of ID numbers; allowed: a column called 'ID number'")


def _table(source: str, lines: list[tuple[int, list[str]]], header: list[str], place: int) -> Table:
    rows: dict[str, Mapping[str, str]] = {}
    places: dict[str, int] = {}
    names = tuple(cell.strip() for cell in header)
    for line, cells in lines:
        # Moodle's gradebook export has a last column that some rows leave out
        if len(cells) > len(names) or len(cells) <= place:
            raise UsageError(f"{source}:{line}: {len(cells)} cells, the header has {len(names)}")
        key = cells[place].strip()
        if not key:
            continue
        if key in rows:
            raise UsageError(f"{source}:{line}: the ID number {key[:40]!r} occurs twice")
        rows[key], places[key] = dict(zip(names, cells, strict=False)), line
    return Table(source, names, rows, places)


def read_attendance(path: Path) -> dict[str, Decimal]:
    """Return ID number to attendance in per cent, from Moodle's attendance export or a plain table.

    Allowed are a column ``Percentage`` (``85.7%``, or ``12 / 14``), or ``Attended`` with ``Sessions``.

    Raises:
        UsageError: neither is there, or a cell is no percentage.
    """
    table = read_table(path)
    folded = {name.casefold(): name for name in table.header}
    if not any(name in folded for name in _PERCENT_HEADERS) and {"attended", "sessions"} <= set(folded):
        attended, sessions = folded["attended"], folded["sessions"]
        cells = {key: f"{row.get(attended, '')} / {row.get(sessions, '')}" for key, row in table.rows.items()}
        return _percents(table, cells)
    return _column(table, _PERCENT_HEADERS, "'Percentage', nor 'Attended' and 'Sessions'")


def read_project(path: Path) -> dict[str, Decimal]:
    """Return ID number to the project's mark in per cent, from a column ``project`` or ``Percentage``.

    Raises:
        UsageError: neither is there, or a cell is no percentage.
    """
    return _column(read_table(path), _PROJECT_HEADERS, "'project', nor 'Percentage'")


def _column(table: Table, headers: Sequence[str], allowed: str) -> dict[str, Decimal]:
    folded = {name.casefold(): name for name in table.header}
    column = next((folded[name] for name in headers if name in folded), None)
    if column is None:
        raise UsageError(f"{table.source}:1: no column {allowed}")
    return _percents(table, {key: row.get(column, "") for key, row in table.rows.items()})


def _percents(table: Table, cells: Mapping[str, str]) -> dict[str, Decimal]:
    found = {key: percent_in(cell, table.where(key)) for key, cell in cells.items()}
    return {key: percent for key, percent in found.items() if percent is not None}


def percent_in(text: str, where: str) -> Decimal | None:
    """Return a percentage written as ``85.7``, ``85.7%`` or ``12 / 14``; None for an empty cell or ``-``.

    Raises:
        UsageError: it is none, or not between 0 and 100.
    """
    text = text.strip()
    if text in ("", "-"):
        return None
    points = _POINTS.fullmatch(text)
    number = _NUMBER.fullmatch(text)
    if points and Decimal(points[2].replace(",", ".")):
        value = Decimal(points[1].replace(",", ".")) / Decimal(points[2].replace(",", ".")) * 100
    elif number:
        value = Decimal(number[1].replace(",", "."))
    else:
        raise UsageError(f"{where}: {text[:40]!r} is not a percentage; allowed: 85.7, 85.7% or 12 / 14")
    if not 0 <= value <= 100:
        raise UsageError(f"{where}: {text[:40]!r} is not between 0 and 100 per cent")
    return value


@dataclass(frozen=True)
class ItemDifference:
    """A mark that Moodle's gradebook does not have as it was sent."""

    id_number: str
    item: str
    sent: Decimal | None
    found: str


def check_export(export: Table, sent: Mapping[str, Mapping[str, Decimal | None]]) -> tuple[ItemDifference, ...]:
    """Return where Moodle's gradebook export differs from marks.

    Args:
        export: the gradebook as plain text or CSV.
        sent: the item's name, as in ``Assignment: <name> (Real)`` or the column's own, to ID number to points.

    Raises:
        UsageError: an item has no column.
    """
    differences: list[ItemDifference] = []
    for item, marks in sent.items():
        columns = [name for name in export.header if name in (item, f"Assignment: {item} (Real)")]
        if len(columns) != 1:
            raise UsageError(f"{export.source}:1: no column for {item!r}; there are: {'; '.join(export.header)}")
        for key, points in marks.items():
            text = export.rows.get(key, {}).get(columns[0], "no row").strip()
            number = _NUMBER.fullmatch(text)
            found = Decimal(number[1].replace(",", ".")) if number else None
            same = (
                points is None and text in ("-", "") if found is None else points is not None and _near(points, found)
            )
            if not same:
                differences.append(ItemDifference(key, item, points, text))
    return tuple(differences)


def _near(points: Decimal, found: Decimal) -> bool:
    return abs(points - found) <= Decimal("0.005")  # the export has two decimals
