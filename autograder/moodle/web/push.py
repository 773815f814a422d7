"""Send marks and feedback through Moodle's web services, one person at a time, each read back.

Nothing is sent that Moodle holds already, so that a push can be repeated after a crash or on a bad
network. Moodle answers a save with ``null`` whatever it did with it: only what is read back counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.markup import bare_text
from autograder.moodle.files.outgoing import comment_cell, format_grade
from autograder.moodle.web.client import MoodleClient, MoodleError, MoodleUnreachableError
from autograder.moodle.web.log import PushLog
from autograder.moodle.web.remote import RemoteAssignment, RemotePerson, read_flags, read_people
from autograder.moodle.web.state import State, read_state, rounded, save, sha256_of, state_from


class Sent(StrEnum):
    """What became of one mark."""

    SENT = "sent"
    ALREADY = "already there"
    WOULD = "would be sent"
    CONFLICT = "changed in Moodle"
    HELD = "held"
    LEFT_OUT = "left out"
    FAILED = "failed"


@dataclass(frozen=True)
class PushEntry:
    """One participant's."""

    key: str
    name: str
    result: Sent
    why: str = ""


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
        known: participant id to the grade at the time of the download, None for none.
        held: participant id to the reason why no mark may go.
    """

    run: str
    force: bool = False
    dry_run: bool = False
    drafts: bool = False
    workflow: str = ""
    scale: tuple[str, ...] = ()
    decimals: int = 2
    known: Mapping[str, Decimal | None] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)


def push(
    client: MoodleClient,
    assignment: RemoteAssignment,
    marks: Mapping[str, OutgoingGrade],
    files: Mapping[str, Mapping[str, bytes]],
    log: PushLog,
    options: PushOptions,
    progress: Callable[[PushEntry], None] = lambda _: None,
) -> tuple[PushEntry, ...]:
    """Send marks, comments and files of those whose state in Moodle differs, and read each back.

    Args:
        client: the site.
        assignment: where to.
        marks: participant id to mark.
        files: participant id (group id, where teams submit) to feedback files; others' files are kept.
        log: gets what was there before, before anything is sent.
        options: see there.
        progress: called with each entry.
    """
    people = {person.key: person for person in read_people(client, assignment)}
    flags = read_flags(client, assignment)
    last = last_states(log, client.site, assignment.assignment_id)
    entries = [PushEntry(key, "", Sent.HELD, why) for key, why in sorted(options.held.items())]
    for key in sorted(set(marks) - set(options.held), key=lambda key: (len(key), key)):
        person = people.get(key)
        if person is None:
            entry = PushEntry(key, "", Sent.LEFT_OUT, "no active participant of this assignment")
        elif person.status == "draft" and not options.drafts:
            entry = PushEntry(key, person.name, Sent.LEFT_OUT, "a draft that was not submitted")
        else:
            workflow = options.workflow or (flags[person.user_id].workflow if person.user_id in flags else "")
            one = _Recipient(client, assignment, person, log, options, workflow, last.get(key, ()))
            own = str(person.group_id) if assignment.is_team_work else key  # as in the feedback zip
            entry = _push_one(one, marks[key], files.get(own, {}))
        entries.append(entry)
        progress(entry)
    return tuple(entries)


@dataclass(frozen=True)
class _Recipient:
    """All that one person's push needs."""

    client: MoodleClient
    assignment: RemoteAssignment
    person: RemotePerson
    log: PushLog
    options: PushOptions
    workflow: str
    acceptable: tuple[State, ...]  # what earlier pushes left in Moodle, or may have left when they were cut off

    def entry(self, result: Sent, why: str = "") -> PushEntry:
        return PushEntry(self.person.key, self.person.name, result, why)

    def note(self, event: str, **content: Any) -> None:
        place = {"site": self.client.site, "assignment": self.assignment.assignment_id, "run": self.options.run}
        self.log.append({"event": event, **place, "key": self.person.key, "user": self.person.user_id, **content})


