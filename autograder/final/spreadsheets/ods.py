"""The first sheet of an ``.ods`` (OpenDocument 1.2, part 1, section 9)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from autograder.final.spreadsheets.parts import DamagedSpreadsheet, Parts
from autograder.final.spreadsheets.rows import MOST_CELLS, RowBuilder, SheetRows, number_text

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_BLANKS = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}


def ods_rows(parts: Parts) -> SheetRows:
    """Return the rows of the first sheet.

    Raises:
        DamagedSpreadsheet: it is not as the format says.
    """
    sheet = next(parts.root("content.xml").iter(f"{_TABLE}table"), None)
    if sheet is None:
        raise DamagedSpreadsheet("there is no sheet in it")
    builder = RowBuilder()
    number = 1
    for row in sheet.iter(f"{_TABLE}table-row"):
        cells = _row(row)
        repeated = _repeated(row, "rows")
        for place in range(number, number + repeated) if cells else ():
            builder.add(place, cells)
        number += repeated
    return builder.rows


def _row(row: Element) -> dict[int, str]:
    cells: dict[int, str] = {}
    column = 0
    for cell in row:
        if cell.tag not in _CELLS:
            continue
        repeated = _repeated(cell, "columns")
        if text := _value(cell):
            if column + repeated > MOST_CELLS:
                raise DamagedSpreadsheet(f"more than {MOST_CELLS:,} cells")
            cells |= dict.fromkeys(range(column, column + repeated), text)
        column += repeated
    return cells


def _repeated(element: Element, what: str) -> int:
    return max(1, int(element.get(f"{_TABLE}number-{what}-repeated", "1")))


def _value(cell: Element) -> str:
    """A cell's text; of a number what is stored, since what is shown may be rounded, but with the digits shown."""
    shown = "\n".join("".join(_pieces(line)) for line in cell.findall(f"{_TEXT}p"))
    kind = cell.get(f"{_OFFICE}value-type", "")
    stored = cell.get(f"{_OFFICE}value", "")
    if kind == "percentage":
        return number_text(stored, percent=True)
    if kind not in ("float", "currency") or not stored:
        return shown
    # 00123456 has its zeros in what is shown only
    return shown if shown.isascii() and shown.isdigit() and int(shown) == float(stored) else number_text(stored)


def _pieces(element: Element) -> Iterator[str]:
    """The text of a paragraph; several spaces, tabs and line ends are elements of their own."""
    yield element.text or ""
    for child in element:
        if child.tag == f"{_TEXT}s":
            yield " " * min(int(child.get(f"{_TEXT}c", "1")), 1000)
        else:
            yield _BLANKS.get(child.tag, "") or "".join(_pieces(child))
        yield child.tail or ""
