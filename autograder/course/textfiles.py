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
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise _fault(shown, 1, FILE, f"cannot be read: {error.strerror}", "a file that you may read") from None
    if len(data) > LARGEST_BYTES:
        raise _fault(shown, 1, FILE, f"more than {LARGEST_BYTES >> 20} MiB", "a smaller file")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _fault(shown, 1, FILE, "this is UTF-16", ENCODING)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _fault(shown, line, FILE, f"byte {data[error.start]:#04x} is not UTF-8", ENCODING) from None
    if (at := text.find("\0")) >= 0:
        raise _fault(shown, text[:at].count("\n") + 1, FILE, "a NUL character", ENCODING)
    return text


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


def _fault(shown: str, line: int, key: str, what: str, allowed: str) -> ConfigurationError:
    return ConfigurationError([ConfigurationFault(shown, line, key, what, allowed)])
