"""When something was submitted and when it was due, from Moodle's worksheet."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.intake.lateness import lateness_between
from autograder.model import Lateness
from autograder.moodle.files.datetext import parse_date
from autograder.moodle.files.worksheet import Worksheet, WorksheetRow

NO_DATE = "Moodle calls it late and shows no date of the submission"


def lateness_of(row: WorksheetRow, worksheet: Worksheet, zone: ZoneInfo, due_at: datetime | None) -> Lateness:
    """Return the row's lateness: extension, else the row's due date, else the stage's ``due_at``.

    A worksheet has no seconds. A submission of 17:00:40 for 17:00:00 reads 17:00 in both places: it is
    in time here unless Moodle's Status is late, and then it is late by one second.

    Raises:
        UsageError: a date is in no known language.
    """
    submitted_at = _date(row.submitted, row, worksheet, zone)
    due, source = _due(row, worksheet, zone, due_at)
    is_unknown = submitted_at is None and row.late and row.status == "submitted"
    uncertain = row.uncertain or (NO_DATE if is_unknown else "")
    return lateness_between(submitted_at, due, zone, source=source, late=row.late, uncertain=uncertain)


def _due(
    row: WorksheetRow, worksheet: Worksheet, zone: ZoneInfo, due_at: datetime | None
) -> tuple[datetime | None, str]:
    extension = _date(row.extension, row, worksheet, zone)
    if extension is not None:
        return extension, "extension"
    if worksheet.has_due_dates and usual_due_text(worksheet):
        if not row.due.strip(" -"):
            return None, ""  # others have a date and this row has none: an override took it away
        due = _date(row.due, row, worksheet, zone)
        return due, "due date" if row.due == usual_due_text(worksheet) else "override"
    return due_at, "due date" if due_at else ""


def usual_due_text(worksheet: Worksheet) -> str:
    """Return the due date that most rows have, '' if no row has one."""
    counts = Counter(row.due for row in worksheet.rows if row.due.strip(" -"))
    return counts.most_common(1)[0][0] if counts else ""


def lateness_notes(
    worksheet: Worksheet, found: dict[str, Lateness], zone: ZoneInfo, due_at: datetime | None
) -> list[str]:
    """Return what a TA should know: dates that Moodle and the stage see differently, minutes too close to decide."""
    notes = []
    usual = usual_due_text(worksheet)
    moodle_due = parse_date(usual, zone, worksheet.words) if usual else None
    if moodle_due and due_at and moodle_due != due_at:
        notes.append(
            f"Moodle's due date is {_moment(moodle_due, zone)}, the stage's {_moment(due_at, zone)}: Moodle's was used"
        )
    for row in worksheet.rows:
        lateness = found.get(row.participant_id, Lateness())
        if lateness.uncertain and (lateness.late_seconds or lateness.submitted_at is None):
            notes.append(
                f"{row.identifier} ({short_line(row.name)}): how late it is cannot be known: {lateness.uncertain}"
            )
        if lateness.submitted_at is None or lateness.due_at is None or row.late is None:
            continue
        if row.late != (lateness.late_seconds > 0):
            status = "late" if row.late else "on time"
            here = f"{lateness.late_seconds} s late" if lateness.late_seconds else "on time"
            notes.append(
                f"{row.identifier}: in Moodle it is {status}, by the dates {here}: does Moodle have another due date "
                "or time zone?"
            )
        elif lateness.submitted_at == lateness.due_at and not lateness.late_seconds:
            notes.append(f"{row.identifier}: submitted in the same minute that it was due; on time, as in Moodle")
    return notes


def _moment(value: datetime, zone: ZoneInfo) -> str:
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _date(text: str, row: WorksheetRow, worksheet: Worksheet, zone: ZoneInfo) -> datetime | None:
    try:
        return parse_date(text, zone, worksheet.words)
    except ValueError as error:
        raise UsageError(
            f"{worksheet.source}:{row.line}: {row.identifier}: {error}; give the worksheet as downloaded, in English"
        ) from error
