"""What Moodle will do with a worksheet before it is uploaded: row by row, with the reason.

Moodle reports none of this: rows that it does not take are skipped in silence. The rules were seen on
Moodle 4.5.6 and are tested against recordings of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from autograder.moodle.files.datetext import parse_date, zone_of
from autograder.moodle.files.markup import flatten
from autograder.moodle.files.worksheet import Worksheet, WorksheetRow
from autograder.moodle.importer.phpcsv import UnreadableUpload, lost_on_reading, moodle_rows
from autograder.moodle.importer.phpvalues import php_equal, php_number, php_time

_SLACK = timedelta(seconds=60)  # Moodle's own, since a worksheet has no seconds
_WHOLE_NUMBER = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)


class Effect(StrEnum):
    """What becomes of one cell."""

    SET = "set"
    ERASED = "erased"
    SAME = "same"  # Moodle holds it already
    NOTHING = "nothing"  # the cell is empty, or there is none
    SKIPPED = "skipped"  # in silence


@dataclass(frozen=True)
class CellForecast:
    """One cell's effect.

    Attributes:
        value: the grade as Moodle will store it, or the comment.
        why: for a person; always given for SKIPPED and ERASED, and where a value is not taken as written.
        before: what Moodle has and this cell replaces; '' if it has nothing.
    """

    effect: Effect
    value: str = ""
    why: str = ""
    before: str = ""


@dataclass(frozen=True)
class RowForecast:
    """One row as Moodle's reader sees it, which may not be as it was written."""

    identifier: str
    participant_id: str
    name: str
    grade: CellForecast
    comment: CellForecast

    @property
    def is_applied(self) -> bool:
        """Whether anything changes."""
        return {self.grade.effect, self.comment.effect} & {Effect.SET, Effect.ERASED} != set()


@dataclass(frozen=True)
class SheetForecast:
    """The whole upload.

    Attributes:
        rows: in the order in which Moodle takes them.
        refused: why nothing at all will happen, '' if something may.
        lost: what Moodle takes out of the file before it reads it, '' where that is nothing.
    """

    rows: tuple[RowForecast, ...] = ()
    refused: str = ""
    lost: str = ""


@dataclass(frozen=True)
class UploadSettings:
    """The boxes of Moodle's upload form, and what the worksheet does not contain.

    Attributes:
        file_name: must end in ``.csv``.
        separator, encoding: as chosen in the form.
        overwrite_newer: the box "Allow updating records that have been modified more recently …".
        reader_zone: of the account that downloads and uploads.
        server_zone: in which Moodle reads the dates; None where it is the reader's.
        records: participant ids that have a grade record without a grade, from a feedback zip.
        decimal_sign: of the reader's language, where the known worksheet has no number that shows it.
    """

    file_name: str = "worksheet.csv"
    separator: str = ","
    encoding: str = "UTF-8"
    overwrite_newer: bool = False
    reader_zone: str = "UTC"
    server_zone: str | None = None
    records: Collection[str] = ()
    decimal_sign: str = "."


@dataclass(frozen=True)
class _Places:
    identifier: int
    grade: int
    graded: int
    comments: int | None


def forecast_worksheet(upload: bytes, known: Worksheet, settings: UploadSettings | None = None) -> SheetForecast:
    """Return what Moodle will do with ``upload``.

    Args:
        upload: the file.
        known: the worksheet as it can be downloaded now, with the same group chosen. Whoever is not in
            it is not valid for Moodle: unknown, suspended, or in another group.
        settings: of the upload.
    """
    settings = settings or UploadSettings()
    settings = replace(settings, decimal_sign=known.decimal_sign or settings.decimal_sign)
    if not settings.file_name.lower().endswith(".csv"):
        return SheetForecast(refused="the file's name must end in .csv")
    if not upload.strip():
        return SheetForecast(refused="the file is empty")
    try:
        rows = moodle_rows(upload, encoding=settings.encoding, separator=settings.separator)
    except UnreadableUpload as fault:
        return SheetForecast(
            refused=f"{fault}: Moodle drops the whole file and reports only 'No modified grades found'"
        )
    places = _places(rows[0], known)
    if isinstance(places, str):
        return SheetForecast(refused=places)
    valid = known.by_id
    forecasts: list[RowForecast] = []
    touched: set[str] = set()
    for cells in rows[1:]:
        identifier = _cell(cells, places.identifier)
        number = identifier.encode()[_prefix_bytes(known) :].decode("utf-8", "replace")
        if not _WHOLE_NUMBER.fullmatch(number):
            return SheetForecast(
                refused=f"the identifier {identifier[:40]!r} makes the whole upload fail: 'Error reading from database'"
            )
        participant_id = str(int(number))
        row = valid.get(participant_id)
        if row is None:
            forecasts.append(_unknown(identifier, participant_id))
            continue
        forecast = _row(row, cells, places, known, settings, again=participant_id in touched)
        if forecast.is_applied:
            touched.add(participant_id)
        forecasts.append(forecast)
    return SheetForecast(tuple(forecasts), lost=lost_on_reading(upload, settings.encoding))


