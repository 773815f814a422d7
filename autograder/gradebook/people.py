"""Who the participants of a stage are, and the worksheet that says so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, select

from autograder.gradebook.book import Gradebook, keep_row
from autograder.gradebook.chain import keep_state
from autograder.gradebook.schema import CONTENTS, PEOPLE, WORKSHEETS
from autograder.intake import Person


def keep_people(book: Gradebook, stage: str, people: Iterable[Person]) -> None:
    """Keep who takes part; what was known and is now empty stays."""
    with book.writing() as writing:
        connection = writing.connection
        known = _people(connection, stage)  # within the transaction: another command may be keeping the same people
        for person in people:
            before = known.get(person.participant_id)
            if before is None:
                connection.execute(PEOPLE.insert(), {"stage": stage, **asdict(person)})
                continue
            new = {key: value for key, value in asdict(person).items() if value and value != getattr(before, key)}
            if new:
                here = (PEOPLE.c.stage == stage) & (PEOPLE.c.participant_id == person.participant_id)
                connection.execute(PEOPLE.update().where(here).values(**new))
        keep_state(writing, stage, "people")


def read_people(book: Gradebook, stage: str) -> dict[str, Person]:
    """Everybody that a run of this stage has met, by participant number."""
    with book.reading() as connection:
        return _people(connection, stage)


def _people(connection: Connection, stage: str) -> dict[str, Person]:
    columns = (PEOPLE.c.participant_id, PEOPLE.c.id_number, PEOPLE.c.name, PEOPLE.c.team)
    rows = connection.execute(select(*columns).where(PEOPLE.c.stage == stage).order_by(PEOPLE.c.participant_id))
    return {row.participant_id: Person(*row) for row in rows}


def keep_worksheet(book: Gradebook, stage: str, data: bytes) -> None:
    """Keep the last worksheet of a stage."""
    sha256 = hashlib.sha256(data).hexdigest()
    with book.writing() as writing:
        connection = writing.connection
        keep_row(connection, CONTENTS, {"sha256": sha256, "data": data})
        connection.execute(WORKSHEETS.delete().where(WORKSHEETS.c.stage == stage))
        connection.execute(WORKSHEETS.insert(), {"stage": stage, "sha256": sha256})
        keep_state(writing, stage, "worksheet")


def read_worksheet_of(book: Gradebook, stage: str) -> bytes | None:
    """The last worksheet of a stage, None where none was ever given."""
    query = select(CONTENTS.c.data).join(WORKSHEETS, WORKSHEETS.c.sha256 == CONTENTS.c.sha256)
    with book.reading() as connection:
        found = connection.execute(query.where(WORKSHEETS.c.stage == stage)).scalar_one_or_none()
    return None if found is None else bytes(found)
