"""The first sheet of an ``.xlsx`` (ECMA-376, SpreadsheetML)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from autograder.final.spreadsheets.parts import DamagedSpreadsheet, Parts, local_name
from autograder.final.spreadsheets.rows import RowBuilder, SheetRows, number_text

_CELL = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
_QUOTED = re.compile(r'"[^"]*"|\\.')  # text within a number format
_PERCENT_FORMATS = {9, 10}  # 0% and 0.00%, which every .xlsx has


@dataclass(frozen=True)
class _Lookup:
    """What cells refer to: texts by number, and which styles show a number as a percentage."""

    texts: Sequence[str]
    percents: frozenset[int]


def xlsx_rows(parts: Parts) -> SheetRows:
    """Return the rows of the first sheet.

    Raises:
        DamagedSpreadsheet: it is not as the format says.
    """
    links = {link.get("Id", ""): _link(link) for link in parts.root("xl/_rels/workbook.xml.rels")}
    sheet = next(_named(parts.root("xl/workbook.xml").iter(), "sheet"), None)
    number = next((value for name, value in sheet.items() if local_name(name) == "id"), "") if sheet is not None else ""
    if number not in links:
        raise DamagedSpreadsheet("there is no sheet in it")
    lookup = _Lookup(
        texts=[_text(one) for one in _children(parts, _linked(links.values(), "sharedStrings"), "si")],
        percents=_percents(parts, _linked(links.values(), "styles")),
    )
    builder = RowBuilder()
    row_number = 0
    for row in _named(parts.root(links[number][1]).iter(), "row"):
        row_number = int(row.get("r", row_number + 1))
        cells: dict[int, str] = {}
        column = -1
        for cell in _named(row, "c"):
            column = _column(cell.get("r", ""), column + 1)
            cells[column] = _value(cell, lookup)
        builder.add(row_number, cells)
    return builder.rows


def _named(elements: Iterable[Element], name: str) -> Iterator[Element]:
    return (element for element in elements if local_name(element.tag) == name)


def _link(link: Element) -> tuple[str, str]:
    """What a link is to: its type and the file's name; targets are relative to ``xl``, or begin with ``/``."""
    return link.get("Type", ""), posixpath.normpath(posixpath.join("/xl", link.get("Target", "")))[1:]


def _linked(links: Iterable[tuple[str, str]], kind: str) -> str:
    return next((path for type_, path in links if type_.endswith(f"/{kind}")), "")


def _children(parts: Parts, path: str, name: str) -> Iterator[Element]:
    return _named(parts.root(path), name) if path and parts.has(path) else iter(())


def _column(place: str, following: int) -> int:
    """Return the column of a place such as ``D5``, from 0; a cell without one follows the last."""
    if not place:
        return following
    found = _CELL.fullmatch(place)
    if not found:
        raise DamagedSpreadsheet(f"no cell: {place[:20]!r}")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _text(element: Element) -> str:
    """The text of a string in one piece or several; how it is pronounced (``rPh``) is left out."""
    pieces = (piece for piece in element if local_name(piece.tag) in ("t", "r"))
    return "".join(text.text or "" for piece in pieces for text in _named(piece.iter(), "t"))


def _value(cell: Element, lookup: _Lookup) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(_text(one) for one in _named(cell, "is"))
    raw = next((one.text or "" for one in _named(cell, "v")), "")
    if kind == "s":
        place = int(raw)
        if not 0 <= place < len(lookup.texts):
            raise DamagedSpreadsheet(f"there is no text {place}")
        return lookup.texts[place]
    if kind == "n" and raw:
        return number_text(raw, percent=int(cell.get("s", "0")) in lookup.percents)
    return raw


def _percents(parts: Parts, path: str) -> frozenset[int]:
    """The styles whose number format has a percent sign."""
    if not path or not parts.has(path):
        return frozenset()
    root = parts.root(path)
    formats = {
        int(one.get("numFmtId", "0"))
        for one in _named(root.iter(), "numFmt")
        if "%" in _QUOTED.sub("", one.get("formatCode", ""))
    }
    styles = (style for group in _named(root, "cellXfs") for style in _named(group, "xf"))
    return frozenset(
        place for place, style in enumerate(styles) if int(style.get("numFmtId", "0")) in formats | _PERCENT_FORMATS
    )
