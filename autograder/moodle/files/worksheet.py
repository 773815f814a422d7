"""Moodle's grading worksheet, read into values; every record is keyed on the participant id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from autograder.errors import UsageError
from autograder.moodle.files.csvtext import SEPARATORS, MalformedCsv, parse_csv
from autograder.moodle.files.vocabulary import Vocabulary, load_vocabulary

_IDENTIFIER = re.compile(r"\D*?(\d{1,18})\s*")
_NEEDED = ("identifier", "grade", "graded")
# What Moodle itself always writes, and without which a mark would be wrong: who submitted, when, and out of how much.
_COMPLETE = {
    "identifier": "Identifier",
    "status": "Status",
    "grade": "Grade",
    "can_change": "Grade can be changed",
    "submitted": "Last modified (submission)",
    "graded": "Last modified (grade)",
}


ENGLISH = "set the language to English in Moodle and download again"


class WorksheetError(UsageError):
    """A file that is no worksheet, or one whose words are not known."""


@dataclass(frozen=True)
class WorksheetRow:
    """One participant's line; texts are as Moodle wrote them, '' where the column is missing.

    Attributes:
        identifier: the whole cell, ``Participant 41210``.
        status: "submitted", "draft", "none" or "reopened"; '' without a Status column.
        status_parts: the cell's parts between `` - ``.
        grade: the number; None for an empty cell and for a scale.
        grade_text: the cell, for a scale its word.
        can_change: False where, in Moodle, the gradebook holds a lock or an override.
        late: whether Moodle calls it late; None where it is unknown.
        submitted, due, graded: dates as text.
        extension: the extension's date as text, '' if there is none.
        uncertain: why the due date may be another, in a worksheet of ``pull``; else ''.
        line: of the file.
    """

    participant_id: str
    identifier: str
    name: str = ""
    id_number: str = ""
    email: str = ""
    status: str = ""
    status_parts: tuple[str, ...] = ()
    group: str = ""
    grade: Decimal | None = None
    grade_text: str = ""
    maximum: Decimal | None = None
    scale: tuple[str, ...] = ()
    can_change: bool = True
    late: bool | None = None
    submitted: str = ""
    due: str = ""
    extension: str = ""
    graded: str = ""
    comment: str = ""
    workflow: str = ""
    uncertain: str = ""
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Worksheet:
    """A worksheet as downloaded.

    Attributes:
        header: its own words, which an upload must repeat.
        columns: the column's name (``words.COLUMNS``) to its place; unknown columns have none.
        rows: in the file's order.
        english: whether its dates are in English, which Moodle's importer can read.
        words: the vocabulary it was read with.
        source: the file's name, for messages.
        decimal_sign: of the account that downloaded it, as its numbers show it; '' where none does.
    """

    header: tuple[str, ...]
    columns: Mapping[str, int]
    rows: tuple[WorksheetRow, ...]
    english: bool
    words: Vocabulary
    source: str = "worksheet"
    decimal_sign: str = ""

    @property
    def by_id(self) -> dict[str, WorksheetRow]:
        """Participant id to row."""
        return {row.participant_id: row for row in self.rows}

    def word(self, column: str) -> str:
        """Return the header's own word for a column that it has."""
        return self.header[self.columns[column]]

    @property
    def has_due_dates(self) -> bool:
        """Whether the rows hold effective dates: only when the assignment has an override."""
        return "due" in self.columns

    @property
    def has_scale(self) -> bool:
        """Whether grades are a scale's words."""
        return any(row.scale for row in self.rows)

    @property
    def is_team_work(self) -> bool:
        """Whether a team submits together: only then is there a Group column."""
        return "group" in self.columns


