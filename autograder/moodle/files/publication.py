"""Worksheet and feedback zip: what goes back to Moodle from a class that was graded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from autograder.commandline import counted
from autograder.intake.lms import OutgoingFile, OutgoingGrade, Publication
from autograder.model import Submission
from autograder.moodle.files.feedback import has_moodle_number, write_feedback_zip
from autograder.moodle.files.outgoing import OutgoingSheet, write_worksheet
from autograder.moodle.files.sent import SENT_FILE, WORKSHEET_FILE, SentMarks, dump_sent
from autograder.moodle.files.teams import group_number
from autograder.moodle.files.worksheet import Worksheet


def publication(
    submissions: Sequence[Submission],
    worksheet: Worksheet | None,
    members: Mapping[str, tuple[str, ...]],
    grades: Mapping[str, OutgoingGrade],
    pages: Mapping[str, Mapping[str, bytes]],
    *,
    time_zone: str,
    earlier: SentMarks | None = None,
    overwrite: bool = False,
) -> Publication:
    """Return the files for Moodle's two upload pages; see :class:`autograder.intake.lms.SubmittedClass`.

    Args:
        submissions: of the class, for the names in the zip.
        worksheet: as downloaded; without one there is only the zip.
        members: a submission's key to the participant ids that it counts for.
        grades: by submission.
        pages: by submission.
        time_zone: of the account that downloaded the worksheet.
        earlier: what earlier runs wrote; None keeps no list of it.
        overwrite: replace also what a person typed in Moodle.
    """
    files: list[OutgoingFile] = []
    notes: list[str] = []
    withheld: set[str] = set()
    if worksheet is not None:
        of_members = {member: grade for key, grade in grades.items() for member in members.get(key, (key,))}
        of_members = {key: grade for key, grade in of_members.items() if grade.grade is not None or grade.comment_html}
        sheet = write_worksheet(worksheet, of_members, time_zone=time_zone, earlier=earlier, overwrite=overwrite)
        if earlier is not None:  # first: a run that is stopped in between must not forget what it wrote
            sent = dump_sent(earlier, sheet.cells, worksheet.rows)
            files.append(OutgoingFile("sent marks", SENT_FILE, lambda stream: _write(stream, sent)))
        files.append(OutgoingFile("worksheet", WORKSHEET_FILE, lambda stream: _write(stream, sheet.data)))
        notes += _sheet_notes(sheet)
        withheld = _withheld(pages, members, worksheet, sheet)
        if withheld:
            notes.append(
                "not in feedback.zip, as the mark stays as it is in Moodle (locked, overridden, or set by a person): "
                f"{counted(len(withheld), 'page')}: {', '.join(sorted(withheld))}"
            )
        notes += [
            f"{key}: the page cannot go back in Moodle's zip, which needs a participant's or a team's number"
            for key in pages
            if not has_moodle_number(group_number(key))
        ]
    numbered = {
        group_number(key): page
        for key, page in pages.items()
        if has_moodle_number(group_number(key)) and key not in withheld
    }
    names = {group_number(sent.participant_id): sent.name for sent in submissions}
    files.append(OutgoingFile("feedback", "feedback.zip", lambda stream: write_feedback_zip(stream, numbered, names)))
    return Publication(tuple(files), tuple(notes))


def _withheld(
    pages: Mapping[str, object], members: Mapping[str, tuple[str, ...]], worksheet: Worksheet, sheet: OutgoingSheet
) -> set[str]:
    """Return the submissions whose page would show another mark than Moodle: a page goes where the mark goes.

    A team's page goes to every member, so one member's mark that stays withholds it.
    """
    stays = {row.participant_id for row in worksheet.rows if not row.can_change}
    stays |= {one.participant_id for one in sheet.typed if one.kept}
    return {key for key in pages if stays & set(members.get(key, (key,)))}


def _write(stream: BinaryIO, data: bytes) -> None:
    stream.write(data)


def _sheet_notes(sheet: OutgoingSheet) -> list[str]:
    notes = [f"Participant {left.participant_id} is not in worksheet.csv: {left.why}" for left in sheet.left_out]
    for one in sheet.typed:
        done = "it was kept; --overwrite replaces it with" if one.kept else "worksheet.csv replaces it with"
        notes.append(f"Participant {one.participant_id}: a person set this in Moodle: {one.old}; {done} {one.new}")
    if sheet.stale:
        rows = ", ".join(sheet.stale)
        notes.append(
            f"older than Moodle's (tick 'Allow updating records …'): {counted(len(sheet.stale), 'row')}: {rows}"
        )
    if sheet.unchanged:
        notes.append(
            f"left out of worksheet.csv, as Moodle has these marks already: {counted(len(sheet.unchanged), 'row')}"
        )
    return notes