def _push_one(one: _Recipient, mark: OutgoingGrade, files: Mapping[str, bytes]) -> PushEntry:
    try:
        grade = _grade_to_send(one, mark)
    except ValueError as error:
        return one.entry(Sent.LEFT_OUT, str(error))
    if files and not one.assignment.files:
        return one.entry(Sent.LEFT_OUT, "the feedback type 'Feedback files' is off in Moodle")
    try:
        found, contents = read_state(one.client, one.assignment, one.person.user_id)
        wanted, to_upload = _wanted(one, grade, mark, files, found, contents)
        if found.agrees(wanted):
            return one.entry(Sent.ALREADY)
        if not one.options.force and (why := _conflict(one, found)):
            return one.entry(Sent.CONFLICT, why)
        if one.options.dry_run:
            return one.entry(Sent.WOULD, f"{found.grade} → {wanted.grade}")
        for data in contents.values():  # what undo would need
            one.log.keep(data)
        one.note("intent", before=found.record(), send=wanted.record())
        held = save(one.client, one.assignment, one.person.user_id, wanted, to_upload if files else None, one.workflow)
    except (MoodleError, MoodleUnreachableError) as error:
        return one.entry(Sent.FAILED, str(error))
    one.note("done", after=held.record())
    if not held.agrees(wanted):
        return one.entry(Sent.FAILED, _difference(wanted, held))
    return one.entry(Sent.SENT)


def _wanted(
    one: _Recipient,
    grade: Decimal | None,
    mark: OutgoingGrade,
    files: Mapping[str, bytes],
    found: State,
    contents: Mapping[str, bytes],
) -> tuple[State, dict[str, bytes]]:
    """Return the state to reach, and the files to upload for it: ours, and those that others put there."""
    ours = {path for state in one.acceptable for path in state.files}
    upload = {path: data for path, data in contents.items() if path not in ours} if files else {}
    upload.update({f"/{name}": data for name, data in files.items()})
    hashes = {path: sha256_of(data) for path, data in upload.items()} if files else found.files
    comment = comment_cell(mark.comment_html) or found.comment
    return State(found.grade if grade is None else grade, comment, hashes), upload


def _grade_to_send(one: _Recipient, mark: OutgoingGrade) -> Decimal | None:
    if mark.grade is None:
        return None
    if one.assignment.maximum is None:
        if mark.grade not in one.options.scale:
            raise ValueError(
                f"{mark.grade!r} is none of the scale's words: {', '.join(one.options.scale) or 'not given'}"
            )
        return Decimal(one.options.scale.index(str(mark.grade)) + 1)
    return Decimal(format_grade(mark.grade, one.assignment.maximum, one.options.decimals))


def _conflict(one: _Recipient, found: State) -> str:
    """Return why the mark in Moodle is nobody's that this kit knows of, '' if it may be replaced."""
    if any(rounded(state.grade) == rounded(found.grade) for state in one.acceptable):
        texts = [bare_text(state.comment) for state in one.acceptable]
        return "" if bare_text(found.comment) in texts else "the comment is not the one that was sent"
    if one.acceptable:
        return f"the grade is {found.grade}, sent was {one.acceptable[-1].grade}"
    known = one.options.known.get(one.person.key)
    if rounded(found.grade) == rounded(known):
        return ""
    return f"the grade is {found.grade}, at the download it was {known}"


def last_states(log: PushLog, site: str, assignment_id: int) -> dict[str, tuple[State, ...]]:
    """Return by participant id the states that earlier pushes left, or may have left, in Moodle."""
    states: dict[str, tuple[State, ...]] = {}
    for entry in log.entries():
        if entry["site"] != site or entry["assignment"] != assignment_id:
            continue
        if entry["event"] == "done":
            states[entry["key"]] = (state_from(entry["after"]),)
        elif entry["event"] == "intent":
            states[entry["key"]] = (state_from(entry["before"]), state_from(entry["send"]))
    return states


def _difference(wanted: State, held: State) -> str:
    parts = []
    if rounded(wanted.grade) != rounded(held.grade):
        parts.append(f"Moodle has the grade {held.grade} instead of {wanted.grade} (locked or overridden?)")
    if bare_text(wanted.comment) != bare_text(held.comment):
        parts.append("Moodle has another comment")
    if dict(wanted.files) != dict(held.files):
        parts.append(f"Moodle has the files {sorted(held.files)} instead of {sorted(wanted.files)}")
    return "; ".join(parts)
