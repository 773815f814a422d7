"""Rows that hold the hash of the row before, made with a key of the course secret.

Each stage has one chain through its records, marks, decisions and states, in the order in which they were written
(``position``). The pushes have one, and so have the notes on the chains. The hash of a row is an HMAC-SHA256 of all
its columns: whoever changes a row without the secret cannot work it out again. What is removed from the end shows in
the anchor (:mod:`autograder.gradebook.anchor`).

Rows from before schema 3 have plain hashes; the first note holds where each chain ended then. Records and marks from
before schema 2 have no position and were one chain a table; the first row of a stage's chain holds the hash of their
last ones.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, select

from autograder.errors import DamagedGradebook
from autograder.gradebook.schema import (
    CHAIN_NOTES,
    DECISIONS,
    LATER_COLUMNS,
    MARKS,
    PEOPLE,
    PUSHES,
    RECORDS,
    STATES,
    WORKSHEETS,
)

START = "0" * 64
OF_A_STAGE = (RECORDS, MARKS, DECISIONS, STATES)
OF_OLD = (RECORDS, MARKS)  # tables that were chained as a whole before schema 2
ALONE = {PUSHES.name: PUSHES, CHAIN_NOTES.name: CHAIN_NOTES}  # tables that are one chain as a whole
_LAST_OF_STAGE = [
    select(table.c.position, table.c.sha256)
    .where(table.c.stage == bindparam("stage"), table.c.position.is_not(None))
    .order_by(table.c.position.desc())
    .limit(1)
    for table in OF_A_STAGE
]
End = tuple[int, str]  # how many rows a chain has, and the hash of the last one


@dataclass(frozen=True)
class BookKey:
    """What the rows of one gradebook are hashed with.

    Attributes:
        key: derived from the course secret.
        book: the gradebook's own random name, so that no row fits another gradebook of the same secret.
    """

    key: bytes
    book: str

    @classmethod
    def of(cls, secret: bytes, book: str) -> BookKey:
        """The key of a gradebook."""
        return cls(hmac.digest(secret, b"gradebook", hashlib.sha256), book)

    @property
    def fingerprint(self) -> str:
        """By which keys can be distinguished, and nothing else."""
        return hmac.digest(self.key, b"fingerprint", hashlib.sha256)[:6].hex()

    def mac(self, what: object) -> str:
        """The HMAC-SHA256 of plain data, in hexadecimal."""
        text = json.dumps([self.book, what], sort_keys=True)
        return hmac.digest(self.key, text.encode(), hashlib.sha256).hex()


@dataclass(frozen=True)
class KeyStart:
    """The first note: the gradebook's name and where each chain ended when the key began.

    Attributes:
        fingerprint: of the key.
        ends: of chains that had rows already, by the chain's name.
        opening: what the first row of each stage's chain holds as the hash of the row before.
    """

    book: str
    fingerprint: str
    ends: Mapping[str, End]
    opening: str


@dataclass(frozen=True)
class Writing:
    """One transaction that appends rows.

    Attributes:
        ends: of the chains that it has appended to: what the anchor must hold once the transaction is kept.
    """

    connection: Connection
    key: BookKey
    opening: str = START
    ends: dict[str, End] = field(default_factory=dict)

    def append(self, table: Table, fields: dict[str, Any]) -> int:
        """Add a row to the end of its chain; returns its number in the table."""
        if table.name in ALONE:
            position, sha256 = end_alone(self.connection, table)
            number, chain = position + 1, table.name
        else:
            position, sha256 = end_of_stage(self.connection, fields["stage"], self.opening)
            last = self.connection.execute(select(func.max(table.c.number))).scalar_one()
            number, chain = (last or 0) + 1, chain_of(fields["stage"])
            fields["position"] = position + 1
        fields["previous_sha256"] = sha256
        fields["sha256"] = row_mac(self.key, table, number, fields)
        self.connection.execute(table.insert(), {"number": number, **fields})
        self.ends[chain] = position + 1, fields["sha256"]
        return number


def chain_of(stage: str) -> str:
    """The name of a stage's chain, among those of tables that are a chain of their own."""
    return f"stage {stage}"


def end_of_stage(connection: Connection, stage: str, opening: str) -> End:
    """The end of a stage's chain."""
    lasts = [connection.execute(query, {"stage": stage}).first() for query in _LAST_OF_STAGE]
    return max(((row.position, row.sha256) for row in lasts if row is not None), default=(0, opening))


def end_alone(connection: Connection, table: Table) -> End:
    """The end of a chain that is a whole table."""
    last = connection.execute(select(table.c.number, table.c.sha256).order_by(table.c.number.desc()).limit(1)).first()
    return (last.number, last.sha256) if last is not None else (0, START)


def stages_of(connection: Connection) -> list[str]:
    """The stages that any row is of."""
    return sorted(
        {one for table in OF_A_STAGE for one in connection.execute(select(table.c.stage).distinct()).scalars()}
    )


