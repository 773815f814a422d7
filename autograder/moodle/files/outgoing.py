"""The worksheet that goes back to Moodle: only the changed rows, only the columns that it needs."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation

from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.csvtext import clean_cell, write_csv
from autograder.moodle.files.datetext import NO_DATE, parse_date, zone_of
from autograder.moodle.files.worksheet import Worksheet, WorksheetError, WorksheetRow

_BREAKS = re.compile(r"</p\s*>|\r\n|\r|\n", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class LeftOut:
    """A mark that is not in the file, and why, for the one who uploads it."""

    participant_id: str
    why: str


@dataclass(frozen=True)
class OutgoingSheet:
    """The file and what is in it.

    Attributes:
        data: the CSV.
        written: participant ids, in the file's order.
        unchanged: Moodle has this grade and this comment already.
        left_out: could not be sent; each needs somebody's attention.
        stale: written, but Moodle will skip them unless the box for newer records is ticked: it has a
            comment of theirs and no date that a row could name.
    """

    data: bytes
    written: tuple[str, ...]
    unchanged: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    stale: tuple[str, ...] = ()


class _RefusedError(Exception):
    """A mark that must not be sent; the text says why."""


def write_worksheet(
    worksheet: Worksheet, marks: Mapping[str, OutgoingGrade], *, decimals: int = 2, time_zone: str = "UTC"
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
    """
    rows = worksheet.by_id
    left_out = [LeftOut(key, "no row in the worksheet") for key in marks if key not in rows]
    with_comments = "comments" in worksheet.columns and any(mark.comment_html for mark in marks.values())
    lines: list[list[str]] = []
    written: list[str] = []
    unchanged: list[str] = []
    for row in worksheet.rows:
        mark = marks.get(row.participant_id)
        if mark is None:
            continue
        try:
            grade = _grade_cell(row, mark.grade, decimals)
            comment = comment_cell(mark.comment_html)
            if comment and not with_comments:
                raise _RefusedError("the worksheet has no column for comments: switch on 'Feedback comments' in Moodle")
            if _same(row, grade, comment):
                unchanged.append(row.participant_id)
                continue
            if with_comments and not comment and row.comment:
                raise _RefusedError("it has no comment, and an empty cell would erase the one in Moodle")
            if not row.can_change:
                raise _RefusedError("the grade is locked or overridden in the gradebook")
            line = [_plain(row.identifier), grade, _date_cell(worksheet, row, time_zone)]
        except _RefusedError as refusal:
            left_out.append(LeftOut(row.participant_id, str(refusal)))
            continue
        lines.append([*line, comment] if with_comments else line)
        written.append(row.participant_id)
    header = [_plain_header(worksheet, name) for name in ("identifier", "grade", "graded")]
    if with_comments:
        header.append(_plain_header(worksheet, "comments"))
    stale = tuple(key for key in written if rows[key].comment and rows[key].graded.strip() in ("", NO_DATE))
    return OutgoingSheet(write_csv([header, *lines]), tuple(written), tuple(unchanged), tuple(left_out), stale)


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
        raise ValueError(f"{grade!r} is no number") from error
    if not value.is_finite():
        raise ValueError(f"{grade!r} is no finite number")
    if value < 0:
        raise ValueError(f"{value} is below 0")
    if value > maximum:
        raise ValueError(f"{value} is over the maximum {maximum}")
    step = Decimal(1).scaleb(-decimals)
    rounded = value.quantize(step, ROUND_HALF_UP)
    if rounded > maximum:
        rounded = value.quantize(step, ROUND_DOWN)
    return f"{rounded:f}"


def flatten(comment_html: str) -> str:
    """Return the comment as a downloaded worksheet shows it: no tags, breaks as three spaces."""
    return html.unescape(_TAGS.sub("", _BREAKS.sub("   ", comment_html)))


def bare_text(comment_html: str) -> str:
    """Return a comment's letters without tags and spaces: two comments that read the same have the same."""
    return "".join(flatten(comment_html).replace("\u00a0", " ").split())


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
        raise _RefusedError("the worksheet does not say what the maximum is")
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
        raise _RefusedError(f"the worksheet holds {text[:40]!r}, which cannot be sent back as it is")
    return text


def _plain_header(worksheet: Worksheet, column: str) -> str:
    try:
        return _plain(worksheet.word(column))
    except _RefusedError as refusal:
        raise WorksheetError(f"{worksheet.source}:1: {refusal}") from refusal
