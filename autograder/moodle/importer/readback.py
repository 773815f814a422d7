"""Read back the two files that ``autograder grade`` writes for Moodle: a worksheet and a feedback zip."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from autograder.errors import UsageError
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.vocabulary import Vocabulary
from autograder.moodle.files.worksheet import read_worksheet
from autograder.moodle.importer.forecast import Effect
from autograder.moodle.importer.forecast_files import read_feedback


def read_marks(path: Path, words: Vocabulary | None = None) -> dict[str, OutgoingGrade]:
    """Return participant id to mark, from an outgoing worksheet; words where it has a scale's."""
    sheet = read_worksheet(path, words=words, grades_may_be_words=True)
    return {
        row.participant_id: OutgoingGrade(row.grade if row.grade is not None else row.grade_text or None, row.comment)
        for row in sheet.rows
    }


def read_files(path: Path) -> dict[str, dict[str, bytes]]:
    """Return participant id to file names and contents, from a feedback zip.

    Raises:
        UsageError: it is no such zip.
    """
    found: dict[str, dict[str, bytes]] = {}
    try:
        upload = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot read the feedback zip: {error.strerror}") from error
    for file, data in read_feedback(upload):
        if file.effect is not Effect.SET:
            raise UsageError(f"{path}: {file.entry!r} is not one of its own names: {file.why}")
        found.setdefault(file.number, {})[file.path.lstrip("/")] = data
    if not found:
        raise UsageError(f"{path}: not a feedback zip: it contains no file that Moodle would match")
    return found


def entry_numbers(path: Path) -> set[str]:
    """Return the participant or group ids in the names of a download's entries.

    Raises:
        UsageError: it is no zip.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise UsageError(f"{path}: this zip cannot be read: {error}") from error
    found = (re.match(r".*_(\d+)_assignsubmission_", name.partition("/")[0]) for name in names)
    return {match[1] for match in found if match}
