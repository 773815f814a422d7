"""Undo a push: restore what was there before, from the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from autograder.errors import UsageError
from autograder.moodle.web.client import MoodleClient, MoodleError, MoodleUnreachableError
from autograder.moodle.web.log import PushLog
from autograder.moodle.web.push import PushEntry, Sent
from autograder.moodle.web.remote import RemoteAssignment, RemoteFlags, read_flags, read_people
from autograder.moodle.web.state import State, read_state, save, state_from


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
    histories = _histories(log, client.site, assignment.assignment_id, run)
    if not histories:
        raise UsageError(f"the log has no push {run!r} to this assignment")
    names = {person.key: person.name for person in read_people(client, assignment)}
    flags = read_flags(client, assignment)
    entries = []
    for key, history in histories.items():
        blank = PushEntry(key, names.get(key, ""), Sent.FAILED)
        workflow = flags.get(history.user_id, RemoteFlags()).workflow
        try:
            entry = _undo_one(client, assignment, log, run, history, blank, workflow, force=force, dry_run=dry_run)
        except (MoodleError, MoodleUnreachableError) as error:
            entry = replace(blank, why=str(error))
        entries.append(entry)
        progress(entry)
    return tuple(entries)


@dataclass(frozen=True)
class _History:
    """One person's in a push: what was there before it, and what it left or may have left."""

    user_id: int
    before: State
    after: tuple[State, ...]


def _histories(log: PushLog, site: str, assignment_id: int, run: str) -> dict[str, _History]:
    found: dict[str, _History] = {}
    for record in log.entries():
        if (record["site"], record["assignment"], record["run"]) != (site, assignment_id, run):
            continue
        key = record["key"]
        if record["event"] == "intent":
            before = state_from(record["before"])
            first = found[key].before if key in found else before
            found[key] = _History(record["user"], first, (before, state_from(record["send"])))
        elif record["event"] == "done" and key in found:
            found[key] = replace(found[key], after=(state_from(record["after"]),))
    return found


def _undo_one(
    client: MoodleClient,
    assignment: RemoteAssignment,
    log: PushLog,
    run: str,
    history: _History,
    blank: PushEntry,
    workflow: str,
    *,
    force: bool,
    dry_run: bool,
) -> PushEntry:
    state = history.before
    found, contents = read_state(client, assignment, history.user_id)
    if found.agrees(state):
        return replace(blank, result=Sent.ALREADY)
    if not force and not any(found.agrees(one) for one in history.after):
        return replace(blank, result=Sent.CONFLICT, why="the mark was changed since the push")
    if dry_run:
        return replace(blank, result=Sent.WOULD, why=f"{found.grade} → {state.grade}")
    kept = {path: log.kept(sha256) for path, sha256 in state.files.items()}
    for data in contents.values():
        log.keep(data)
    place = {"site": client.site, "assignment": assignment.assignment_id, "run": f"undo {run}"}
    note = {**place, "key": blank.key, "user": history.user_id}
    log.append({"event": "intent", **note, "before": found.record(), "send": state.record()})
    files = kept if dict(state.files) != dict(found.files) else None
    held = save(client, assignment, history.user_id, state, files, workflow)
    log.append({"event": "done", **note, "after": held.record()})
    if held.agrees(state):
        return replace(blank, result=Sent.SENT)
    return replace(blank, why="Moodle does not have what was there before the push")
