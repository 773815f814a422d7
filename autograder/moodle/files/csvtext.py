"""Comma-separated text, read as RFC 4180 has it and written so that no parser can misread it.

Python's csv module is not used: its limit on the size of a cell is global state, it leaves a lone
carriage return unquoted, and it is silent about quotes in odd places.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

SEPARATORS = (",", ";", "\t", ":")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")


def parse_csv(text: str, separator: str = ",") -> list[tuple[int, list[str]]]:
    """Return each row with the number of its first line; blank lines are left out.

    Raises:
        ValueError: a quoted cell never ends, or text follows its closing quote.
    """
    rows: list[tuple[int, list[str]]] = []
    cells: list[str] = []
    position, line, first_line = 0, 1, 1
    while position <= len(text):
        cell, end = _cell(text, position, separator, line)
        line += text.count("\n", position, end)
        cells.append(cell)
        position = end + 1
        if end < len(text) and text[end] == separator:
            continue
        if cells != [""]:
            rows.append((first_line, cells))
        if text[end : end + 2] == "\r\n":
            position += 1
        line += 1
        cells, first_line = [], line
    return rows


def _cell(text: str, start: int, separator: str, line: int) -> tuple[str, int]:
    """Return the cell that begins at ``start`` and the position of what ends it."""
    if not text.startswith('"', start):
        end = re.compile(f"[{re.escape(separator)}\r\n]|$(?![\r\n])").search(text, start)
        stop = end.start() if end else len(text)
        return text[start:stop], stop
    parts = []
    position = start + 1
    while True:
        quote = text.find('"', position)
        if quote < 0:
            raise ValueError(f"line {line}: a quoted cell never ends")
        parts.append(text[position:quote])
        if text.startswith('""', quote):
            parts.append('"')
            position = quote + 2
            continue
        break
    if quote + 1 < len(text) and text[quote + 1] not in (separator, "\r", "\n"):
        raise ValueError(f"line {line}: text follows the closing quote of a cell")
    return "".join(parts), quote + 1


def clean_cell(text: str) -> str:
    """Return the text without control characters and half surrogates, with line feeds as its only line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROLS.sub("", text)
    return text.encode("utf-8", "replace").decode("utf-8")


def write_csv(rows: Iterable[Sequence[str]], *, separator: str = ",") -> bytes:
    """Return UTF-8 with a byte order mark, LF, and every cell quoted.

    Raises:
        ValueError: rows differ in length, or a cell holds a backslash, a carriage return or NUL. PHP's
            reader takes a backslash for an escape: a cell that ends in one swallows its neighbour's row.
    """
    lines = []
    width = None
    for row in rows:
        width = len(row) if width is None else width
        if len(row) != width:
            raise ValueError(f"a row has {len(row)} cells, the first has {width}")
        for cell in row:
            if any(character in cell for character in "\\\r\x00"):
                raise ValueError(f"a cell may hold no backslash, carriage return or NUL: {cell[:80]!r}")
        lines.append(separator.join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n")
    return ("\ufeff" + "".join(lines)).encode("utf-8")
