"""One person's mark in Moodle as a value: read, compared and saved, so that pushes and undos agree on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from autograder.moodle.files.markup import bare_text
from autograder.moodle.web.client import Argument, MoodleClient, MoodleUnreachableError
from autograder.moodle.web.remote import RemoteAssignment, read_mark

_SAVES = 4  # tries of one save, each only after Moodle was seen not to hold it
_STEP = Decimal("0.00001")  # Moodle keeps five places


@dataclass(frozen=True)
class State:
    """Grade, comment and files (path to SHA-256), as sent or as found."""

    grade: Decimal | None
    comment: str
    files: Mapping[str, str]

    def record(self) -> dict[str, Any]:
        """Return it as the log has it."""
        grade = None if self.grade is None else str(self.grade)
        return {"grade": grade, "comment": self.comment, "files": dict(self.files)}

    def agrees(self, other: State) -> bool:
        """Whether two states are the same mark; comments are compared as text, since Moodle cleans their HTML."""
        return (
            rounded(self.grade) == rounded(other.grade)
            and bare_text(self.comment) == bare_text(other.comment)
            and dict(self.files) == dict(other.files)
        )


def state_from(record: Mapping[str, Any]) -> State:
    """Return what :meth:`State.record` made."""
    grade = record["grade"]
    return State(None if grade is None else Decimal(grade), record["comment"], record["files"])


def read_state(client: MoodleClient, assignment: RemoteAssignment, user_id: int) -> tuple[State, dict[str, bytes]]:
    """Return what Moodle holds for one person, and the contents of the feedback files."""
    mark = read_mark(client, assignment, user_id)
    contents = {file.path: client.download(file.url, file.size) for file in mark.files}
    return State(mark.grade, mark.comment, {path: sha256_of(data) for path, data in contents.items()}), contents


def save(
    client: MoodleClient,
    assignment: RemoteAssignment,
    user_id: int,
    wanted: State,
    files: Mapping[str, bytes] | None,
    workflow: str,
) -> State:
    """Save a state and return what Moodle then holds. ``files`` None leaves the files alone.

    A save whose answer was lost is only repeated when reading back shows that it did not happen.
    """
    editor: dict[str, Argument] = {"assignfeedbackcomments_editor": {"text": wanted.comment, "format": 1}}
    plugins: dict[str, Argument] = dict(editor) if assignment.comments else {}
    if files is not None:
        plugins["files_filemanager"] = client.upload(files)
    arguments: dict[str, Argument] = {
        "assignmentid": assignment.assignment_id,
        "userid": user_id,
        "grade": "-1" if wanted.grade is None else f"{wanted.grade:f}",
        "attemptnumber": -1,  # any other number may create an attempt and hide the submission
        "addattempt": 0,
        "workflowstate": workflow,
        "applytoall": 0,
        "plugindata": plugins,
    }
    for last in [False] * (_SAVES - 1) + [True]:
        lost: MoodleUnreachableError | None = None
        try:
            client.call("mod_assign_save_grade", repeat=False, **arguments)
        except MoodleUnreachableError as error:
            lost = error
        held, _ = read_state(client, assignment, user_id)
        if lost is None or held.agrees(wanted):
            return held
        if last:
            raise lost
    raise AssertionError("unreachable")


def sha256_of(data: bytes) -> str:
    """Return the hash that the log keeps contents under."""
    return hashlib.sha256(data).hexdigest()


def rounded(grade: Decimal | None) -> Decimal | None:
    """Return the grade to the places that Moodle keeps."""
    return None if grade is None else grade.quantize(_STEP)