def read_worksheet(path: Path, *, words: Vocabulary | None = None, grades_may_be_words: bool = False) -> Worksheet:
    """Return the worksheet in that file.

    Args:
        path: the file.
        words: the vocabulary; the bundled one if None.
        grades_may_be_words: for one that this kit wrote, which has no Scale column that shows it.

    Raises:
        WorksheetError: no worksheet, a row that does not fit, or words that are not known.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WorksheetError(f"{path}: cannot read the worksheet: {error.strerror}") from error
    return parse_worksheet(data, words=words, source=path.name, grades_may_be_words=grades_may_be_words)


def require_complete(worksheet: Worksheet) -> None:
    """Check that a worksheet from Moodle has every column that a mark depends on.

    Raises:
        WorksheetError: columns are missing; all of them are named.
    """
    missing = [english for name, english in _COMPLETE.items() if name not in worksheet.columns]
    if "maximum" not in worksheet.columns and "scale" not in worksheet.columns:
        missing.append("Maximum grade")
    if missing:
        unknown = [cell for cell in worksheet.header if cell.strip() not in worksheet.words.columns]
        seen = f"; not understood: {', '.join(map(repr, unknown))}: {ENGLISH}" if unknown else ""
        raise WorksheetError(
            f"{worksheet.source}:1: no column {', '.join(map(repr, missing))}{seen}; give the worksheet as downloaded "
            "from Moodle, with all of its columns"
        )


def require_maximum(worksheet: Worksheet, maximum: Decimal) -> None:
    """Check that Moodle's assignment has the maximum grade of ``grading.yml``.

    Args:
        worksheet: as downloaded; one with a scale has no maximum and is another kind of grading.
        maximum: of ``grading.yml``.

    Raises:
        WorksheetError: another maximum, none, or a scale.
    """
    setting = f"grading.yml has moodle.grade_maximum: {maximum:f}"
    remedy = "allowed: the same number in both; change the assignment in Moodle and download again, or grading.yml"
    for row in worksheet.rows:
        where = f"{worksheet.source}:{row.line}: Maximum grade: {row.identifier}"
        if row.scale:
            raise WorksheetError(
                f"{worksheet.source}:{row.line}: Scale: the assignment is graded by words ({', '.join(row.scale)}), "
                f"{setting}; allowed: the grade type 'Point' in Moodle"
            )
        if row.maximum is None:
            raise WorksheetError(f"{where} has none, {setting}; {remedy}")
        if row.maximum != maximum:
            raise WorksheetError(f"{where} has {row.maximum:f}, {setting}; {remedy}")


def parse_worksheet(
    data: bytes, *, words: Vocabulary | None = None, source: str = "worksheet", grades_may_be_words: bool = False
) -> Worksheet:
    """Return the worksheet in ``data``; see :func:`read_worksheet`."""
    words = words or load_vocabulary()
    text = _decoded(data, source)
    header, rows = _table(text, words, source)
    columns = _columns(header, words, source)
    parsed = []
    seen: dict[str, int] = {}
    for line, cells in rows:
        where = f"{source}:{line}"
        if len(cells) != len(header):
            raise WorksheetError(f"{where}: {len(cells)} cells, the header has {len(header)}; download the file again")
        named = dict(zip(columns, (cells[place] for place in columns.values()), strict=True))
        row = replace(_row(named, words, where, grades_may_be_words), line=line)
        if row.participant_id in seen:
            raise WorksheetError(f"{where}: {row.identifier!r} is in line {seen[row.participant_id]} already")
        seen[row.participant_id] = line
        parsed.append(row)
    known = [cell for cell in header if cell in words.columns]
    english = all(cell in words.english_columns for cell in known)
    return Worksheet(tuple(header), columns, tuple(parsed), english, words, source, _decimal_sign(columns, rows))


def _decimal_sign(columns: Mapping[str, int], rows: Sequence[tuple[int, list[str]]]) -> str:
    places = [columns[name] for name in ("maximum", "grade") if name in columns]
    cells = (cells[place].strip() for place in places for _, cells in rows)
    found = (re.fullmatch(r"\d+([.,])\d+", cell, re.ASCII) for cell in cells)
    return next((match[1] for match in found if match), "")


def _own_words(keys: Sequence[str] = ()) -> str:
    named = f", keys {', '.join(keys)}," if keys else ""
    return f" (autograder moodle forecast and verify take a file of other words{named} with --words)"


def _decoded(data: bytes, source: str) -> str:
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise WorksheetError(
            f"{source}:{line}: not UTF-8 (byte {error.start}); give the file as downloaded from Moodle, not one saved "
            "by a spreadsheet"
        ) from error


def _table(text: str, words: Vocabulary, source: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and the rows, read with the separator that makes the header readable."""
    for separator in SEPARATORS:
        try:
            rows = parse_csv(text, separator)
        except ValueError:
            continue
        if rows and sum(cell.strip() in words.columns for cell in rows[0][1]) >= len(_NEEDED):
            return rows[0][1], rows[1:]
    try:
        rows = parse_csv(text)
    except MalformedCsv as error:
        raise WorksheetError(f"{source}:{error.line}: {error}") from error
    first = rows[0][1] if rows else []
    shown = ", ".join(repr(cell[:40]) for cell in first[:12]) or "nothing"
    raise WorksheetError(
        f"{source}:1: no grading worksheet: its first line has {shown}; wanted are columns such as 'Identifier', "
        "'Grade' and 'Last modified (grade)'. Is Moodle's language one that the kit does not know? Then set the "
        f"language to English in Moodle and download again{_own_words()}"
    )


