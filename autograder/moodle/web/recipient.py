"""One person in a push: what is to be sent, and the state that Moodle shall reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.outgoing import comment_cell, format_grade
from autograder.moodle.web.criteria import CriteriaPoints, Fillings, filled
from autograder.moodle.web.history import Journal
from autograder.moodle.web.marks import NOT_MARKED, KnownMark
from autograder.moodle.web.push_entry import PushEntry, Sent
from autograder.moodle.web.remote import RemoteAssignment, RemotePerson
from autograder.moodle.web.state import Found, Left, State, rounded, sha256_of
from autograder.moodle.web.store import MarkStore


@dataclass(frozen=True)
class PushOptions:
    """How to push.

    Attributes:
        run: a name for this push, which ``undo`` takes.
        force: also over marks that were changed in Moodle.
        dry_run: read, compare and report only.
        drafts: also to those who have not pressed the submit button.
        workflow: the state to set, '' to leave each person's as it is.
        scale: its words in order, where marks are words.
        decimals: of a grade.
        known: participant id to what Moodle held at the time of the pull.
        held: participant id to the reason why no mark may go.
        criteria: points for a rubric or guide in Moodle.
    """

    run: str
    force: bool = False
    dry_run: bool = False
    drafts: bool = False
    workflow: str = ""
    scale: tuple[str, ...] = ()
    decimals: int = 2
    known: Mapping[str, KnownMark] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    criteria: CriteriaPoints | None = None


@dataclass(frozen=True)
class Recipient:
    """All that one person's push needs."""

    store: MarkStore
    person: RemotePerson
    journal: Journal
    options: PushOptions
    left: Left | None
    mark: OutgoingGrade
    files: Mapping[str, bytes]

    @property
    def assignment(self) -> RemoteAssignment:
        return self.store.assignment

    @property
    def acceptable(self) -> tuple[State, ...]:
        """What earlier pushes left in Moodle, or may have left when they were cut off."""
        return self.left.states if self.left else ()

    def entry(self, result: Sent, why: str = "") -> PushEntry:
        return PushEntry(self.person.key, self.person.name, result, why)


def wanted_of(one: Recipient, found: Found) -> tuple[State, dict[str, bytes] | None]:
    """Return the state to reach, and the files to upload for it: ours, and those that others put there.

    Files that Moodle does not show are not replaced, unless by force.
    """
    before, files = found.state, one.files
    grade, criteria = grade_and_criteria(one, before.criteria)
    hashes, upload = before.files, None
    if files and (found.is_shown or one.options.force):
        ours = {path for state in one.acceptable for path in state.files}
        upload = {path: data for path, data in found.contents.items() if path not in ours}
        upload.update({f"/{name}": data for name, data in files.items()})
        hashes = {path: sha256_of(data) for path, data in upload.items()}
    comment = comment_cell(one.mark.comment_html) or before.comment
    workflow = one.options.workflow.replace(NOT_MARKED, "") if one.options.workflow else before.workflow
    if grade is None:
        grade, criteria = before.grade, before.criteria
    return State(grade, comment, hashes, workflow, criteria), upload


def hashes_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return Moodle's path of each file to the hash of its contents."""
    return {f"/{name}": sha256_of(data) for name, data in files.items()}


def grade_and_criteria(one: Recipient, before: Fillings) -> tuple[Decimal | None, Fillings]:
    """Return the grade to reach, None for no change, and what a rubric or guide is filled with for it.

    Raises:
        ValueError: the mark cannot be sent.
    """
    grade, criteria = _grade_to_send(one), one.options.criteria
    if grade is None or criteria is None or (form := one.store.form) is None:
        return grade, {}
    if one.assignment.maximum is None:
        raise ValueError("graded by a scale and by criteria: fill in Moodle's form by hand")
    points = criteria.of(one.person.key, one.person.group_id)
    if points is None:
        raise ValueError("the gradebook has no points by criteria for this mark: fill in Moodle's form by hand")
    fillings = filled(form, points, before)
    computed = form.grade(fillings, one.assignment.maximum)
    if abs(computed - grade) > Decimal(1).scaleb(-one.options.decimals):
        raise ValueError(
            f"the criteria give {plain(rounded(computed))}, the mark is {plain(grade)} (lateness, or a mark that a "
            "person set): fill in Moodle's form by hand"
        )
    return computed, fillings


def _grade_to_send(one: Recipient) -> Decimal | None:
    mark = one.mark
    if mark.grade is None:
        return None
    if one.assignment.maximum is None:
        if mark.grade not in one.options.scale:
            raise ValueError(
                f"{mark.grade!r} is none of the scale's words: {', '.join(one.options.scale) or 'not given'}"
            )
        return Decimal(one.options.scale.index(str(mark.grade)) + 1)
    return Decimal(format_grade(mark.grade, one.assignment.maximum, one.options.decimals))


def plain(grade: Decimal | None) -> str:
    """A grade without the zeros that Moodle keeps behind it."""
    return "none" if grade is None else f"{grade.normalize():f}"
