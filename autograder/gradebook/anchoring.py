"""The key and the anchor of one open gradebook: they must fit before a row is added; then the anchor follows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from autograder.commandline import counted
from autograder.errors import DamagedGradebook, GradebookError
from autograder.gradebook.anchor import (
    Anchor,
    advance_anchor,
    anchor_path,
    others_at,
    read_anchor,
    replace_anchor,
)
from autograder.gradebook.chain import (
    BookKey,
    Writing,
    ends_of_all,
    hash_at,
    now,
    read_start,
    row_mac,
)
from autograder.gradebook.chain_checks import other_secret
from autograder.gradebook.schema import CHAIN_NOTES

HINT = "if that is right (a backup, another machine), run autograder anchor --reason"


class Keeper:
    """What a gradebook is keyed and anchored with; both are read when they are first needed.

    Args:
        secret: makes the course's.
        place: where the gradebook is.
        time_zone: an IANA name, of the times in messages.
    """

    def __init__(self, secret: Callable[[], bytes], place: str, time_zone: str = "UTC") -> None:
        self._make_secret, self._place, self._zone = secret, place, ZoneInfo(time_zone)
        self._secret: bytes | None = None
        self._key: BookKey | None = None
        self._opening = ""
        self._is_anchored = False

    @property
    def secret(self) -> bytes:
        """The course's."""
        if self._secret is None:
            self._secret = self._make_secret()
        return self._secret

    def key(self, connection: Connection) -> BookKey:
        """The key of this gradebook.

        Raises:
            GradebookError: the gradebook was begun with another secret, or the row that says so was changed.
        """
        if self._key is None:
            start = read_start(connection)
            key = BookKey.of(self.secret, start.book)
            if start.fingerprint != key.fingerprint:
                raise GradebookError(other_secret(start, key))
            first: Row[Any] = connection.execute(select(CHAIN_NOTES).where(CHAIN_NOTES.c.number == 1)).one()
            if row_mac(key, CHAIN_NOTES, 1, first._asdict()) != first.sha256:
                raise DamagedGradebook("chain_notes 1: the row that begins the key was removed or changed")
            self._key, self._opening = key, start.opening
        return self._key

    def begin(self, connection: Connection) -> Writing:
        """What appends rows in a transaction."""
        return Writing(connection, self.key(connection), self._opening)

    def require(self, connection: Connection) -> None:
        """Look once, in a transaction that writes, whether the gradebook still has what its anchor has.

        Raises:
            GradebookError: it has not, or there is no anchor, or this is a copy.
        """
        if self._is_anchored:
            return
        seen = self.look(connection)
        found = [*self.contradictions(connection, seen), *self._original(seen)]
        if found:
            raise DamagedGradebook(f"{'; '.join(found)}; nothing was written. {_sentence(HINT)}")
        self._is_anchored = True

    def look(self, connection: Connection) -> Anchor | str | None:
        """The anchor, or what is wrong with it.

        To be called before the rows are read: the anchor of a row is written after the row.
        """
        try:
            return read_anchor(self.key(connection))
        except GradebookError as error:
            return str(error)

    def refuse_older(self) -> None:
        """Before an older gradebook is keyed: it must not take the place of one that was keyed already.

        Raises:
            GradebookError: there was one.
        """
        found = others_at(BookKey.of(self.secret, ""), self._place)
        if found:
            path = anchor_path(BookKey(b"", found[0].book))
            raise GradebookError(
                f"this gradebook is of an older kit, but {self._other(found[0])}: an older copy took its place. "
                f"Put the newer one back; to go on with this one, move {path} away"
            )

    def advance(self, writing: Writing) -> None:
        """Let the anchor follow a transaction that was kept."""
        if writing.ends:
            advance_anchor(writing.key, self._place, writing.ends)

    def advance_all(self, connection: Connection, seen: Anchor | str | None) -> None:
        """Let the anchor follow rows that others added, unless it contradicts the gradebook."""
        if not self.contradictions(connection, seen) and not self._original(seen):
            advance_anchor(self.key(connection), self._place, ends_of_all(connection, self._opening))

    def start(self, connection: Connection) -> None:
        """Write the anchor of a gradebook whose key has just begun."""
        advance_anchor(self.key(connection), self._place, ends_of_all(connection, self._opening))

    def replace(self, connection: Connection) -> None:
        """Begin the anchor anew from what is there."""
        replace_anchor(self.key(connection), self._place, ends_of_all(connection, self._opening))

    def note(self, writing: Writing, why: str, by: str) -> list[str]:
        """Keep that a person accepted the state of the gradebook; returns what contradicted it."""
        seen = self.look(writing.connection)
        faults = [*self.contradictions(writing.connection, seen), *self._original(seen)]
        faults += self.others(writing.connection)
        fields = {"kind": "accepted", "value": json.dumps({"faults": faults}), "reason": why, "decided_by": by}
        writing.append(CHAIN_NOTES, {**fields, "made_at": now()})
        return faults

    def accepted(self, connection: Connection) -> list[str]:
        """One line for each note that accepts a state."""
        query = select(CHAIN_NOTES).where(CHAIN_NOTES.c.kind == "accepted").order_by(CHAIN_NOTES.c.number)
        return [
            f"accepted by {row.decided_by} on {self._minute(row.made_at)}: {row.reason}: {_faults(row.value)}"
            for row in connection.execute(query)
        ]

    def others(self, connection: Connection) -> list[str]:
        """Other gradebooks of this secret that were at this place before."""
        try:
            self.key(connection)
        except GradebookError:
            return []
        return [*dict.fromkeys(map(self._other, others_at(self.key(connection), self._place)))]

    def contradictions(self, connection: Connection, seen: Anchor | str | None) -> list[str]:
        """What the anchor has and the gradebook has not."""
        if isinstance(seen, str):
            return [seen]
        key, anchor = self.key(connection), seen
        if anchor is None:
            if set(ends_of_all(connection, self._opening)) == {CHAIN_NOTES.name}:
                return []  # a new one: nothing that could be missing was ever kept
            return [f"{anchor_path(key)}: there is no anchor of this gradebook, so that rows may be missing at its end"]
        lost = [name for name, (rows, sha256) in anchor.ends.items() if hash_at(connection, name, rows) != sha256]
        return [
            f"{name}: on {self._minute(anchor.written_at)} it had {counted(anchor.ends[name][0], 'row')}, and the last "
            "of them is not there any more: rows were removed, or an older copy or another gradebook took its place"
            for name in sorted(lost)
        ]

    def _original(self, seen: Anchor | str | None) -> list[str]:
        """That this is a copy, where the gradebook itself is still at its place: what a copy gets, that one lacks."""
        anchor = seen if isinstance(seen, Anchor) else None
        if anchor is None or anchor.place in ("", self._place) or not Path(anchor.place).is_file():
            return []
        return [f"this is a copy: the gradebook itself is {anchor.place}"]

    def _other(self, anchor: Anchor) -> str:
        when = self._minute(anchor.written_at)
        return f"another gradebook was at this place: on {when} it had {counted(anchor.rows, 'row')}"

    def _minute(self, time: str) -> str:
        try:
            return f"{datetime.fromisoformat(time).astimezone(self._zone):%Y-%m-%d %H:%M %Z}"
        except ValueError:  # a row that was changed
            return repr(time[:40])


def _faults(value: str) -> str:
    try:
        return "; ".join(map(str, json.loads(value)["faults"])) or "nothing contradicted it"
    except (ValueError, KeyError, TypeError, RecursionError):
        return "damaged"


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]
