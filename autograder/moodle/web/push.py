"""Send marks and feedback through Moodle's web services, a few people at a time, each read back.

Nothing is sent that Moodle holds already, so that a push can be repeated after a crash or on a bad
network. Moodle answers a save with ``null`` whatever it did with it: only what is read back counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.markup import bare_text, flatten
from autograder.moodle.files.sent import described
from autograder.moodle.web.by_hand import change_by_hand
from autograder.moodle.web.client import MoodleClient
from autograder.moodle.web.criteria import require_match
from autograder.moodle.web.history import Journal, last_left
from autograder.moodle.web.log import PushLog
from autograder.moodle.web.many import Fault, chunks
from autograder.moodle.web.marks import NOT_MARKED
from autograder.moodle.web.push_entry import PushEntry, Sent
from autograder.moodle.web.recipient import PushOptions, Recipient, grade_and_criteria, hashes_of, plain, wanted_of
from autograder.moodle.web.remote import RemoteAssignment, read_people
from autograder.moodle.web.state import Found, Save, State, rounded
from autograder.moodle.web.store import PEOPLE_AT_ONCE, MarkStore, open_store

WORKFLOW_STATES = ("notmarked", "inmarking", "readyforreview", "inreview", "readyforrelease", "released")
_FILES_STAY = (
    "Moodle does not show the files of a mark that is not released, so they are not replaced: upload feedback.zip on "
    "Moodle's page, which replaces files of the same name only; --overwrite replaces all"
)


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
                recipient = Recipient(store, person, journal, options, last.get(key), marks[key], files.get(own, {}))
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


def _refused(one: Recipient) -> PushEntry | None:
    """Return why nothing is sent, as far as the lists of the whole class show it."""
    mark = one.mark
    try:
        grade_and_criteria(one, {})
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


def _push_some(store: MarkStore, log: PushLog, recipients: Sequence[Recipient]) -> dict[str, PushEntry]:
    """Read, save and read back a few people's marks together."""
    made: dict[str, PushEntry] = {}
    if not recipients:
        return made
    _require_form(store, recipients[0].options)
    saves: list[tuple[Recipient, Save]] = []
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


def _decide(one: Recipient, found: Found) -> PushEntry | Save:
    """Return what to save, or why nothing is."""
    if not found.is_known:
        return one.entry(Sent.LEFT_OUT, _unseen(found.state))
    wanted, to_upload = wanted_of(one, found)
    if why := one.store.would_delete(wanted):
        return one.entry(Sent.LEFT_OUT, why)
    if found.state.agrees(wanted):
        stay = _files_stay(one, found, to_upload)
        return one.entry(Sent.LEFT_OUT, _FILES_STAY) if stay else one.entry(Sent.ALREADY)
    why = change_by_hand(one, found)
    if why and not one.options.force:
        return one.entry(Sent.CONFLICT, f"{why}; it was kept; --overwrite replaces it with {_described(wanted)}")
    if one.options.dry_run:
        change = _change(found.state, wanted)
        return one.entry(Sent.WOULD, f"{why}; it would be replaced: {change}" if why else change)
    return Save(one.person.user_id, found, wanted, to_upload)


def _outcome(one: Recipient, save: Save, held: Found | Fault) -> PushEntry:
    if not isinstance(held, Found):
        return one.entry(Sent.FAILED, str(held))
    one.journal.done(held)
    if not held.state.agrees(save.wanted):
        return one.entry(Sent.FAILED, _difference(save.wanted, held.state))
    stay = _files_stay(one, save.found, save.files)
    why = change_by_hand(one, save.found)
    replaced = f"{why}; it was replaced with {_described(save.wanted)}" if why else ""
    if stay:
        return one.entry(Sent.PART, "; ".join(filter(None, (_FILES_STAY, replaced))))
    return one.entry(Sent.SENT, replaced)


def _files_stay(one: Recipient, found: Found, to_upload: Mapping[str, bytes] | None) -> bool:
    return bool(one.files) and to_upload is None and dict(found.state.files) != hashes_of(one.files)


def _is_there(one: Recipient) -> bool:
    """Whether the last push left just this, and nobody has changed the grade record since: no request is needed."""
    record, left = one.store.records.get(one.person.user_id), one.left
    if one.options.workflow or record is None or left is None or left.version != record.version or left.states[1:]:
        return False
    (state,) = left.states
    wanted, _ = wanted_of(replace(one, files={}), Found(state))
    return state.agrees(wanted) and hashes_of(one.files).items() <= dict(state.files).items()


def _unseen(state: State) -> str:
    return (
        f"Moodle has a mark that is not released (grade {state.grade}, state {state.workflow or NOT_MARKED}) and does "
        "not show its comment and files, so it is not replaced, with --overwrite neither: change it on Moodle's page, "
        "or upload worksheet.csv there"
    )


def _change(found: State, wanted: State) -> str:
    states = f", state {found.workflow or NOT_MARKED} → {wanted.workflow or NOT_MARKED}"
    return f"{plain(found.grade)} → {plain(wanted.grade)}{states if found.workflow != wanted.workflow else ''}"


def _described(state: State) -> str:
    return described("" if state.grade is None else plain(state.grade), flatten(state.comment))


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
