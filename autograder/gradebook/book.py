"""Append records, marks and decisions, chained by hash; read them back; find what was changed since."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Table, bindparam, func, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from autograder.errors import DamagedGradebook, GradebookError
from autograder.gradebook.anchoring import Keeper
from autograder.gradebook.chain import Writing, end_of_stage, now, read_start
from autograder.gradebook.chain_checks import broken_links, broken_pushes
from autograder.gradebook.decision_rows import append_decisions, read_decisions
from autograder.gradebook.environment import Environment
from autograder.gradebook.schema import CHAINED, ENVIRONMENTS, MARKS, RECORDS, SUBMISSIONS
from autograder.graded import Basis, Decision
from autograder.jsontext import read_json
from autograder.model import Grade, Outcome, TestResult

_LAYERS = TypeAdapter(tuple[str, ...])
_RESULTS = TypeAdapter(tuple[TestResult, ...])
_GRADE = TypeAdapter(Grade)
_BASIS = TypeAdapter(Basis)


@dataclass(frozen=True)
class RecordKey:
    """What makes two gradings the same work."""

    stage: str
    participant_id: str
    submission_sha256: str
    engine_sha256: str | None  # None of a record from before schema 2
    stage_sha256: str
    environment_sha256: str
    run: str


@dataclass(frozen=True)
class Record:
    """One grading of one submission."""

    key: RecordKey
    seed: str
    layers: tuple[str, ...]
    official: bool
    results: tuple[TestResult, ...]
    fault: str = ""
    kit_version: str = ""  # for people: engine_sha256 is what decides
    number: int = 0
    graded_at: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether every test has an outcome that is not a fault of ours."""
        return not self.fault and all(result.outcome is not Outcome.GRADER_FAULT for result in self.results)


@dataclass(frozen=True)
class Mark:
    """A participant's mark, and what it was made from.

    Attributes:
        record: number of the record; None where nothing was run.
        basis: None of a mark from before schema 2.
    """

    stage: str
    grade: Grade
    record: int | None
    policy_sha256: str
    basis: Basis | None = None
    number: int = 0
    made_at: str = ""


# Asked once or more for each submission, so they are put together once.
_SAME_KEY = [RECORDS.c[field.name] == bindparam(field.name) for field in dataclass_fields(RecordKey)]
_ATTEMPTS = select(func.count()).select_from(RECORDS).where(*_SAME_KEY)
_RECORDS_OF_KEY = select(RECORDS).where(*_SAME_KEY).order_by(RECORDS.c.number.desc())
_LAST_MARK = (
    select(MARKS)
    .where(MARKS.c.stage == bindparam("stage"), MARKS.c.participant_id == bindparam("participant_id"))
    .order_by(MARKS.c.number.desc())
    .limit(1)
)


