"""What the log says that Moodle holds: one event before each save, one after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from autograder.moodle.web.log import PushLog
from autograder.moodle.web.marks import Version
from autograder.moodle.web.state import Found, Left, Save, State, state_from


@dataclass(frozen=True)
class Journal:
    """Writes the events of one person's mark.

    Attributes:
        place: site, assignment, run, key and user.
    """

    log: PushLog
    place: Mapping[str, Any]

    def intent(self, save: Save) -> None:
        """Note what is there and what will be sent, with all that an undo and the next push need."""
        found, wanted = save.found, save.wanted
        for data in [*found.contents.values(), *(save.files or {}).values()]:
            self.log.keep(data)
        before = {"before": found.state.record(), "before_version": found.version}
        self.log.append({"event": "intent", **self.place, **before, "send": wanted.record()})

    def done(self, held: Found) -> None:
        """Note what Moodle holds after the save."""
        after = {"after": held.state.record(), "after_version": held.version, "after_stamps": dict(held.stamps)}
        self.log.append({"event": "done", **self.place, **after})


@dataclass(frozen=True)
class History:
    """One person's in a push: what was there before it, and what it left or may have left."""

    user_id: int
    before: State
    left: Left


def last_left(log: PushLog, site: str, assignment_id: int) -> dict[str, Left]:
    """Return by participant id what all pushes and undos of an assignment left in Moodle."""
    found: dict[str, Left] = {}
    for entry in log.entries():
        if (entry["site"], entry["assignment"]) == (site, assignment_id):
            found[entry["key"]] = _left(entry)
    return found


def histories(log: PushLog, site: str, assignment_id: int, run: str) -> dict[str, History]:
    """Return by participant id what one push did."""
    found: dict[str, History] = {}
    for entry in log.entries():
        if (entry["site"], entry["assignment"], entry["run"]) != (site, assignment_id, run):
            continue
        key, left = entry["key"], _left(entry)
        if entry["event"] == "intent" and key not in found:
            found[key] = History(entry["user"], left.states[0], left)
        elif key in found:
            found[key] = replace(found[key], left=left)
    return found


def _left(entry: Mapping[str, Any]) -> Left:
    if entry["event"] == "done":
        stamps = {path: (int(stamp[0]), int(stamp[1])) for path, stamp in entry.get("after_stamps", {}).items()}
        return Left((state_from(entry["after"]),), _version(entry.get("after_version")), stamps)
    return Left((state_from(entry["before"]), state_from(entry["send"])), _version(entry.get("before_version")))


def _version(kept: list[int] | None) -> Version | None:
    return (int(kept[0]), int(kept[1])) if kept else None
