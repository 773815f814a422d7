"""Undo a push: restore what was there before, from the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from autograder.errors import UsageError
from autograder.moodle.web.client import MoodleClient
from autograder.moodle.web.history import History, Journal, histories, last_left
from autograder.moodle.web.log import PushLog
from autograder.moodle.web.many import Fault, chunks
from autograder.moodle.web.push_entry import PushEntry, Sent
from autograder.moodle.web.remote import RemoteAssignment, read_people
from autograder.moodle.web.state import Found, Left, Save, State
from autograder.moodle.web.store import PEOPLE_AT_ONCE, MarkStore, open_store

_FILES_STAY = (
    "Moodle does not show the files of a mark that is not released, so they stay: delete them on Moodle's page, or "
    "repeat with --overwrite"
)


def undo(
    client: MoodleClient,
    assignment: RemoteAssignment,
    log: PushLog,
    run: str,
    *,
    force: bool = False,
    dry_run: bool = False,
    progress: Callable[[PushEntry], None] = lambda _: None,
) -> tuple[PushEntry, ...]:
    """Restore grade, comment and files of everybody whom a push changed, and read each back.

    Args:
        client: the site.
        assignment: the push's.
        log: has what was there before; gets what is done now.
        run: the push's name.
        force: also where the mark was changed in Moodle since.
        dry_run: read, compare and report only.
        progress: called with each entry.

    Raises:
        UsageError: the log has no such push for this assignment.
    """
    done = histories(log, client.site, assignment.assignment_id, run)
    if not done:
        raise UsageError(f"the log has no push {run!r} to this assignment")
    names = {person.key: person.name for person in read_people(client, assignment)}
    store = open_store(client, assignment, log)
    last = last_left(log, client.site, assignment.assignment_id)
    place = {"site": client.site, "assignment": assignment.assignment_id, "run": f"undo {run}"}
    entries = []
    for keys in chunks(list(done), PEOPLE_AT_ONCE):
        some = [
            _Undo(
                store,
                Journal(log, {**place, "key": key, "user": done[key].user_id}),
                done[key],
                PushEntry(key, names.get(key, ""), Sent.FAILED),
                force=force,
                dry_run=dry_run,
            )
            for key in keys
        ]
        made = _undo_some(store, log, some, [last[key] for key in keys])
        for entry in made:
            entries.append(entry)
            progress(entry)
    return tuple(entries)


@dataclass(frozen=True)
class _Undo:
    """All that one person's undo needs."""

    store: MarkStore
    journal: Journal
    history: History
    blank: PushEntry
    force: bool
    dry_run: bool


def _undo_some(store: MarkStore, log: PushLog, some: Sequence[_Undo], left: Sequence[Left]) -> list[PushEntry]:
    """Read, restore and read back a few people's marks together."""
    found = store.find([(one.history.user_id, known) for one, known in zip(some, left, strict=True)])
    decided = [
        _decide(one, there) if isinstance(there, Found) else replace(one.blank, why=str(there))
        for one, there in zip(some, found, strict=True)
    ]
    saves = [(one, save) for one, save in zip(some, decided, strict=True) if isinstance(save, Save)]
    with log.together():
        for one, save in saves:
            one.journal.intent(save)
    held = store.save([save for _, save in saves])
    with log.together():
        after = {save.user_id: _outcome(one, save, now) for (one, save), now in zip(saves, held, strict=True)}
    return [after[one.user_id] if isinstance(one, Save) else one for one in decided]


def _decide(one: _Undo, found: Found) -> PushEntry | Save:
    """Return what to restore, or why nothing is."""
    history, blank = one.history, one.blank
    if why := one.store.fixed.get(history.user_id):
        return replace(blank, result=Sent.LEFT_OUT, why=why)
    if not found.is_known:
        return replace(blank, result=Sent.CONFLICT, why="the mark was changed since the push, and is not released")
    wanted = _wanted(one, found)
    if why := one.store.would_delete(wanted):
        return replace(blank, result=Sent.LEFT_OUT, why=why)
    if found.state.agrees(wanted):
        stay = _files_stay(one, found)
        return replace(blank, result=Sent.LEFT_OUT, why=_FILES_STAY) if stay else replace(blank, result=Sent.ALREADY)
    if not one.force and not any(found.state.agrees(replace(left, workflow=None)) for left in history.left.states):
        return replace(blank, result=Sent.CONFLICT, why="the mark was changed since the push")
    if one.dry_run:
        return replace(blank, result=Sent.WOULD, why=f"{found.state.grade} → {wanted.grade}")
    files = None
    if dict(wanted.files) != dict(found.state.files):
        files = {path: one.journal.log.kept(sha256) for path, sha256 in wanted.files.items()}
    return Save(history.user_id, found, wanted, files)


def _outcome(one: _Undo, save: Save, held: Found | Fault) -> PushEntry:
    if not isinstance(held, Found):
        return replace(one.blank, why=str(held))
    one.journal.done(held)
    if not held.state.agrees(save.wanted):
        return replace(one.blank, why="Moodle does not have what was there before the push")
    if _files_stay(one, save.found):
        return replace(one.blank, result=Sent.PART, why=_FILES_STAY)
    return replace(one.blank, result=Sent.SENT)


def _wanted(one: _Undo, found: Found) -> State:
    wanted = _state_before(one.history, found)
    return replace(wanted, files=found.state.files) if _files_stay(one, found) else wanted


def _files_stay(one: _Undo, found: Found) -> bool:
    differ = dict(one.history.before.files) != dict(found.state.files)
    return differ and not found.is_shown and not one.force


def _state_before(history: History, found: Found) -> State:
    """Return what was there before the push; a workflow state that somebody set since stays."""
    before, now = history.before.workflow, found.state.workflow
    untouched = before is not None and now in {state.workflow for state in history.left.states}
    return replace(history.before, workflow=before if untouched else now)
