"""Send marks and feedback through Moodle's web services, a few people at a time, each read back.

Nothing is sent that Moodle holds already, so that a push can be repeated after a crash or on a bad
network. Moodle answers a save with ``null`` whatever it did with it: only what is read back counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.markup import bare_text, flatten
from autograder.moodle.files.outgoing import comment_cell, format_grade
from autograder.moodle.files.sent import described
from autograder.moodle.web.client import MoodleClient
from autograder.moodle.web.criteria import CriteriaPoints, Fillings, filled, require_match
from autograder.moodle.web.history import Journal, last_left
from autograder.moodle.web.log import PushLog
from autograder.moodle.web.many import Fault, chunks
from autograder.moodle.web.marks import NOT_MARKED, KnownMark
from autograder.moodle.web.remote import RemoteAssignment, RemotePerson, read_people
from autograder.moodle.web.state import Found, Left, Save, State, rounded, sha256_of
from autograder.moodle.web.store import PEOPLE_AT_ONCE, MarkStore, open_store

WORKFLOW_STATES = ("notmarked", "inmarking", "readyforreview", "inreview", "readyforrelease", "released")
_FILES_STAY = (
    "Moodle does not show the files of a mark that is not released, so they are not replaced: upload feedback.zip on "
    "Moodle's page, which replaces files of the same name only; --overwrite replaces all"
)


class Sent(StrEnum):
    """What became of one mark."""

    SENT = "sent"
    PART = "sent without its files"
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

    Raises:
        UsageError: a rubric or guide that does not fit the points, or a state that is none.
    """
    _require_state(assignment, options.workflow)
    people = {person.key: person for person in read_people(client, assignment)}
    store = open_store(client, assignment, log)
    if options.criteria:
        _require_form(store, options)
    last = last_left(log, client.site, assignment.assignment_id)
    entries = [PushEntry(key, "", Sent.HELD, why) for key, why in sorted(options.held.items())]
    place = {"site": client.site, "assignment": assignment.assignment_id, "run": options.run}
    for keys in chunks(sorted(set(marks) - set(options.held), key=lambda key: (len(key), key)), PEOPLE_AT_ONCE):
        made: dict[str, PushEntry] = {}
        asked = []
        for key in keys:
            person = people.get(key)
            if person is None:
                made[key] = PushEntry(key, "", Sent.LEFT_OUT, "no active participant of this assignment")
            elif person.status == "draft" and not options.drafts:
                made[key] = PushEntry(key, person.name, Sent.LEFT_OUT, "a draft that was not submitted")
            else:
                journal = Journal(log, {**place, "key": key, "user": person.user_id})
                own = str(person.group_id) if assignment.is_team_work else key  # as in the feedback zip
                recipient = _Recipient(store, person, journal, options, last.get(key), marks[key], files.get(own, {}))
                if entry := _refused(recipient):
                    made[key] = entry
                else:
                    asked.append(recipient)
        made |= _push_some(store, log, asked)
        for key in keys:
            entries.append(made[key])
            progress(made[key])
    return tuple(entries)


def _require_state(assignment: RemoteAssignment, workflow: str) -> None:
    if workflow and not assignment.has_workflow:
        raise UsageError(f"{short_line(assignment.name)} has no marking workflow in Moodle: leave out --workflow")
    if workflow and workflow not in WORKFLOW_STATES:
        raise UsageError(f"--workflow {workflow!r}: allowed are {', '.join(WORKFLOW_STATES)}")


def _require_form(store: MarkStore, options: PushOptions) -> None:
    """Refuse an assignment whose rubric or guide does not fit, before the first mark is read or sent."""
    if store.form:
        require_match(store.assignment, store.form, options.criteria)


@dataclass(frozen=True)
class _Recipient:
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


