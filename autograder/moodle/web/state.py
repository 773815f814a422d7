"""One person's mark in Moodle as a value, so that pushes and undos agree on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from autograder.moodle.files.markup import bare_text
from autograder.moodle.web.criteria import Fillings
from autograder.moodle.web.marks import GradeRecord, Version

Stamp: TypeAlias = "tuple[int, int]"  # a stored file's size in bytes, and when it was changed
_STEP = Decimal("0.00001")  # Moodle keeps five places


@dataclass(frozen=True)
class State:
    """Grade, comment, files (path to SHA-256) and workflow state, as sent or as found.

    Attributes:
        workflow: None where it does not matter, or was not recorded.
        criteria: what a rubric or guide is filled with; empty where there is no grade: a filled form without its
            grade stays in Moodle after a save without criteria, and counts for nothing.
    """

    grade: Decimal | None
    comment: str
    files: Mapping[str, str]
    workflow: str | None = None
    criteria: Fillings = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return it as the log has it."""
        grade = None if self.grade is None else str(self.grade)
        last: dict[str, Any] = {"workflow": self.workflow}
        if self.criteria:
            last["criteria"] = {number: list(filling) for number, filling in self.criteria.items()}
        return {"grade": grade, "comment": self.comment, "files": dict(self.files), **last}

    def agrees(self, other: State) -> bool:
        """Whether two states are the same mark; comments are compared as text, since Moodle cleans their HTML."""
        return (
            rounded(self.grade) == rounded(other.grade)
            and bare_text(self.comment) == bare_text(other.comment)
            and dict(self.files) == dict(other.files)
            and dict(self.criteria) == dict(other.criteria)
            and (None in (self.workflow, other.workflow) or self.workflow == other.workflow)
        )


@dataclass(frozen=True)
class Found:
    """What Moodle holds for one person.

    Attributes:
        contents: of the feedback files, where Moodle shows them.
        stamps: of the same files, by path.
        version: of the grade record; None where there is none.
        is_shown: whether Moodle shows comment and files. It does not for a mark that is not released.
        is_known: whether ``state`` is all that is there: it is shown, or is as the kit left it.
    """

    state: State
    contents: Mapping[str, bytes] = field(default_factory=dict)
    version: Version | None = None
    is_shown: bool = True
    is_known: bool = True
    stamps: Mapping[str, Stamp] = field(default_factory=dict)


@dataclass(frozen=True)
class Save:
    """What one person's mark shall become.

    Attributes:
        found: what was there.
        wanted: the state to reach. Its workflow state is always sent: an empty one resets Moodle's.
        files: replace all feedback files; None leaves them alone.
    """

    user_id: int
    found: Found
    wanted: State
    files: Mapping[str, bytes] | None


@dataclass(frozen=True)
class Left:
    """What the log says of one person's mark.

    Attributes:
        states: what Moodle holds by the log: one, or two where a push was cut off before its result was known.
        version: of the grade record that belongs to the first.
        stamps: of its files, whose contents the log has, too.
    """

    states: tuple[State, ...]
    version: Version | None = None
    stamps: Mapping[str, Stamp] = field(default_factory=dict)

    def state_of(self, record: GradeRecord, own_user_id: int) -> State | None:
        """Return the state that a grade record belongs to, None where somebody else changed it."""
        if self.version == record.version:
            return self.states[0]
        sent = self.states[1:]  # was cut off: it arrived if the record is ours, with the grade that was sent
        ours = sent and record.grader == own_user_id and rounded(sent[0].grade) == rounded(record.grade)
        return sent[0] if ours else None


def state_from(record: Mapping[str, Any]) -> State:
    """Return what :meth:`State.record` made."""
    grade = record["grade"]
    criteria = {number: (str(value), str(remark)) for number, (value, remark) in record.get("criteria", {}).items()}
    return State(
        None if grade is None else Decimal(grade), record["comment"], record["files"], record.get("workflow"), criteria
    )


def sha256_of(data: bytes) -> str:
    """Return the hash that the log keeps contents under."""
    return hashlib.sha256(data).hexdigest()


def rounded(grade: Decimal | None) -> Decimal | None:
    """Return the grade to the places that Moodle keeps."""
    return None if grade is None else grade.quantize(_STEP)
