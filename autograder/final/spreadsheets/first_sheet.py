"""Which format a spreadsheet has, and the rows of its first sheet."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree.ElementTree import ParseError

from autograder.errors import UsageError
from autograder.final.spreadsheets.ods import ods_rows
from autograder.final.spreadsheets.parts import DamagedSpreadsheet, Parts
from autograder.final.spreadsheets.rows import SheetRows
from autograder.final.spreadsheets.xlsx import xlsx_rows
from autograder.intake.archives import BROKEN, GrowthError

_ZIP = b"PK\x03\x04"
_OLD = b"\xd0\xcf\x11\xe0"  # .xls, and every Office file that has a password


def is_spreadsheet(path: Path) -> bool:
    """Return whether a file is a spreadsheet rather than text; its contents decide, not its name."""
    with path.open("rb") as file:
        return file.read(4) in (_ZIP, _OLD)


def read_spreadsheet(path: Path) -> SheetRows:
    """Return the rows of the first sheet, each with its number there; empty rows are left out.

    Raises:
        UsageError: it is none that can be read, or too large.
    """
    allowed = "allowed: .xlsx, .ods, or text in UTF-8, as Moodle exports them"
    with path.open("rb") as file:
        if file.read(4) == _OLD:
            raise UsageError(f"{path.name}: an old .xls, or a file with a password; {allowed}: save it as .xlsx")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = Parts(archive)
            return ods_rows(parts) if parts.has("content.xml") else xlsx_rows(parts)
    except (DamagedSpreadsheet, GrowthError, ParseError, LookupError, *BROKEN) as error:
        raise UsageError(f"{path.name}: this spreadsheet cannot be read ({error}); {allowed}") from error
