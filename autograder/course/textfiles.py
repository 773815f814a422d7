"""Files that staff write, read as text or parsed as Python: a damaged one is a fault with its line."""

from __future__ import annotations

import ast
import codecs
import warnings
from pathlib import Path

from autograder.errors import ConfigurationError, ConfigurationFault

LARGEST_BYTES = 4 << 20  # the largest of this course's files has 150 kB
FILE = "(file)"
ENCODING = "text in UTF-8: save the file anew with that encoding"


def read_text(path: Path, shown: str) -> str:
    """The text of a file, in UTF-8 with or without a byte order mark; lines end as in Python.

    Raises:
        ConfigurationError: see :func:`read_exact_text`.
    """
    return read_exact_text(path, shown).replace("\r\n", "\n").replace("\r", "\n")


def read_exact_text(path: Path, shown: str) -> str:
    """The text of a file with the ends of lines that it has.

    Args:
        path: the file.
        shown: how a message names it.

    Raises:
        ConfigurationError: it cannot be read, is too large, or is not UTF-8.
    """
    data = _read(path, shown)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _fault(shown, 1, FILE, "this is UTF-16", ENCODING)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _fault(shown, line, FILE, f"byte {data[error.start]:#04x} is not UTF-8", ENCODING) from None
    return _without_nul(text, shown)


def read_sheet(path: Path, shown: str) -> str:
    """The text of a table that a spreadsheet may have saved, in whatever encoding; see :func:`decode_sheet`.

    Raises:
        ConfigurationError: it cannot be read, is too large, or is no text.
    """
    return _without_nul(decode_sheet(_read(path, shown)), shown)


def decode_sheet(data: bytes) -> str:
    """A spreadsheet's text: UTF-8, UTF-16, UTF-32 with their mark, the first two without it, else Western Windows."""
    if data[:4] in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        return data.decode("utf-32", "replace")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:64]:
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", "replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def read_python(path: Path, shown: str) -> ast.Module:
    """A file parsed as Python, nothing of it run.

    Raises:
        ConfigurationError: it cannot be read, or is no Python.
    """
    return parse_python(read_text(path, shown), shown)


def parse_python(text: str, shown: str) -> ast.Module:
    """A text parsed as Python.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as an escape that does not exist: the text is still Python
            return ast.parse(text)
    except SyntaxError as error:
        raise _fault(shown, error.lineno or 1, "(Python)", error.msg, "text that Python can read") from None
    except (RecursionError, MemoryError):
        raise _fault(shown, 1, "(Python)", "too deeply nested", "text that Python can read") from None


def _read(path: Path, shown: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise _fault(shown, 1, FILE, f"cannot be read: {error.strerror}", "a file that you may read") from None
    if len(data) > LARGEST_BYTES:
        raise _fault(shown, 1, FILE, f"more than {LARGEST_BYTES >> 20} MiB", "a smaller file")
    return data


def _without_nul(text: str, shown: str) -> str:
    if (at := text.find("\0")) >= 0:
        raise _fault(shown, text[:at].count("\n") + 1, FILE, "a NUL character", ENCODING)
    return text


def _fault(shown: str, line: int, key: str, what: str, allowed: str) -> ConfigurationError:
    return ConfigurationError([ConfigurationFault(shown, line, key, what, allowed)])
