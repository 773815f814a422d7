"""Marks compared with an export of Moodle's gradebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from autograder.errors import UsageError
from autograder.final.percentages import NOTHING, NUMBER, decimal_in
from autograder.final.tables import Row, Table


@dataclass(frozen=True)
class ItemDifference:
    """A mark that Moodle's gradebook does not have as it was sent."""

    id_number: str
    item: str
    sent: Decimal | None
    found: str


def check_export(
    export: Table, rows: Mapping[str, Row], sent: Mapping[str, Mapping[str, Decimal | None]]
) -> tuple[ItemDifference, ...]:
    """Return where Moodle's gradebook export differs from marks.

    Args:
        export: the gradebook, in any of Moodle's formats.
        rows: its rows by ID number.
        sent: the item's name, as in ``Assignment: <name> (Real)`` or ``<name> (Real)``, or the column's own, to ID
            number to points.

    Raises:
        UsageError: an item has no column.
    """
    differences: list[ItemDifference] = []
    for item, marks in sent.items():
        wanted = (item, f"{item} (Real)", f"Assignment: {item} (Real)")
        places = [place for place, name in enumerate(export.header) if name in wanted]
        if len(places) != 1:
            raise UsageError(f"{export.source}:{export.line}: no column for {item!r}; there are: {export.words}")
        for key, points in marks.items():
            text = rows[key].cell(places[0]) if key in rows else "no row"
            number = NUMBER.fullmatch(text)
            found = decimal_in(number[1]) if number else None
            same = points is None and text in NOTHING if found is None else points is not None and _near(points, found)
            if not same:
                differences.append(ItemDifference(key, item, points, text))
    return tuple(differences)


def _near(points: Decimal, found: Decimal) -> bool:
    return abs(points - found) <= Decimal("0.005")  # the export has two decimals
