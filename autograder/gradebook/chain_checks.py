"""Find what was changed in, removed from or added to the chains without the course secret."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from autograder.errors import GradebookError
from autograder.gradebook.chain import (
    OF_A_STAGE,
    OF_OLD,
    START,
    BookKey,
    End,
    KeyStart,
    chain_of,
    last_state,
    opening_of,
    plain_hash,
    read_start,
    row_mac,
    stages_of,
    state_now,
)
from autograder.gradebook.schema import CHAIN_NOTES, CONTENTS, ENVIRONMENTS, PEOPLE, PUSHES, STATES, WORKSHEETS

Rows = Iterable[tuple[Table, Row[Any]]]


def broken_links(connection: Connection, secret: bytes, stage: str | None = None) -> list[str]:
    """Every row whose hash does not fit: it, or one before it, was changed or removed after it was written.

    Args:
        connection: to the gradebook.
        secret: the course's.
        stage: look at this stage and what all stages share; at everything by default.
    """
    try:
        start = read_start(connection)
    except GradebookError as error:
        return [str(error)]
    key = BookKey.of(secret, start.book)
    if start.fingerprint != key.fingerprint:
        return [other_secret(start, key)]
    found = _broken(_rows_alone(connection, CHAIN_NOTES), "number", key, (0, START), START)
    found += broken_pushes(connection, key, start)
    found += _broken_old(connection, start)
    for name in stages_of(connection) if stage is None else [stage]:
        rows = _rows_of_stage(connection, name)
        end = start.ends.get(chain_of(name), (0, START))
        found += _broken(rows, "position", key, end, start.opening, chain_of(name))
    lost = [name for name in start.ends if name.startswith(chain_of("")) and stage is None]
    found += [
        f"{name}: all rows were removed" for name in lost if name[len(chain_of("")) :] not in stages_of(connection)
    ]
    return found + _broken_states(connection) + _broken_contents(connection)


def other_secret(start: KeyStart, key: BookKey) -> str:
    """What is wrong when the key is another one."""
    return (
        f"this gradebook was begun with another course secret (its fingerprint is {start.fingerprint}, that of the "
        f"secret here is {key.fingerprint}): no row can be checked or added; put the secret back"
    )


def broken_pushes(connection: Connection, key: BookKey, start: KeyStart) -> list[str]:
    """The same for what was sent to Moodle, which has a chain of its own."""
    end = start.ends.get(PUSHES.name, (0, START))
    return _broken(_rows_alone(connection, PUSHES), "number", key, end, START, PUSHES.name)


def _broken_old(connection: Connection, start: KeyStart) -> list[str]:
    """Rows from before schema 2, whose end the first note has."""
    found: list[str] = []
    for table in OF_OLD:
        previous, expected = START, 1
        for row in connection.execute(select(table).where(table.c.position.is_(None)).order_by(table.c.number)):
            fits = row.previous_sha256 == previous and row.number == expected
            found += _words(table, row, fits=fits, is_hash_right=plain_hash(row.number, row._asdict()) == row.sha256)
            previous, expected = row.sha256, row.number + 1
    if opening_of(connection) != start.opening:
        found.append("records, marks: rows from before schema 2 were removed, added or changed")
    return found


def _rows_alone(connection: Connection, table: Table) -> Rows:
    return ((table, row) for row in connection.execute(select(table).order_by(table.c.number)))


def _rows_of_stage(connection: Connection, stage: str) -> Iterator[tuple[Table, Row[Any]]]:
    of_tables = [_rows_of_table(connection, place, stage) for place in range(len(OF_A_STAGE))]
    for _, place, row in heapq.merge(*of_tables, key=lambda item: item[:2]):
        yield OF_A_STAGE[place], row


def _rows_of_table(connection: Connection, place: int, stage: str) -> Iterator[tuple[int, int, Row[Any]]]:
    table = OF_A_STAGE[place]
    here = (table.c.stage == stage) & table.c.position.is_not(None)
    for row in connection.execute(select(table).where(here).order_by(table.c.position)):
        yield row.position, place, row


def _broken(rows: Rows, order: str, key: BookKey, plain: End, opening: str, chain: str = "") -> list[str]:
    """Args: see :func:`broken_links`; ``plain`` is where the rows end whose hashes have no key."""
    found: list[str] = []
    previous, expected = opening, 1
    for table, row in rows:
        place: int = getattr(row, order)
        if place <= plain[0]:
            right = plain_hash(row.number, row._asdict()) == row.sha256
            right = right and (place < plain[0] or row.sha256 == plain[1])
        else:
            right = row_mac(key, table, row.number, row._asdict()) == row.sha256
        found += _words(table, row, fits=row.previous_sha256 == previous and place == expected, is_hash_right=right)
        previous, expected = row.sha256, place + 1
    if expected <= plain[0]:
        found.append(f"{chain}: rows from before the key were removed")
    return found


def _words(table: Table, row: Row[Any], *, fits: bool, is_hash_right: bool) -> list[str]:
    if not fits:
        return [f"{table.name} {row.number}: a row before it was removed or changed"]
    return [] if is_hash_right else [f"{table.name} {row.number}: it was changed after it was written"]


def _broken_states(connection: Connection) -> list[str]:
    """People and worksheets that are not those of the last state."""
    found = []
    for kind, table in (("people", PEOPLE), ("worksheet", WORKSHEETS)):
        kept = select(STATES.c.stage).where(STATES.c.kind == kind)
        stages = {*connection.execute(select(table.c.stage)).scalars(), *connection.execute(kept).scalars()}
        found += [
            f"{table.name} of {stage}: they were changed after they were written"
            for stage in sorted(stages)
            if state_now(connection, stage, kind) != last_state(connection, stage, kind)
        ]
    return found


def _broken_contents(connection: Connection) -> list[str]:
    """What is named by its hash and has another one."""
    found = [
        f"environments {row.sha256[:12]}…: it was changed after it was written"
        for row in connection.execute(select(ENVIRONMENTS))
        if hashlib.sha256(row.description.encode("utf-8", "replace")).hexdigest() != row.sha256
    ]
    return found + [
        f"contents {row.sha256[:12]}…: they were changed after they were written"
        for row in connection.execute(select(CONTENTS))
        if hashlib.sha256(row.data).hexdigest() != row.sha256
    ]
