"""How PHP reads and writes CSV, and how Moodle's importer does both, one after the other.

PHP takes a backslash for an escape character: a quote after one neither ends a cell nor is doubled on
writing. Moodle parses an upload, writes it to a file of its own, and parses that: what the first pass
reads rightly, the second may still misread. Followed here byte by byte from ext/standard/file.c
(PHP 8.2), lib/csvlib.class.php and lib/classes/text.php (Moodle 4.5), and checked against recorded uploads.
"""

from __future__ import annotations

import re

_QUOTE, _ESCAPE = ord('"'), ord("\\")
_NEEDS_QUOTES = re.compile(rb'[",\\\n\r\t ]')
_SPACES = b" \t\n\v\f\r"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how a file in UTF-16 begins


class UnreadableUpload(Exception):
    """Moodle drops the whole file: empty, or a row has more or fewer cells than the first."""


def fgetcsv(data: bytes, position: int, separator: bytes = b",") -> tuple[list[bytes] | None, int]:
    """Return the row that begins at ``position``, None for a blank line, and where the next begins."""
    cells: list[bytes] = []
    end = _line_end(data, position)
    if data[position:end].rstrip(b"\r\n") == b"":
        return None, end
    while True:
        start = position
        while position < end and data[position] in _SPACES and data[position : position + 1] != separator:
            position += 1
        if position < end and data[position] == _QUOTE:
            cell, position, end = _quoted(data, position + 1, end, separator)
        else:
            stop = data.find(separator, start, end)
            cell = data[start : stop if stop >= 0 else end]
            position = stop if stop >= 0 else end
            if stop < 0:
                cell = _without_line_end(cell)
        cells.append(cell)
        if position >= end or data[position : position + 1] != separator:
            return cells, end
        position += 1
        if position >= end or data[position:end].rstrip(b"\r\n") == b"":
            cells.append(b"")
            return cells, end


def _quoted(data: bytes, position: int, end: int, separator: bytes) -> tuple[bytes, int, int]:
    """Return a quoted cell, the position after it, and the end of the line that it ends in."""
    if position >= len(data):
        return b"\0", end, end  # PHP reads one byte too far behind a quote that ends the file,
    if data[position:] in (b"\n", b"\r\n"):
        return 2 * data[position:], end, end  # and takes the line's end twice behind one that ends the last line
    cell = bytearray()
    while True:
        if position >= end:  # the cell goes on in the next line, or the file ends within it
            if end >= len(data):
                return bytes(cell), end, end
            end = _line_end(data, position)
            continue
        letter = data[position]
        if letter == _ESCAPE and position + 1 < end and data[position + 1] not in b"\r\n":
            cell += data[position : position + 2]
            position += 2
        elif letter == _QUOTE and data[position + 1 : position + 2] == b'"' and position + 1 < end:
            cell.append(_QUOTE)
            position += 2
        elif letter == _QUOTE:
            position += 1
            break
        else:
            cell.append(letter)
            position += 1
    # whatever is between the closing quote and the separator belongs to the cell as it is
    stop = data.find(separator, position, end)
    rest = data[position : stop if stop >= 0 else end]
    cell += rest if stop >= 0 else _without_line_end(rest)
    return bytes(cell), stop if stop >= 0 else end, end


def _line_end(data: bytes, position: int) -> int:
    feed = data.find(b"\n", position)
    return len(data) if feed < 0 else feed + 1


def _without_line_end(text: bytes) -> bytes:
    if text.endswith(b"\n"):
        text = text[:-1]
    return text.removesuffix(b"\r")


def fputcsv(cells: list[bytes]) -> bytes:
    """Return a row as PHP writes it."""
    return b",".join(_written(cell) for cell in cells) + b"\n"


def _written(cell: bytes) -> bytes:
    if not _NEEDS_QUOTES.search(cell):
        return cell
    out = bytearray(b'"')
    escaped = False
    for letter in cell:
        if letter == _ESCAPE:
            escaped = True
        elif not escaped and letter == _QUOTE:
            out.append(_QUOTE)
        else:
            escaped = False
        out.append(letter)
    return bytes(out + b'"')


def read_rows(data: bytes, separator: bytes = b",") -> list[list[bytes]]:
    """Return all rows of a text, blank lines left out."""
    rows = []
    position = 0
    while position < len(data):
        row, position = fgetcsv(data, position, separator)
        if row is not None:
            rows.append(row)
    return rows


def moodle_rows(upload: bytes, *, encoding: str = "UTF-8", separator: str = ",") -> list[list[str]]:
    """Return the rows that Moodle's importer sees of an uploaded file, the header first.

    Only the first pass compares the number of cells; rows of the second may be longer or shorter.

    Raises:
        UnreadableUpload: the file is dropped.
    """
    text = _as_utf8(upload, encoding).removeprefix("\ufeff".encode())
    text = re.sub(rb"\r\n?", b"\n", text).strip(b" \t\n\r\0\x0b")
    rows = read_rows(text, separator.encode())
    if not rows:
        raise UnreadableUpload("the file is empty")
    if any(len(row) != len(rows[0]) for row in rows):
        raise UnreadableUpload("a row has more or fewer cells than the first")
    stored = b"".join(fputcsv(row) for row in rows)
    return [[cell.decode("utf-8", "replace") for cell in row] for row in read_rows(stored)]


def lost_on_reading(upload: bytes, encoding: str = "UTF-8") -> str:
    """Return what Moodle takes out of a file before it reads the first cell, in words; '' where that is nothing.

    Args:
        upload: the file.
        encoding: as chosen in the form; of another one Moodle takes all or nothing.
    """
    if not _is_utf8(encoding):
        return ""
    if upload.startswith(_UTF_16):
        # without its zero bytes, plain English text is the same in both
        lost = not upload.decode("utf-16", "replace").isascii()
        return "the file is UTF-16, and Moodle loses or changes every letter that is not plain English" if lost else ""
    try:
        text = upload.decode("utf-8")
    except UnicodeDecodeError:
        return "the file is not UTF-8, and Moodle deletes what it cannot read, such as é or €"
    return "there are NUL characters in the file, and Moodle deletes them" if "\0" in text else ""


def _is_utf8(encoding: str) -> bool:
    return encoding.upper() in ("UTF-8", "UTF8")


def _as_utf8(upload: bytes, encoding: str) -> bytes:
    """As core_text::convert and fix_utf8: of "UTF-8" NULs and unreadable bytes are deleted, whatever the file is."""
    if _is_utf8(encoding):
        return upload.replace(b"\0", b"").decode("utf-8", "ignore").encode("utf-8")
    try:
        return upload.decode(encoding).encode("utf-8")
    except (UnicodeDecodeError, LookupError) as error:
        raise UnreadableUpload(f"the file cannot be read as {encoding}") from error
