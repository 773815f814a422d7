"""Undo a push: restore what was there before, from the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autograder.errors import UsageError
from autograder.moodle.web.client import MoodleClient, MoodleError, MoodleUnreachableError
from autograder.moodle.web.history import History, Journal, histories, last_left
from autograder.moodle.web.log import PushLog
from autograder.moodle.web.push import PushEntry, Sent
from autograder.moodle.web.remote import RemoteAssignment, read_people
from autograder.moodle.web.state import Found, State
from autograder.moodle.web.store import MarkStore, open_store

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
    store = open_store(client, assignment)
    last = last_left(log, client.site, assignment.assignment_id)
    entries = []
    for key, history in done.items():
        place = {"site": client.site, "assignment": assignment.assignment_id, "run": f"undo {run}"}
        journal = Journal(log, {**place, "key": key, "user": history.user_id})
        blank = PushEntry(key, names.get(key, ""), Sent.FAILED)
        try:
            found = store.find(history.user_id, last[key])
            entry = _undo_one(store, journal, history, found, blank, force=force, dry_run=dry_run)
        except (MoodleError, MoodleUnreachableError) as error:
            entry = replace(blank, why=str(error))
        entries.append(entry)
        progress(entry)
    return tuple(entries)


def _undo_one(
    store: MarkStore, journal: Journal, history: History, found: Found, blank: PushEntry, *, force: bool, dry_run: bool
) -> PushEntry:
    if why := store.fixed.get(history.user_id):
        return replace(blank, result=Sent.LEFT_OUT, why=why)
    if not found.is_known:
        return replace(blank, result=Sent.CONFLICT, why="the mark was changed since the push, and is not released")
    wanted = _state_before(history, found)
    files_stay = dict(wanted.files) != dict(found.state.files) and not found.is_shown and not force
    if files_stay:
        wanted = replace(wanted, files=found.state.files)
    if found.state.agrees(wanted):
        return (
            replace(blank, result=Sent.LEFT_OUT, why=_FILES_STAY) if files_stay else replace(blank, result=Sent.ALREADY)
        )
    if not force and not any(found.state.agrees(replace(one, workflow=None)) for one in history.left.states):
        return replace(blank, result=Sent.CONFLICT, why="the mark was changed since the push")
    if dry_run:
        return replace(blank, result=Sent.WOULD, why=f"{found.state.grade} → {wanted.grade}")
    files = None
    if dict(wanted.files) != dict(found.state.files):
        files = {path: journal.log.kept(sha256) for path, sha256 in wanted.files.items()}
    journal.intent(found, wanted)
    held = store.save(history.user_id, found, wanted, files)
    journal.done(held)
    if not held.state.agrees(wanted):
        return replace(blank, why="Moodle does not have what was there before the push")
    return _with_files(replace(blank, result=Sent.SENT), Sent.PART, files_stay=files_stay)


def _with_files(entry: PushEntry, result: Sent, *, files_stay: bool) -> PushEntry:
    return replace(entry, result=result, why=_FILES_STAY) if files_stay else entry


def _state_before(history: History, found: Found) -> State:
    """Return what was there before the push; a workflow state that somebody set since stays."""
    before, now = history.before.workflow, found.state.workflow
    untouched = before is not None and now in {state.workflow for state in history.left.states}
    return replace(history.before, workflow=before if untouched else now)