def _places(header: list[str], known: Worksheet) -> _Places | str:
    wanted = {name: known.word(name) for name in ("identifier", "grade", "graded")}
    missing = [word for word in wanted.values() if word not in header]
    if missing:
        named = ", ".join(map(repr, missing))
        return f"no column is called {named}: 'Moodle could not read the uploaded worksheet' (is the separator right?)"
    last = {cell: place for place, cell in enumerate(header)}  # of two of a name the last counts
    comments = last.get(known.word("comments")) if "comments" in known.columns else None
    # Moodle takes column 0 for "no such column"
    return _Places(last[wanted["identifier"]], last[wanted["grade"]], last[wanted["graded"]], comments or None)


def _prefix_bytes(known: Worksheet) -> int:
    if not known.rows:
        return len("Participant ")
    return len(re.sub(r"\d+\s*$", "", known.rows[0].identifier).encode())


def _cell(cells: list[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _unknown(identifier: str, participant_id: str) -> RowForecast:
    why = "no participant of this worksheet: another assignment's, suspended, or not in the chosen group"
    skipped = CellForecast(Effect.SKIPPED, "", why)
    return RowForecast(identifier, participant_id, "", skipped, skipped)


def _row(
    row: WorksheetRow, cells: list[str], places: _Places, known: Worksheet, settings: UploadSettings, *, again: bool
) -> RowForecast:
    stale = "" if settings.overwrite_newer else _staleness(row, _cell(cells, places.graded), known, settings)
    if again and not settings.overwrite_newer:
        stale = "the same participant is in an earlier row, which makes this one older than Moodle's mark"
    grade = _grade(row, _cell(cells, places.grade), stale, settings)
    comment = CellForecast(Effect.NOTHING)
    if places.comments is not None:
        comment = _comment(row, _cell(cells, places.comments), stale)
    return RowForecast(_cell(cells, places.identifier), row.participant_id, row.name or row.identifier, grade, comment)


def _grade(row: WorksheetRow, text: str, stale: str, settings: UploadSettings) -> CellForecast:
    if row.scale:
        found = next((word for word in row.scale if php_equal(text, word)), None)
        if found is None:
            why = "" if not text else f"{text!r} is none of the scale's words, exactly as they are written"
            return CellForecast(Effect.SKIPPED if text else Effect.NOTHING, "", why)
        value, same = found, found == row.grade_text
        why = "" if text == found else f"{text!r} is read as {found}"
    else:
        number = php_number(text, settings.decimal_sign)
        if number is None:
            return CellForecast(Effect.NOTHING)
        stored = number.quantize(Decimal("0.00001")) if abs(number) < 10**9 else number
        value, same = f"{stored:.2f}", row.grade is not None and stored == row.grade
        why = "" if _is_plain(text) else f"{text!r} is read as {stored.normalize():f}"
        if number < 0:
            return CellForecast(Effect.SKIPPED, value, "below 0")
        if row.maximum is not None and number > row.maximum:
            return CellForecast(Effect.SKIPPED, value, f"over the maximum {row.maximum}")
    if same:
        return CellForecast(Effect.SAME, value)
    if stale:
        return CellForecast(Effect.SKIPPED, value, stale)
    if not row.can_change:
        return CellForecast(Effect.SKIPPED, value, "locked or overridden in the gradebook")
    return CellForecast(Effect.SET, value, why, "" if row.grade_text == "-" else row.grade_text)


def _comment(row: WorksheetRow, text: str, stale: str) -> CellForecast:
    if not text and not row.comment:
        return CellForecast(Effect.NOTHING)
    if stale:
        return CellForecast(Effect.SKIPPED, text, stale)
    if not text:
        return CellForecast(Effect.ERASED, "", "an empty cell erases the comment that Moodle has", row.comment)
    if text == row.comment:
        return CellForecast(Effect.SET, text, "the worksheet's text without its HTML replaces the comment")
    if flatten(text).split() == row.comment.split():
        return CellForecast(Effect.SET, text, "has the same text as Moodle's comment; only its HTML may differ")
    return CellForecast(Effect.SET, text, before=row.comment)


def _is_plain(text: str) -> bool:
    return re.fullmatch(r"\s*\d+(\.\d+)?\s*", text, re.ASCII) is not None


def _staleness(row: WorksheetRow, cell: str, known: Worksheet, settings: UploadSettings) -> str:
    """Return why Moodle calls the row older than its own mark, '' if it does not."""
    reader_zone = zone_of(settings.reader_zone)
    server_zone = zone_of(settings.server_zone or settings.reader_zone)
    graded_at = parse_date(row.graded, reader_zone, known.words)
    if graded_at is None:
        if not row.comment and row.participant_id not in settings.records:
            return ""  # no grade record: nothing to be older than
        if php_time(cell, server_zone) is None:
            return "Moodle has a record of it (a comment or a feedback file) and the row has no date"
        return ""
    written = php_time(cell, server_zone)
    if written is None:
        return f"{cell[:40]!r} is not a date for Moodle, so the row counts as older than its mark"
    # Moodle's time has seconds that the worksheet hides: only a whole minute more is certain
    if graded_at > written + _SLACK:
        return "the mark in Moodle is newer than the row"
    if graded_at == written + _SLACK:
        return "the mark in Moodle is about a minute newer than the row"
    return ""