def _refused(one: _Recipient) -> PushEntry | None:
    """Return why nothing is sent, as far as the lists of the whole class tell it."""
    mark = one.mark
    try:
        _grade_and_criteria(one, {})
    except ValueError as error:
        return one.entry(Sent.LEFT_OUT, str(error))
    if one.files and not one.assignment.files:
        return one.entry(Sent.LEFT_OUT, "the feedback type 'Feedback files' is off in Moodle")
    if mark.comment_html and not one.assignment.comments:
        return one.entry(Sent.LEFT_OUT, "the feedback type 'Feedback comments' is off in Moodle")
    if _is_there(one):
        return one.entry(Sent.ALREADY)
    if why := one.store.fixed.get(one.person.user_id):
        return one.entry(Sent.LEFT_OUT, f"{why}: mark, comment and file are not sent")
    return None


def _push_some(store: MarkStore, log: PushLog, recipients: Sequence[_Recipient]) -> dict[str, PushEntry]:
    """Read, save and read back a few people's marks together."""
    made: dict[str, PushEntry] = {}
    if not recipients:
        return made
    _require_form(store, recipients[0].options)
    saves: list[tuple[_Recipient, Save]] = []
    found = store.find([(one.person.user_id, one.left) for one in recipients])
    for one, there in zip(recipients, found, strict=True):
        decided = _decide(one, there) if isinstance(there, Found) else one.entry(Sent.FAILED, str(there))
        if isinstance(decided, Save):
            saves.append((one, decided))
        else:
            made[one.person.key] = decided
    if not saves:
        return made
    with log.together():
        for one, save in saves:
            one.journal.intent(save)
    held = store.save([save for _, save in saves])
    with log.together():
        for (one, save), now in zip(saves, held, strict=True):
            made[one.person.key] = _outcome(one, save, now)
    return made


def _decide(one: _Recipient, found: Found) -> PushEntry | Save:
    """Return what to save, or why nothing is."""
    if not found.is_known:
        return one.entry(Sent.LEFT_OUT, _unseen(found.state))
    wanted, to_upload = _wanted(one, found)
    if why := one.store.would_delete(wanted):
        return one.entry(Sent.LEFT_OUT, why)
    if found.state.agrees(wanted):
        stay = _files_stay(one, found, to_upload)
        return one.entry(Sent.LEFT_OUT, _FILES_STAY) if stay else one.entry(Sent.ALREADY)
    why = _conflict(one, found)
    if why and not one.options.force:
        return one.entry(Sent.CONFLICT, f"{why}; it was kept; --overwrite replaces it with {_described(wanted)}")
    if one.options.dry_run:
        change = _change(found.state, wanted)
        return one.entry(Sent.WOULD, f"{why}; it would be replaced: {change}" if why else change)
    return Save(one.person.user_id, found, wanted, to_upload)


def _outcome(one: _Recipient, save: Save, held: Found | Fault) -> PushEntry:
    if not isinstance(held, Found):
        return one.entry(Sent.FAILED, str(held))
    one.journal.done(held)
    if not held.state.agrees(save.wanted):
        return one.entry(Sent.FAILED, _difference(save.wanted, held.state))
    stay = _files_stay(one, save.found, save.files)
    why = _conflict(one, save.found)
    replaced = f"{why}; it was replaced with {_described(save.wanted)}" if why else ""
    if stay:
        return one.entry(Sent.PART, "; ".join(filter(None, (_FILES_STAY, replaced))))
    return one.entry(Sent.SENT, replaced)


def _files_stay(one: _Recipient, found: Found, to_upload: Mapping[str, bytes] | None) -> bool:
    return bool(one.files) and to_upload is None and dict(found.state.files) != _hashes(one.files)


def _is_there(one: _Recipient) -> bool:
    """Whether the last push left just this, and nobody has changed the grade record since: no request is needed."""
    record, left = one.store.records.get(one.person.user_id), one.left
    if one.options.workflow or record is None or left is None or left.version != record.version or left.states[1:]:
        return False
    (state,) = left.states
    wanted, _ = _wanted(replace(one, files={}), Found(state))
    return state.agrees(wanted) and _hashes(one.files).items() <= dict(state.files).items()


def _described(state: State) -> str:
    return described("" if state.grade is None else _number(state.grade), flatten(state.comment))


def _number(grade: Decimal | None) -> str:
    """A grade without the zeros that Moodle keeps behind it."""
    return "none" if grade is None else f"{grade.normalize():f}"


