"""Rows that hold the hash of the row before: whoever changes or removes one breaks the chain.

Each stage has one chain through its records, marks and decisions, in the order in which they were written
(``position``). The log of pushes has one of its own, and so had records and marks before schema 2: those rows have
no position, and the first row of a stage's chain holds the hash of their last ones.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, func, select

from autograder.gradebook.schema import DECISIONS, LATER_COLUMNS, MARKS, PUSHES, RECORDS

START = "0" * 64
OF_A_STAGE = (RECORDS, MARKS, DECISIONS)
OF_OLD = (RECORDS, MARKS)  # tables that were chained as a whole before schema 2
_LAST_OF_STAGE = [
    select(table.c.position, table.c.sha256)
    .where(table.c.stage == bindparam("stage"), table.c.position.is_not(None))
    .order_by(table.c.position.desc())
    .limit(1)
    for table in OF_A_STAGE
]


def append_row(connection: Connection, table: Table, fields: dict[str, Any]) -> int:
    """Add a row to a table that is one chain as a whole; returns its number."""
    last = connection.execute(select(table.c.number, table.c.sha256).order_by(table.c.number.desc()).limit(1)).first()
    fields["previous_sha256"] = last.sha256 if last else START
    return _insert(connection, table, (last.number if last else 0) + 1, fields)


def append_to_stage(connection: Connection, table: Table, fields: dict[str, Any]) -> int:
    """Add a record, a mark or a decision to the chain of its stage; returns its number in the table."""
    position, sha256 = head(connection, fields["stage"])
    fields["position"], fields["previous_sha256"] = position + 1, sha256
    last = connection.execute(select(func.max(table.c.number))).scalar_one()
    return _insert(connection, table, (last or 0) + 1, fields)


def head(connection: Connection, stage: str) -> tuple[int, str]:
    """How many rows a stage's chain has, and the hash of the last one."""
    lasts = [connection.execute(query, {"stage": stage}).first() for query in _LAST_OF_STAGE]
    position, sha256 = max(((row.position, row.sha256) for row in lasts if row is not None), default=(0, ""))
    return position, sha256 or _opening(connection)


def broken_links(connection: Connection) -> list[str]:
    """Every row whose hash does not fit: it, or one before it, was changed or removed after it was written."""
    found: list[str] = []
    for table in OF_OLD:
        rows = connection.execute(select(table).where(table.c.position.is_(None)).order_by(table.c.number))
        found += _broken(((table, row) for row in rows), "number", START)
    found += broken_pushes(connection)
    opening = _opening(connection)
    stages = {stage for table in OF_A_STAGE for stage in connection.execute(select(table.c.stage).distinct()).scalars()}
    for stage in sorted(stages):
        found += _broken(_rows_of_stage(connection, stage), "position", opening)
    return found


def broken_pushes(connection: Connection) -> list[str]:
    """The same for what was sent to Moodle, which has a chain of its own."""
    rows = connection.execute(select(PUSHES).order_by(PUSHES.c.number))
    return list(_broken(((PUSHES, row) for row in rows), "number", START))


def _rows_of_stage(connection: Connection, stage: str) -> Iterator[tuple[Table, Row[Any]]]:
    of_tables = [
        (
            (row.position, place, row)
            for row in connection.execute(
                select(table).where(table.c.stage == stage, table.c.position.is_not(None)).order_by(table.c.position)
            )
        )
        for place, table in enumerate(OF_A_STAGE)
    ]
    for _, place, row in heapq.merge(*of_tables, key=lambda item: item[:2]):
        yield OF_A_STAGE[place], row


def _broken(rows: Iterator[tuple[Table, Row[Any]]], order: str, opening: str) -> Iterator[str]:
    previous, expected = opening, 1
    for table, row in rows:
        if row.previous_sha256 != previous or getattr(row, order) != expected:
            yield f"{table.name} {row.number}: a row before it was removed or changed"
        elif _hash(row.number, row._asdict()) != row.sha256:
            yield f"{table.name} {row.number}: it was changed after it was written"
        previous, expected = row.sha256, getattr(row, order) + 1


def _opening(connection: Connection) -> str:
    """What the first row of a stage's chain holds: the ends of the chains from before schema 2, where there are any."""
    ends = [
        connection.execute(
            select(table.c.sha256).where(table.c.position.is_(None)).order_by(table.c.number.desc()).limit(1)
        ).scalar()
        for table in OF_OLD
    ]
    return hashlib.sha256(json.dumps(ends).encode()).hexdigest() if any(ends) else START


def _insert(connection: Connection, table: Table, number: int, fields: dict[str, Any]) -> int:
    connection.execute(table.insert(), {"number": number, "sha256": _hash(number, fields), **fields})
    return number


def _hash(number: int, fields: Mapping[str, Any]) -> str:
    """Of all columns; those that came after a row was written are NULL in it and do not count."""
    kept = {
        key: value
        for key, value in fields.items()
        if key not in ("number", "sha256") and not (key in LATER_COLUMNS and value is None)
    }
    return hashlib.sha256(json.dumps([number, kept], sort_keys=True).encode()).hexdigest()
