"""Rows of a sheet, and numbers as text."""

from __future__ import annotations

import math
from decimal import Decimal

from autograder.final.spreadsheets.parts import DamagedSpreadsheet

SheetRows = list[tuple[int, list[str]]]  # each row with its number, from 1; empty rows are not in it

MOST_CELLS = 1_000_000
_EXACT_DIGITS = 15  # of a number in a spreadsheet; all further ones are rounded


class RowBuilder:
    """Collects the cells of a sheet row by row; empty cells at the end of a row take no place."""

    def __init__(self) -> None:
        self.rows: SheetRows = []
        self._cells = 0

    def add(self, number: int, cells: dict[int, str]) -> None:
        """Add a row.

        Args:
            number: of the row, from 1.
            cells: the column, from 0, to its text.

        Raises:
            DamagedSpreadsheet: the sheet is too large.
        """
        filled = {column: text for column, text in cells.items() if text.strip()}
        if not filled:
            return
        width = max(filled) + 1
        self._cells += width
        if self._cells > MOST_CELLS:
            raise DamagedSpreadsheet(f"more than {MOST_CELLS:,} cells")
        self.rows.append((number, [filled.get(column, "") for column in range(width)]))


def number_text(raw: str, *, percent: bool = False) -> str:
    """Return a number of a spreadsheet as people write it: ``66.7``, ``85.7%``.

    One with more digits than spreadsheets keep has an exponent, so that nobody takes it for exact. What is no
    number comes back as it is.
    """
    try:
        value = float(raw)
    except ValueError:
        return raw
    if not math.isfinite(value):
        return raw
    if abs(value) >= 10**_EXACT_DIGITS:
        return f"{value:.{_EXACT_DIGITS - 1}E}"
    exact = Decimal(repr(value)) * (100 if percent else 1)
    text = f"{exact:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text}%" if percent else text
