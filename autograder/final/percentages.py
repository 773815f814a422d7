"""Percentages in the cells of a table: attendance, project, stages, and items of Moodle's gradebook."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from autograder.errors import UsageError
from autograder.final.joining import Joined
from autograder.final.tables import Row, Table
from autograder.hostiletext import short_line

_PERCENT_HEADERS = ("percentage", "percent", "attendance", "attendance %")
_PROJECT_HEADERS = ("project", "percentage", "percent")
NUMBER = re.compile(r"(\d{1,9}(?:[.,]\d{1,20})?)\s*%?", re.ASCII)
_POINTS = re.compile(r"(\d{1,9}(?:[.,]\d{1,20})?)\s*/\s*(\d{1,9}(?:[.,]\d{1,20})?)", re.ASCII)
_FRACTION = re.compile(r"\d{1,9}(?:[.,]\d{1,20})?", re.ASCII)
NOTHING = ("", "-")

Reader = Callable[[Row], Decimal | None]
"""Returns the percentage in a row, None for an empty cell; raises UsageError with the reason where it is none."""


@dataclass(frozen=True)
class Entry:
    """One person's percentage, or None and why there is none.

    Attributes:
        unclear: whether there is something that cannot be read; it is never 0, then.
    """

    percent: Decimal | None
    why: str = ""
    unclear: bool = False


def entries(table: Table, found: Joined, reader: Reader, what: str = "") -> dict[str, Entry]:
    """Return everybody's entry in a column.

    Args:
        table: where the rows are from.
        found: its rows by ID number.
        reader: of the column.
        what: the column's name, for messages.
    """
    read = {key: Entry(None, why, key in found.unclear) for key, why in found.without.items()}
    for key, row in found.rows.items():
        where = f"{table.where(row)}{f': {what}' if what else ''}"
        try:
            percent = reader(row)
        except UsageError as error:
            read[key] = Entry(None, f"{where}: {error}", unclear=True)
        else:
            read[key] = Entry(percent, f"no mark in {table.source}" if percent is None else "")
    return read


def attendance_reader(table: Table) -> Reader:
    """Return what reads Moodle's attendance export or a plain table.

    Allowed are a column ``Percentage`` (``85.7%``, or ``12 / 14``), or ``Attended`` with ``Sessions``.

    Raises:
        UsageError: neither is there.
    """
    place = table.place_of(_PERCENT_HEADERS)
    attended, sessions = table.place_of(["attended"]), table.place_of(["sessions"])
    if place is None and attended is not None and sessions is not None:
        return lambda row: percent_in(f"{row.cell(attended)} / {row.cell(sessions)}")
    taken = table.place_of(["taken sessions"])
    reader = _column_reader(table, _PERCENT_HEADERS, "'Percentage', nor 'Attended' and 'Sessions'")

    def of_taken_sessions(row: Row) -> Decimal | None:
        # Moodle writes 0.0 for somebody who was in no session that was taken
        if taken is not None and row.cell(taken) == "0":
            raise UsageError("no session was taken for this person")
        return reader(row)

    return of_taken_sessions


def project_reader(table: Table) -> Reader:
    """Return what reads the project's mark from a column ``project`` or ``Percentage``.

    Raises:
        UsageError: neither is there.
    """
    return _column_reader(table, _PROJECT_HEADERS, "'project', nor 'Percentage'")


def column_reader(table: Table, name: str) -> Reader:
    """Return what reads percentages from a column.

    Raises:
        UsageError: there is no such column.
    """
    return _percent_reader(table, table.column(name))


def item_reader(table: Table, item: str, maximum: Decimal | None) -> Reader:
    """Return what reads an item of Moodle's gradebook export: its percentage, else its points of the maximum.

    Raises:
        UsageError: it has neither column, or only points and the maximum is not known.
    """
    percentage = table.place_of([f"{item} (Percentage)"])
    if percentage is not None:
        return lambda row: percent_in(row.cell(percentage))
    points = table.place_of([f"{item} (Real)"])
    if points is None:
        real = [name for name in table.header if name.endswith(" (Real)")]
        items = "; ".join(short_line(name.removesuffix(" (Real)")) for name in real)
        raise UsageError(
            f"{table.source}:{table.line}: no column '{item} (Percentage)' or '{item} (Real)'; "
            f"allowed in moodle_items of grading.yml: {items or 'items of a gradebook export in English'}"
        )
    if maximum is None:
        raise UsageError(
            f"{table.source}:{table.line}: {item!r} has points only; allowed: an export with 'Percentage' ticked "
            "under 'Grade display types', or 'maximum' for it in moodle_items of grading.yml"
        )
    return lambda row: _part_of(row.cell(points), maximum)


def _part_of(text: str, maximum: Decimal) -> Decimal | None:
    if text in NOTHING:
        return None
    found = NUMBER.fullmatch(text)
    if not found or "%" in text:
        raise UsageError(f"{text[:40]!r} is not a number; allowed: points from 0 to {maximum}")
    value = decimal_in(found[1])
    if value > maximum:
        raise UsageError(f"{text[:40]!r} is more than the maximum, {maximum}")
    return value / maximum * 100


def _column_reader(table: Table, headers: Sequence[str], allowed: str) -> Reader:
    place = table.place_of(headers)
    if place is None:
        raise UsageError(f"{table.source}:{table.line}: no column {allowed}")
    return _percent_reader(table, place)


def _percent_reader(table: Table, place: int) -> Reader:
    """Return what reads percentages; a column of fractions, 0.857 for 85.7%, would cost everybody the mark."""
    numbers = [decimal_in(row.cell(place)) for row in table.rows if _FRACTION.fullmatch(row.cell(place))]
    if any(0 < number < 1 for number in numbers) and max(numbers) <= 1:
        raise UsageError(
            f"{table.source}:{table.line}: {table.header[place]!r}: every number is from 0 to 1; "
            "allowed: per cent, from 0 to 100, or numbers with a percent sign"
        )
    return lambda row: percent_in(row.cell(place))


def percent_in(text: str) -> Decimal | None:
    """Return a percentage written as ``85.7``, ``85.7%`` or ``12 / 14``; None for an empty cell or ``-``.

    Raises:
        UsageError: it is none, or not between 0 and 100.
    """
    text = " ".join(text.split())  # spaces that do not break the line are among what people type
    if text in NOTHING:
        return None
    points = _POINTS.fullmatch(text)
    number = NUMBER.fullmatch(text)
    if points and decimal_in(points[2]):
        value = decimal_in(points[1]) / decimal_in(points[2]) * 100
    elif number:
        value = decimal_in(number[1])
    else:
        raise UsageError(f"{text[:40]!r} is not a percentage; allowed: 85.7, 85.7% or 12 / 14")
    if not 0 <= value <= 100:
        raise UsageError(f"{text[:40]!r} is not between 0 and 100 per cent")
    return value


def decimal_in(text: str) -> Decimal:
    """Return a number with a point or a comma."""
    return Decimal(text.replace(",", "."))
