"""Compare what Moodle now holds with what was sent to it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from autograder.moodle.files.markup import bare_text, flatten
from autograder.moodle.files.worksheet import Worksheet, WorksheetRow


@dataclass(frozen=True)
class Difference:
    """One thing that did not arrive.

    Attributes:
        what: "row", "grade" or "comment".
        sent, found: as text.
        why: what the usual cause is.
    """

    participant_id: str
    name: str
    what: str
    sent: str
    found: str
    why: str


def compare(sent: Worksheet, new: Worksheet) -> tuple[Difference, ...]:
    """Return every difference between an uploaded worksheet and one downloaded afterwards.

    A downloaded worksheet has comments without their HTML and grades to the site's decimals, so these
    are compared as text and to the places that Moodle shows.
    """
    now = new.by_id
    differences: list[Difference] = []
    for row in sent.rows:
        found = now.get(row.participant_id)
        if found is None:
            why = "no row: was the participant suspended, or another group chosen on the page?"
            differences.append(Difference(row.participant_id, row.identifier, "row", row.grade_text, "", why))
            continue
        differences.extend(_differences(row, found, has_comments="comments" in sent.columns))
    return tuple(differences)


def _differences(sent: WorksheetRow, found: WorksheetRow, *, has_comments: bool) -> list[Difference]:
    name = found.name or found.identifier
    differences = []
    if sent.grade_text and not _same_grade(sent, found):
        why = _why(sent, found)
        differences.append(Difference(sent.participant_id, name, "grade", sent.grade_text, found.grade_text, why))
    if has_comments and bare_text(sent.comment) != bare_text(found.comment):
        why = "skipped as older than Moodle's mark, or changed since"
        shown = " ".join(flatten(sent.comment).split())
        differences.append(Difference(sent.participant_id, name, "comment", shown, found.comment.strip(), why))
    return differences


def _same_grade(sent: WorksheetRow, found: WorksheetRow) -> bool:
    if found.scale:
        return sent.grade_text == found.grade_text
    if sent.grade is None or found.grade is None:
        return sent.grade == found.grade
    places = len(found.grade_text.strip().replace(",", ".").partition(".")[2])
    return abs(sent.grade - found.grade) <= Decimal(5).scaleb(-places - 1)


def _why(sent: WorksheetRow, found: WorksheetRow) -> str:
    if not found.can_change:
        return "locked or overridden in the gradebook"
    if found.maximum is not None and sent.grade is not None and sent.grade > found.maximum:
        return "over the maximum"
    if found.grade_text:
        return (
            "the row was older than Moodle's mark, or the mark was changed since; tick the box to overwrite newer marks"
        )
    return "the row was skipped: is there a record of a feedback file or a comment that is newer than the row?"
