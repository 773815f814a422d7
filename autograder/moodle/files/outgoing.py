"""The worksheet that goes back to Moodle: only the changed rows, only the columns that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation

from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.csvtext import clean_cell, write_csv
from autograder.moodle.files.datetext import NO_DATE, parse_date, zone_of
from autograder.moodle.files.markup import bare_text, flatten
from autograder.moodle.files.sent import SentMark, SentMarks, described, is_typed_by_hand, sent_mark
from autograder.moodle.files.worksheet import Worksheet, WorksheetError, WorksheetRow


@dataclass(frozen=True)
class LeftOut:
    """A mark that is not in the file, and why, for the one who uploads it."""

    participant_id: str
    why: str


@dataclass(frozen=True)
class TypedMark:
    """A mark or comment that a person set in Moodle.

    Attributes:
        old, new: what Moodle has and what the kit would write, for a person.
        kept: whether Moodle's stays.
    """

    participant_id: str
    old: str
    new: str
    kept: bool


@dataclass(frozen=True)
class OutgoingSheet:
    """The file and what is in it.

    Attributes:
        data: the CSV.
        written: participant ids, in the file's order.
        cells: participant id to what the file holds.
        unchanged: Moodle has this grade and this comment already.
        left_out: could not be sent; each needs somebody's attention.
        stale: written, but Moodle will skip them unless the box for newer records is ticked: it has a
            comment of theirs and no date that a row could name.
        typed: what a person typed in Moodle and the new mark would replace, or replaces.
    """

    data: bytes
    written: tuple[str, ...]
    cells: Mapping[str, SentMark]
    unchanged: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    stale: tuple[str, ...] = ()
    typed: tuple[TypedMark, ...] = ()


class _RefusedError(Exception):
    """A mark that must not be sent; the text is the reason."""


def write_worksheet(
    worksheet: Worksheet,
    marks: Mapping[str, OutgoingGrade],
    *,
    decimals: int = 2,
    time_zone: str = "UTC",
    earlier: SentMarks | None = None,
    overwrite: bool = False,
) -> OutgoingSheet:
    """Return the rows of ``marks`` that differ from the worksheet, as Moodle's importer wants them.

    Identifier and date are copied as downloaded, in the header's own words. Comments are never in
    the first column, where Moodle ignores them; a backslash in one is ``&#92;``. Without any comment
    the column is left out, since an empty cell would erase what is stored.

    Args:
        worksheet: as downloaded last; an older one has stale rows.
        marks: participant id to mark. Held marks must not be among them.
        decimals: places that a grade is rounded to, half up, never over the maximum.
        time_zone: of the one who downloaded; used only where the worksheet is not in English.
        earlier: what earlier runs wrote: a row in which Moodle holds anything else is kept as it is. None: no
            row is.
        overwrite: replace also what a person typed in Moodle.
    """
    rows = worksheet.by_id
    left_out = [LeftOut(key, "no row in the worksheet") for key in marks if key not in rows]
    with_comments = "comments" in worksheet.columns and any(mark.comment_html for mark in marks.values())
    lines: list[list[str]] = []
    written: dict[str, SentMark] = {}
    unchanged: list[str] = []
    typed: list[TypedMark] = []
    for row in worksheet.rows:
        mark = marks.get(row.participant_id)
        if mark is None:
            continue
        try:
            grade, comment = _cells(row, mark, decimals, with_comments=with_comments)
            if _same(row, grade, comment):
                unchanged.append(row.participant_id)
                continue
            if earlier is not None and is_typed_by_hand(row, earlier):
                old, new = described(row.grade_text, row.comment), described(grade, flatten(comment))
                typed.append(TypedMark(row.participant_id, old, new, kept=not overwrite))
                if not overwrite:
                    continue
            line = _line(worksheet, row, grade, comment, time_zone, with_comments=with_comments)
        except _RefusedError as refusal:
            left_out.append(LeftOut(row.participant_id, str(refusal)))
            continue
        lines.append(line)
        written[row.participant_id] = sent_mark(grade, comment)
    header = [_plain_header(worksheet, name) for name in ("identifier", "grade", "graded")]
    if with_comments:
        header.append(_plain_header(worksheet, "comments"))
    stale = tuple(key for key in written if rows[key].comment and rows[key].graded.strip() in ("", NO_DATE))
    data = write_csv([header, *lines])
    return OutgoingSheet(data, tuple(written), written, tuple(unchanged), tuple(left_out), stale, tuple(typed))


def _cells(row: WorksheetRow, mark: OutgoingGrade, decimals: int, *, with_comments: bool) -> tuple[str, str]:
    grade, comment = _grade_cell(row, mark.grade, decimals), comment_cell(mark.comment_html)
    if comment and not with_comments:
        raise _RefusedError("the worksheet has no column for comments: switch on 'Feedback comments' in Moodle")
    return grade, comment


def _line(
    worksheet: Worksheet, row: WorksheetRow, grade: str, comment: str, time_zone: str, *, with_comments: bool
) -> list[str]:
    if with_comments and not comment and row.comment:
        raise _RefusedError("it has no comment, and an empty cell would erase the one in Moodle")
    if not row.can_change:
        raise _RefusedError("the grade is locked or overridden in the gradebook")
    line = [_plain(row.identifier), grade, _date_cell(worksheet, row, time_zone)]
    return [*line, comment] if with_comments else line


def comment_cell(comment_html: str) -> str:
    """Return a comment as it goes into a cell: no control characters, no backslash, never a formula."""
    text = clean_cell(comment_html).strip().replace("\\", "&#92;")
    if text and not text.startswith("<"):  # a spreadsheet would run "=…"; a cell that begins with a tag is text
        text = f"<p>{text}</p>"
    return text


def format_grade(grade: Decimal | float | str, maximum: Decimal, decimals: int) -> str:
    """Return the grade with a point, rounded half up, in no language's own form.

    Raises:
        ValueError: no finite number, below 0 or over the maximum.
    """
    try:
        value = Decimal(str(grade))
    except InvalidOperation as error:
        raise ValueError(f"{grade!r} is not a number") from error
    if not value.is_finite():
        raise ValueError(f"{grade!r} is not a finite number")
    if value < 0:
        raise ValueError(f"{value} is below 0")
    if value > maximum:
        raise ValueError(f"{value} is over the maximum {maximum}")
    step = Decimal(1).scaleb(-decimals)
    rounded = value.quantize(step, ROUND_HALF_UP)
    if rounded > maximum:
        rounded = value.quantize(step, ROUND_DOWN)
    return f"{rounded:f}"


def _grade_cell(row: WorksheetRow, grade: Decimal | float | str | None, decimals: int) -> str:
    if grade is None:
        return ""
    if row.scale:
        if grade not in row.scale:
            raise _RefusedError(f"{grade!r} is none of the scale's words: {', '.join(row.scale)}")
        if "\\" in str(grade):
            raise _RefusedError("a scale's word with a backslash cannot be sent in a worksheet")
        return str(grade)
    if row.maximum is None:
        raise _RefusedError("the worksheet has no maximum grade")
    try:
        return format_grade(grade, row.maximum, decimals)
    except ValueError as error:
        raise _RefusedError(str(error)) from error


def _same(row: WorksheetRow, grade: str, comment: str) -> bool:
    if grade and row.scale:
        same_grade = grade == row.grade_text
    else:
        same_grade = not grade or (row.grade is not None and Decimal(grade) == row.grade)
    return same_grade and (not comment or bare_text(comment) == bare_text(row.comment))


def _date_cell(worksheet: Worksheet, row: WorksheetRow, time_zone: str) -> str:
    """Return the grade's date: as downloaded in English, in ISO form where Moodle could not read its own."""
    text = row.graded.strip()
    if worksheet.english or text in ("", NO_DATE):
        return _plain(text or NO_DATE)
    try:
        when = parse_date(text, zone_of(time_zone), worksheet.words)
    except ValueError as error:
        raise _RefusedError(f"the date of its grade cannot be read: {error}") from error
    return when.astimezone(zone_of(time_zone)).strftime("%Y-%m-%d %H:%M") if when else NO_DATE


def _plain(text: str) -> str:
    if text != clean_cell(text) or "\\" in text or "\n" in text:
        raise _RefusedError(f"the worksheet contains {text[:40]!r}, which cannot be sent back as it is")
    return text


def _plain_header(worksheet: Worksheet, column: str) -> str:
    try:
        return _plain(worksheet.word(column))
    except _RefusedError as refusal:
        raise WorksheetError(f"{worksheet.source}:1: {refusal}") from refusal