def _columns(header: list[str], words: Vocabulary, source: str) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = words.columns.get(cell.strip())
        if name is not None:
            columns.setdefault(name, place)
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        unknown = [cell for cell in header if cell.strip() not in words.columns]
        seen = f"; not understood: {', '.join(map(repr, unknown))}: {ENGLISH}" if unknown else ""
        wanted = ", ".join(repr(_COMPLETE[name]) for name in missing)
        raise WorksheetError(
            f"{source}:1: no column {wanted}{seen}; give the worksheet as downloaded from Moodle, with all of its "
            f"columns{_own_words(missing) if unknown else ''}"
        )
    return columns


def _row(cells: Mapping[str, str], words: Vocabulary, where: str, may_be_word: bool) -> WorksheetRow:  # noqa: FBT001 - private
    identifier = cells["identifier"]
    match = _IDENTIFIER.fullmatch(identifier)
    if match is None:
        raise WorksheetError(f"{where}: identifier {identifier[:40]!r}; expected such as 'Participant 41210'")
    status_text = cells.get("status", "")
    parts = tuple(part.strip() for part in re.split(r" - (?=\S|\s|$)", status_text))
    scale = tuple(item for item in re.split(r"\s{2,}", cells.get("scale", "").strip()) if item)
    grade_text = cells["grade"].strip()
    maximum = cells.get("maximum", "").strip()
    return WorksheetRow(
        participant_id=match[1].lstrip("0") or "0",
        identifier=identifier,
        name=cells.get("full_name", ""),
        id_number=cells.get("id_number", ""),
        email=cells.get("email", ""),
        status=_status(status_text, words, where) if "status" in cells else "",
        status_parts=parts,
        group=cells.get("group", ""),
        grade=None if scale or (may_be_word and grade_text[:1].isalpha()) else parse_number(grade_text, where),
        grade_text=grade_text,
        maximum=parse_number(maximum, where),
        scale=scale,
        can_change=_can_change(cells.get("can_change"), words, where),
        late=_late(parts, words),
        submitted=cells.get("submitted", ""),
        due=cells.get("due", ""),
        extension=_extension(parts, words),
        graded=cells["graded"],
        comment=cells.get("comments", ""),
        workflow=cells.get("workflow", ""),
        uncertain=cells.get("uncertain", ""),
    )


def _status(text: str, words: Vocabulary, where: str) -> str:
    for word in sorted(words.statuses, key=len, reverse=True):
        if text.startswith(word):
            return words.statuses[word]
    raise WorksheetError(
        f"{where}: the status {text[:60]!r} begins with words that are not known; {ENGLISH}"
        f"{_own_words(('status_submitted', 'status_draft', 'status_none', 'status_reopened'))}"
    )


def _can_change(text: str | None, words: Vocabulary, where: str) -> bool:
    if text is None or text.strip() in words.yes:
        return True
    if text.strip() in words.no:
        return False
    raise WorksheetError(f"{where}: neither yes nor no: {text[:40]!r}; {ENGLISH}{_own_words(('yes', 'no'))}")


def _late(parts: tuple[str, ...], words: Vocabulary) -> bool | None:
    if not parts:
        return None
    return any(re.search(rf"\d.*(?<!\w){re.escape(word)}(?!\w)", part) for part in parts[1:] for word in words.late)


def _extension(parts: tuple[str, ...], words: Vocabulary) -> str:
    for part in parts[1:]:
        for start in words.extension:
            if part.startswith(start):
                return part[len(start) :].strip(" :")
    return ""


def parse_number(text: str, where: str) -> Decimal | None:
    """Return the number with a point or a comma for its decimals; None for an empty cell or ``-``.

    Raises:
        WorksheetError: it is no such number.
    """
    text = text.strip()
    if text in ("", "-"):
        return None
    if re.fullmatch(r"-?\d{1,12}(?:[.,]\d{1,10})?", text, re.ASCII):
        try:
            return Decimal(text.replace(",", "."))
        except InvalidOperation:  # pragma: no cover - the expression above lets nothing else through
            pass
    raise WorksheetError(f"{where}: {text[:40]!r} is not a number such as 71.50 or 71,50")
