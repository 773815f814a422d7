"""What was written for Moodle by earlier runs: anything else that Moodle holds, a person typed there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeAlias

from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.moodle.files.markup import bare_text
from autograder.moodle.files.worksheet import WorksheetRow, read_worksheet

SENT_FILE = "sent.json"
WORKSHEET_FILE = "worksheet.csv"
ARRIVED = "arrived"


@dataclass(frozen=True)
class SentMark:
    """A grade and a comment as they were written into a worksheet.

    Attributes:
        grade: the cell; '' where there was none.
        comment_sha256: hash of the comment's letters; '' where there was none.
        seen: whether a worksheet that was downloaded later had just this: it has arrived in Moodle.
    """

    grade: str
    comment_sha256: str
    seen: bool = False


SentMarks: TypeAlias = Mapping[str, tuple[SentMark, ...]]


def sent_mark(grade: str, comment: str) -> SentMark:
    """Return what is kept of two cells; a comment counts without its HTML, as Moodle returns it."""
    letters = bare_text(comment)
    return SentMark(grade, hashlib.sha256(letters.encode("utf-8", "surrogatepass")).hexdigest() if letters else "")


def read_sent(path: Path) -> SentMarks:
    """Return participant id to all that earlier runs wrote for them, the oldest first.

    Without the file, what the worksheet beside it holds; without that, nothing: then every mark in Moodle counts as
    typed by a person.

    Raises:
        UsageError: the file was changed by hand.
    """
    if not path.is_file():
        worksheet = path.with_name(WORKSHEET_FILE)
        if not worksheet.is_file():
            return {}
        rows = read_worksheet(worksheet, grades_may_be_words=True).rows
        return {row.participant_id: (sent_mark(row.grade_text, row.comment),) for row in rows}
    try:
        content = json.loads(path.read_text("utf-8"))
        return {str(key): tuple(_mark(*cells) for cells in marks) for key, marks in content.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"{path}: cannot be read ({error}); move it away: then every mark in Moodle counts as typed by a person"
        ) from error


def _mark(grade: object, comment: object, arrived: object = "") -> SentMark:
    if arrived not in ("", ARRIVED):
        raise ValueError(f"{arrived!r} in place of {ARRIVED!r}")
    return SentMark(str(grade), str(comment), arrived == ARRIVED)


def dump_sent(earlier: SentMarks, written: Mapping[str, SentMark], rows: Iterable[WorksheetRow] = ()) -> bytes:
    """Return the file for the next run.

    Args:
        earlier: what was in it.
        written: what this run writes.
        rows: what Moodle holds now: a mark of an earlier run that is there has arrived.
    """
    there = {row.participant_id: row for row in rows}
    keys = sorted({*earlier, *written}, key=lambda key: (len(key), key))
    content = {}
    for key in keys:
        marks: dict[tuple[str, str], bool] = {}
        for mark in (*earlier.get(key, ()), *([written[key]] if key in written else [])):
            seen = mark.seen or (key in there and key in earlier and _is_held(there[key], mark))
            marks[mark.grade, mark.comment_sha256] = marks.get((mark.grade, mark.comment_sha256), False) or seen
        content[key] = [[*mark, ARRIVED] if seen else [*mark] for mark, seen in marks.items()]
    return (json.dumps(content, indent=1) + "\n").encode()


def is_typed_by_hand(row: WorksheetRow, earlier: SentMarks) -> bool:
    """Whether Moodle holds what no run wrote: another grade or comment, or none where one had arrived.

    Grade and comment must be of one run: an earlier run's grade beside the last one's comment was put back by a person.
    """
    sent = earlier.get(row.participant_id, ())
    if not row.grade_text.strip("- ") and not row.comment.strip():
        is_cleared = bool(row.graded.strip("- "))  # a new attempt has neither grade nor date
        return is_cleared and any(mark.seen for mark in sent)
    comments = {mark.comment_sha256 for mark in sent}
    now = sent_mark(row.grade_text, row.comment).comment_sha256
    # a run that sent no comment left the one that was there
    return not any(
        _same_grade(row, mark.grade) and (mark.comment_sha256 == now or (not mark.comment_sha256 and now in comments))
        for mark in sent
    )


def _is_held(row: WorksheetRow, mark: SentMark) -> bool:
    return (
        bool(row.grade_text.strip("- "))
        and _same_grade(row, mark.grade)
        and sent_mark("", row.comment).comment_sha256 == mark.comment_sha256
    )


def _same_grade(row: WorksheetRow, grade: str) -> bool:
    """Whether Moodle shows that grade, to the places that it shows."""
    if not row.grade_text.strip("- "):
        return not grade
    if row.scale or row.grade is None:
        return grade == row.grade_text
    try:
        number = Decimal(grade)
    except InvalidOperation:
        return False
    places = len(row.grade_text.strip().replace(",", ".").partition(".")[2])
    return abs(number - row.grade) <= Decimal(5).scaleb(-places - 1)


def described(grade: str, comment: str) -> str:
    """Return a mark for a person: ``88.00, "appeal"``."""
    letters = " ".join(comment.split())
    shown = f', "{short_line(letters, 40)}"' if letters else ""
    return (short_line(grade.strip(), 24) or "no grade") + shown
