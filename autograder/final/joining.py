"""Rows of a table joined to the people of the class, by ID number.

Spreadsheets turn ID numbers into numbers: 00123456 becomes 123456, 1e5 becomes 100000. Where only one ID number of
the class is the same number, it is meant. Where that is not certain, nobody gets the row.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from autograder.final.tables import Row, Table
from autograder.hostiletext import short_line

_NUMBER = re.compile(r"([0-9]+)(?:\.([0-9]*))?(?:[eE]\+?([0-9]{1,2}))?")
_MOST_DIGITS = 15  # that a spreadsheet keeps
_MOST_SHOWN = 10


@dataclass(frozen=True)
class Joined:
    """A table's rows by the class's ID numbers.

    Attributes:
        rows: of everybody whose row is certain.
        without: everybody else, to why there is none.
        unclear: those of them who have a row that cannot be used.
        notes: what was taken for the same ID number.
        left_out: a line for each row that is nobody's of the class.
    """

    rows: Mapping[str, Row]
    without: Mapping[str, str]
    unclear: frozenset[str]
    notes: tuple[str, ...]
    left_out: tuple[str, ...]


def joined(table: Table, people: Collection[str]) -> Joined:
    """Return the table's rows by the ID numbers of these people."""
    numbers: dict[Decimal, list[str]] = {}
    for key in people:
        if (number := _number(key)) is not None:
            numbers.setdefault(number, []).append(key)
    written = {row.key for row in table.rows}
    found: dict[str, list[Row]] = {}
    uncertain: dict[tuple[str, ...], list[Row]] = {}
    other_words: list[str] = []
    left_out = list(table.left_out)
    for row in table.rows:
        number = _exact_number(row.key)
        same = numbers.get(number, []) if number is not None else []
        if len(same) > 1 and not written.issuperset(same):
            uncertain.setdefault(tuple(same), []).append(row)
        elif row.key in people:
            found.setdefault(row.key, []).append(row)
        elif len(same) == 1 and same[0] not in written:
            found.setdefault(same[0], []).append(row)
            other_words.append(f"{short_line(row.key, 20)} is {short_line(same[0], 20)}")
        else:
            left_out.append(f"{table.where(row)}: {_stranger(row.key)}: left out")
    without: dict[str, str] = {}
    for same_number, rows in uncertain.items():
        shown = " and ".join(short_line(one, 20) for one in same_number)
        reason = f"{table.source}: {_lines(rows)}: can be {shown}, which are the same number"
        without |= dict.fromkeys(same_number, reason)
    for key, rows in found.items():
        if len(rows) > 1:
            without[key] = f"{table.source}: {_lines(rows)}: which one counts?"
        elif rows[0].fault:
            without[key] = f"{table.where(rows[0])}: {rows[0].fault}"
    unclear = frozenset(without)
    without |= {key: f"not in {table.source}" for key in people if key not in found and key not in without}
    return Joined(
        rows={key: rows[0] for key, rows in found.items() if key not in without},
        without=without,
        unclear=unclear,
        notes=_notes(table.source, other_words),
        left_out=tuple(left_out),
    )


def _lines(rows: Sequence[Row]) -> str:
    shown = " and ".join(str(row.line) for row in rows[:_MOST_SHOWN])
    return f"line {shown}" if len(rows) == 1 else f"lines {shown}"


def _number(key: str) -> Decimal | None:
    """The whole number that a spreadsheet makes of an ID number; None for other text."""
    if not _NUMBER.fullmatch(key):
        return None
    value = Decimal(key)
    return value if value == value.to_integral_value() and value < 10**_MOST_DIGITS else None


def _exact_number(key: str) -> Decimal | None:
    """The same, None where digits are missing: 2.53E+07 was rounded, and can be anybody's."""
    found = _NUMBER.fullmatch(key)
    if not found or (found[3] and len(found[1] + (found[2] or "")) <= int(found[3])):
        return None
    return _number(key)


def _stranger(key: str) -> str:
    found = _NUMBER.fullmatch(key)
    what = "not an ID number of the class"
    if found and found[3]:
        what = "this ID number was rounded by a spreadsheet; format its column as text"
    return f"{short_line(key, 20)}: {what}"


def _notes(source: str, words: Sequence[str]) -> tuple[str, ...]:
    if not words:
        return ()
    more = f" and {len(words) - _MOST_SHOWN} more" if len(words) > _MOST_SHOWN else ""
    return (f"{source}: found by the number that a spreadsheet made of them: {', '.join(words[:_MOST_SHOWN])}{more}",)