class Gradebook:
    """Append-only records; every write is one transaction, or part of one, durable when that ends."""

    def __init__(self, engine: Engine, keeper: Keeper, backup: Path | None = None) -> None:
        self._engine, self._keeper = engine, keeper
        self._joined: Writing | None = None  # the transaction of together()
        self.backup = backup  # the copy that was made before an upgrade, if there was one

    def find(self, key: RecordKey) -> Record | None:
        """The last complete record of this work, if there is one."""
        with self.reading() as connection:
            return self._complete(connection, key)

    def record(self, number: int) -> Record:
        """The record with this number.

        Raises:
            GradebookError: there is none.
        """
        with self.reading() as connection:
            row = connection.execute(select(RECORDS).where(RECORDS.c.number == number)).one_or_none()
        if row is None:
            raise GradebookError(f"there is no record {number}")
        return _record(row)

    def records(self, stage: str | None = None) -> tuple[Record, ...]:
        """All records, oldest first."""
        query = select(RECORDS).order_by(RECORDS.c.number)
        if stage is not None:
            query = query.where(RECORDS.c.stage == stage)
        with self.reading() as connection:
            return tuple(map(_record, connection.execute(query)))

    def seeds(self, stage: str, run: str) -> dict[str, dict[str, str]]:
        """The seed that each submission of a run was first graded with: by participant and hash, oldest first."""
        columns = (RECORDS.c.participant_id, RECORDS.c.submission_sha256, RECORDS.c.seed)
        query = select(*columns).where(RECORDS.c.stage == stage, RECORDS.c.run == run).order_by(RECORDS.c.number)
        found: dict[str, dict[str, str]] = {}
        with self.reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.participant_id, {}).setdefault(row.submission_sha256, row.seed)
        return found

    def unofficial_records(self, stage: str) -> frozenset[int]:
        """Numbers of the records of a stage that were made without a sandbox."""
        query = select(RECORDS.c.number).where(RECORDS.c.stage == stage, RECORDS.c.official.is_(False))
        with self.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def add_record(self, record: Record, archive: bytes, environment: Environment, *, again: bool = False) -> Record:
        """Keep a grading with its submission; where another grader kept the same work first, theirs is returned."""
        with self.writing() as writing:
            connection = writing.connection
            attempts = connection.execute(_ATTEMPTS, asdict(record.key)).scalar_one()
            kept = None if again else self._complete(connection, record.key)
            if kept is not None and (kept.official or not record.official):
                return kept
            keep_row(connection, SUBMISSIONS, {"sha256": record.key.submission_sha256, "archive": archive})
            keep_row(connection, ENVIRONMENTS, {"sha256": environment.sha256, "description": environment.text})
            fields = {
                **asdict(record.key),
                "kit_version": record.kit_version,
                "attempt": attempts,
                "seed": record.seed,
                "layers": json.dumps(record.layers),
                "official": record.official,
                "fault": record.fault,
                "results": _RESULTS.dump_json(record.results).decode(),
                "graded_at": now(),
            }
            number = writing.append(RECORDS, fields)
        return replace(record, number=number, graded_at=fields["graded_at"])

    def _complete(self, connection: Connection, key: RecordKey) -> Record | None:
        rows = connection.execute(_RECORDS_OF_KEY, asdict(key))
        return next((record for record in map(_record, rows) if record.is_complete), None)

    def keep_archive(self, sha256: str, archive: bytes) -> None:
        """Keep a submission's files where no record does, because nothing could be run."""
        with self.writing() as writing:
            keep_row(writing.connection, SUBMISSIONS, {"sha256": sha256, "archive": archive})

    def add_mark(self, mark: Mark) -> Mark | None:
        """Keep a mark unless it equals the last one; returns the one before if it differed."""
        with self.writing() as writing:
            before = self._last_mark(writing.connection, mark.stage, mark.grade.participant_id)
            if before is not None and replace(before, number=0, made_at="") == mark:
                return None
            fields = {
                "stage": mark.stage,
                "participant_id": mark.grade.participant_id,
                "record": mark.record,
                "grade": _GRADE.dump_json(mark.grade).decode(),
                "basis": None if mark.basis is None else _BASIS.dump_json(mark.basis).decode(),
                "policy_sha256": mark.policy_sha256,
                "made_at": now(),
            }
            writing.append(MARKS, fields)
        return before

    def marks(self, stage: str) -> dict[str, Mark]:
        """The last mark of every participant."""
        query = select(MARKS).where(MARKS.c.stage == stage).order_by(MARKS.c.number)
        with self.reading() as connection:
            return {row.participant_id: _mark(row) for row in connection.execute(query)}

    def mark_history(self, stage: str, participant_id: str) -> tuple[Mark, ...]:
        """Every mark that a participant ever had, oldest first."""
        here = (MARKS.c.stage == stage) & (MARKS.c.participant_id == participant_id)
        with self.reading() as connection:
            return tuple(map(_mark, connection.execute(select(MARKS).where(here).order_by(MARKS.c.number))))

    def _last_mark(self, connection: Connection, stage: str, participant_id: str) -> Mark | None:
        row = connection.execute(_LAST_MARK, {"stage": stage, "participant_id": participant_id}).one_or_none()
        return _mark(row) if row is not None else None

    def archive(self, submission_sha256: str) -> bytes:
        """The files of a submission as they were graded.

        Raises:
            GradebookError: they are not kept here.
        """
        with self.reading() as connection:
            query = select(SUBMISSIONS.c.archive).where(SUBMISSIONS.c.sha256 == submission_sha256)
            found = connection.execute(query).scalar_one_or_none()
        if found is None:
            raise GradebookError(f"the submission {submission_sha256[:12]}… is not in the gradebook")
        return bytes(found)

    def add_decisions(self, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
        """Keep what a person decided, all or nothing; it is never changed, only followed by other decisions."""
        with self.writing() as writing:
            return append_decisions(writing, decisions)

    def decide(self, stage: str, choose: Callable[[tuple[Decision, ...]], Iterable[Decision]]) -> None:
        """Keep decisions that depend on what is decided: another command cannot come between reading and writing."""
        with self.writing() as writing:
            append_decisions(writing, choose(read_decisions(writing.connection, stage)))

    def decisions(self, stage: str) -> tuple[Decision, ...]:
        """All decisions on a stage, oldest first."""
        with self.reading() as connection:
            return read_decisions(connection, stage)

    def broken_links(self, stage: str | None = None) -> list[str]:
        """Every row whose hash does not fit, and what the anchor has and the chains have not: changed or removed.

        Args:
            stage: look at this stage and what all stages share; at everything by default.
        """
        with self.reading() as connection:
            seen = self._keeper.look(connection)
        with self.reading() as connection:
            try:
                found = broken_links(connection, self._keeper.secret, stage)
                if isinstance(seen, str) and seen in found:
                    return found
                found += self._keeper.contradictions(connection, seen)
                return found + (self._keeper.others(connection) if stage is None else [])
            except (TypeError, ValueError) as error:  # SQLite keeps a value of any type in any column
                return [f"a row has a value of another type: {reason(error)}"]

    def others_here(self) -> list[str]:
        """Other gradebooks that were at this place before: a note for whoever did not mean to begin anew."""
        with self.reading() as connection:
            return self._keeper.others(connection)

    def require_whole(self, stage: str) -> None:
        """Refuse to go on with rows that were changed: what is made of them would be keyed as if it were right.

        Raises:
            GradebookError: something does not fit.
        """
        found = self.broken_links(stage)
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            raise DamagedGradebook(
                f"the gradebook was changed by something else than the kit: {found[0]}{more}; nothing was done. "
                "autograder verify lists everything; put a backup copy back, or ask whoever keeps it"
            )

    def broken_pushes(self) -> list[str]:
        """The same for what was sent to Moodle alone."""
        with self.reading() as connection:
            return broken_pushes(connection, self._keeper.key(connection), read_start(connection))

    def head(self, stage: str) -> tuple[int, str]:
        """How many rows the stage's chain has, and the hash of the last one."""
        with self.reading() as connection:
            return end_of_stage(connection, stage, read_start(connection).opening)

    def accepted(self) -> list[str]:
        """Every state of the gradebook that a person accepted although its anchor contradicted it."""
        with self.reading() as connection:
            return self._keeper.accepted(connection)

    def accept(self, why: str, by: str) -> list[str]:
        """Anchor the gradebook as it is now, and keep who accepted which contradictions, and why; returns these."""
        with self._transaction() as connection:
            writing = self._keeper.begin(connection)
            faults = self._keeper.note(writing, why, by)
        with self.reading() as connection:
            self._keeper.replace(connection)
        return faults

    def anchor(self) -> None:
        """Let the anchor hold the ends of all chains, unless something contradicts it."""
        with self.reading() as connection:
            seen = self._keeper.look(connection)
        with self.reading() as connection:
            self._keeper.advance_all(connection, seen)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that takes no write lock; its faults become GradebookError."""
        options: dict[str, Any] = {"reading": True}
        if self._engine.dialect.name == "postgresql":
            options["isolation_level"] = "REPEATABLE READ"  # all tables as they were at one moment, as SQLite has it
        try:
            with self._engine.execution_options(**options).connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise GradebookError(f"the gradebook cannot be read: {reason(error)}") from None

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """A transaction, alone; its faults become GradebookError and nothing of it is kept.

        Raises:
            GradebookError: it failed; or rows are missing that the anchor has, and nothing was written.
        """
        if self._joined is not None:
            yield self._joined
            return
        with self._transaction() as connection:
            self._keeper.require(connection)
            writing = self._keeper.begin(connection)
            yield writing
        self._keeper.advance(writing)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep all that is written meanwhile in one transaction: what belongs together, and is cheaper so.

        Raises:
            GradebookError: it failed; nothing of it was kept.
        """
        with self.writing() as self._joined:
            try:
                yield
            finally:
                self._joined = None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                if self._engine.dialect.name == "postgresql":
                    connection.execute(text(f"LOCK TABLE {', '.join(CHAINED)} IN EXCLUSIVE MODE"))
                yield connection
        except SQLAlchemyError as error:
            raise GradebookError(
                f"the gradebook cannot be written: {reason(error)}; nothing of this row was kept"
            ) from None


def keep_row(connection: Connection, table: Table, fields: Mapping[str, object]) -> None:
    """Insert a row that is named by its content, unless it is there."""
    if connection.execute(select(table.c.sha256).where(table.c.sha256 == fields["sha256"])).first() is None:
        connection.execute(table.insert(), fields)


def _record(row: Any) -> Record:
    key = RecordKey(*(getattr(row, name) for name in RecordKey.__dataclass_fields__))
    results = read_json(_RESULTS, row.results, f"record {row.number} of the gradebook", DamagedGradebook)
    layers = read_json(_LAYERS, row.layers, f"record {row.number} of the gradebook", DamagedGradebook)
    return Record(key, row.seed, layers, row.official, results, row.fault, row.kit_version, row.number, row.graded_at)


def _mark(row: Any) -> Mark:
    what = f"mark {row.number} of the gradebook"
    grade = read_json(_GRADE, row.grade, what, DamagedGradebook)
    basis = None if row.basis is None else read_json(_BASIS, row.basis, what, DamagedGradebook)
    return Mark(row.stage, grade, row.record, row.policy_sha256, basis, row.number, row.made_at)


def reason(error: BaseException) -> str:
    """The first line of what a database says."""
    return str(error.orig if isinstance(error, DBAPIError) and error.orig else error).splitlines()[0]


def changed_tests(before: Sequence[TestResult], after: Sequence[TestResult]) -> list[str]:
    """Which test cases ended otherwise."""
    was = {(result.name, result.case): result.outcome for result in before}
    return [
        f"{result.title}: {was.get((result.name, result.case), 'new')} → {result.outcome}"
        for result in after
        if was.get((result.name, result.case)) is not result.outcome
    ]
