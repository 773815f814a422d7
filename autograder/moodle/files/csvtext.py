"""Comma-separated text: read strictly, and written so that PHP's reader cannot misread it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

SEPARATORS = (",", ";", "\t", ":")
LARGEST_CELL = 1 << 24  # characters; the module's own limit is 131,072, and a comment may be longer
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")
_REFUSED = re.compile("[\\\\\r\x00\ud800-\udfff]")

csv.field_size_limit(LARGEST_CELL)  # one limit for the whole process: there is no other way to set it


class MalformedCsv(ValueError):
    """Text that is no table; ``line`` is where it stops being one."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def parse_csv(text: str, separator: str = ",") -> list[tuple[int, list[str]]]:
    """Return each row with the number of its first line; blank lines are left out.

    Raises:
        MalformedCsv: a quoted cell never ends, or text follows its closing quote.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    first_line = 1
    try:
        for cells in reader:
            if cells not in ([], [""]):
                rows.append((first_line, cells))
            first_line = reader.line_num + 1
    except csv.Error as error:
        raise MalformedCsv(first_line, f"{error}: is a quotation mark missing?") from error
    return rows


def clean_cell(text: str) -> str:
    """Return the text without control characters and half surrogates, with line feeds as its only line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROLS.sub("", text)
    return text.encode("utf-8", "replace").decode("utf-8")


def write_csv(rows: Iterable[Sequence[str]], *, separator: str = ",") -> bytes:
    """Return UTF-8 with a byte order mark, LF, and every cell quoted.

    Raises:
        ValueError: rows differ in length, or a cell holds a backslash, a carriage return, NUL or half a
            surrogate pair. PHP's reader takes a backslash for an escape: a cell that ends in one swallows
            its neighbour's row.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n")
    width = None
    for row in rows:
        width = len(row) if width is None else width
        if len(row) != width:
            raise ValueError(f"a row has {len(row)} cells, the first has {width}")
        for cell in row:
            if _REFUSED.search(cell):
                raise ValueError(
                    f"a cell may contain no backslash, carriage return, NUL or half surrogate: {cell[:80]!r}"
                )
        writer.writerow(row)
    return ("\ufeff" + stream.getvalue()).encode("utf-8")