def _unseen(state: State) -> str:
    return (
        f"Moodle has a mark that is not released (grade {state.grade}, state {state.workflow or NOT_MARKED}) and does "
        "not show its comment and files, so it is not replaced, with --overwrite neither: change it on Moodle's page, "
        "or upload worksheet.csv there"
    )


def _change(found: State, wanted: State) -> str:
    states = f", state {found.workflow or NOT_MARKED} → {wanted.workflow or NOT_MARKED}"
    return f"{_number(found.grade)} → {_number(wanted.grade)}{states if found.workflow != wanted.workflow else ''}"


def _wanted(one: _Recipient, found: Found) -> tuple[State, dict[str, bytes] | None]:
    """Return the state to reach, and the files to upload for it: ours, and those that others put there.

    Files that Moodle does not show are not replaced, unless by force.
    """
    before, files = found.state, one.files
    grade, criteria = _grade_and_criteria(one, before.criteria)
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


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {f"/{name}": sha256_of(data) for name, data in files.items()}


def _grade_and_criteria(one: _Recipient, before: Fillings) -> tuple[Decimal | None, Fillings]:
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
            f"the criteria give {_number(rounded(computed))}, the mark is {_number(grade)} (lateness, or a mark that a "
            "person set): fill in Moodle's form by hand"
        )
    return computed, fillings


def _grade_to_send(one: _Recipient) -> Decimal | None:
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


def _conflict(one: _Recipient, found: Found) -> str:
    """Return why the mark in Moodle is nobody's that this kit knows of, '' if it may be replaced."""
    now = found.state
    if any(rounded(state.grade) == rounded(now.grade) for state in one.acceptable):
        return _changed_by_hand(one, found)
    if one.acceptable:
        return f"the grade is {_number(now.grade)}, sent was {_number(one.acceptable[-1].grade)}"
    known = one.options.known.get(one.person.key, KnownMark(None))
    if rounded(now.grade) != rounded(known.grade):
        return f"the grade is {_number(now.grade)}, at the download it was {_number(known.grade)}"
    if bare_text(now.comment) and found.version != known.version:
        return f"the comment was changed after the download: {short_line(flatten(now.comment).strip(), 60)!r}"
    if now.criteria and found.version != known.version and one.store.form:
        return f"the criteria were changed after the download: {one.store.form.described(now.criteria)}"
    return ""


def _changed_by_hand(one: _Recipient, found: Found) -> str:
    """Return what differs, besides the grade, from all that the kit left or may have left."""
    now = found.state
    if bare_text(now.comment) not in [bare_text(state.comment) for state in one.acceptable]:
        return f"the comment is {short_line(flatten(now.comment).strip(), 60)!r}, not the one that was sent"
    if one.store.form and dict(now.criteria) not in [dict(state.criteria) for state in one.acceptable]:
        return f"the criteria are {one.store.form.described(now.criteria)}, not those that were sent"
    sending = _hashes(one.files)  # a file that somebody has put there already is no change
    missing = [
        {path for path in state.files.keys() & sending if now.files.get(path) not in (state.files[path], sending[path])}
        for state in one.acceptable
    ]
    if found.is_shown and all(missing):
        names = ", ".join(short_line(path.lstrip("/"), 40) for path in sorted(missing[-1]))
        return f"somebody deleted or replaced the file {names}"
    return ""


def _difference(wanted: State, held: State) -> str:
    parts = []
    if rounded(wanted.grade) != rounded(held.grade):
        parts.append(f"Moodle has the grade {held.grade} instead of {wanted.grade} (locked or overridden?)")
    if bare_text(wanted.comment) != bare_text(held.comment):
        parts.append("Moodle has another comment")
    if dict(wanted.criteria) != dict(held.criteria):
        parts.append("Moodle's rubric or guide is filled in another way")
    if wanted.workflow != held.workflow:
        parts.append(f"Moodle has the state {held.workflow or NOT_MARKED} instead of {wanted.workflow or NOT_MARKED}")
    if dict(wanted.files) != dict(held.files):
        parts.append(f"Moodle has the files {sorted(held.files)} instead of {sorted(wanted.files)}")
    return "; ".join(parts)