def ends_of_all(connection: Connection, opening: str) -> dict[str, End]:
    """The ends of all chains that have rows."""
    found = {chain_of(stage): end_of_stage(connection, stage, opening) for stage in stages_of(connection)}
    found |= {name: end_alone(connection, table) for name, table in ALONE.items()}
    return {name: end for name, end in found.items() if end[0]}


def hash_at(connection: Connection, chain: str, position: int) -> str | None:
    """The hash of the row at a position of a chain; None where there is no such row."""
    if chain in ALONE:
        table = ALONE[chain]
        return connection.execute(select(table.c.sha256).where(table.c.number == position)).scalar()
    stage = chain.removeprefix(chain_of(""))
    for table in OF_A_STAGE:
        query = select(table.c.sha256).where(table.c.stage == stage, table.c.position == position)
        found: str | None = connection.execute(query).scalar()
        if found is not None:
            return found
    return None


def begin_key(connection: Connection, secret: bytes) -> BookKey:
    """Add the first note, and states of what was there before: from here on every row is keyed."""
    key = BookKey.of(secret, secrets.token_hex(16))
    opening = opening_of(connection)
    value = {
        "book": key.book,
        "key": key.fingerprint,
        "ends": ends_of_all(connection, opening),
        "opening": opening,
    }
    writing = Writing(connection, key, opening)
    writing.append(
        CHAIN_NOTES,
        {
            "kind": "keyed",
            "value": json.dumps(value, sort_keys=True),
            "reason": "",
            "decided_by": "",
            "made_at": now(),
        },
    )
    for kind, table in (("people", PEOPLE), ("worksheet", WORKSHEETS)):
        for stage in sorted(set(connection.execute(select(table.c.stage)).scalars())):
            keep_state(writing, stage, kind)
    return key


def read_start(connection: Connection) -> KeyStart:
    """The first note.

    Raises:
        GradebookError: it is not there, or is damaged.
    """
    text = connection.execute(select(CHAIN_NOTES.c.value).where(CHAIN_NOTES.c.number == 1)).scalar()
    try:
        value = json.loads(text or "")
        ends = {str(name): (int(rows), str(sha256)) for name, (rows, sha256) in value["ends"].items()}
        return KeyStart(str(value["book"]), str(value["key"]), ends, str(value["opening"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DamagedGradebook("chain_notes 1: the row that begins the key was removed or changed") from None


def keep_state(writing: Writing, stage: str, kind: str) -> None:
    """Append the digest of a stage's people or of its worksheet, unless the last one is the same."""
    digest = state_now(writing.connection, stage, kind)
    if digest is not None and digest != last_state(writing.connection, stage, kind):
        writing.append(STATES, {"stage": stage, "kind": kind, "content_sha256": digest, "made_at": now()})


def last_state(connection: Connection, stage: str, kind: str) -> str | None:
    """The digest that was kept last."""
    here = (STATES.c.stage == stage) & (STATES.c.kind == kind)
    query = select(STATES.c.content_sha256).where(here).order_by(STATES.c.number.desc()).limit(1)
    found: str | None = connection.execute(query).scalar()
    return found


def state_now(connection: Connection, stage: str, kind: str) -> str | None:
    """The digest of what is there now; None where there is nothing."""
    if kind == "worksheet":
        found: str | None = connection.execute(select(WORKSHEETS.c.sha256).where(WORKSHEETS.c.stage == stage)).scalar()
        return found
    rows = connection.execute(select(PEOPLE).where(PEOPLE.c.stage == stage).order_by(PEOPLE.c.participant_id)).all()
    return hashlib.sha256(json.dumps([list(row) for row in rows]).encode()).hexdigest() if rows else None


def opening_of(connection: Connection) -> str:
    """What the first row of a stage's chain holds: the ends of the chains from before schema 2, where there are any."""
    ends = [
        connection.execute(
            select(table.c.sha256).where(table.c.position.is_(None)).order_by(table.c.number.desc()).limit(1)
        ).scalar()
        for table in OF_OLD
    ]
    return hashlib.sha256(json.dumps(ends).encode()).hexdigest() if any(ends) else START


def row_mac(key: BookKey, table: Table, number: int, fields: Mapping[str, Any]) -> str:
    """Of all columns, and of the table's name."""
    return key.mac([table.name, *_content(number, fields)])


def plain_hash(number: int, fields: Mapping[str, Any]) -> str:
    """The hash of a row from before schema 3."""
    return hashlib.sha256(json.dumps(_content(number, fields), sort_keys=True).encode()).hexdigest()


def _content(number: int, fields: Mapping[str, Any]) -> list[Any]:
    """All columns; those that came after a row was written are NULL in it and do not count."""
    kept = {
        key: value
        for key, value in fields.items()
        if key not in ("number", "sha256") and not (key in LATER_COLUMNS and value is None)
    }
    return [number, kept]


def now() -> str:
    """The time of a row."""
    return datetime.now(UTC).isoformat(timespec="seconds")
