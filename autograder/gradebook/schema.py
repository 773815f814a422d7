"""The tables, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

# Columns that came after the first schema. Rows from before have NULL there, and their hash knows nothing of them.
LATER_COLUMNS = frozenset({"position", "engine_sha256", "basis"})

SUBMISSIONS = Table(
    "submissions",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("archive", LargeBinary, nullable=False),  # a zip with the files as they were graded
)

ENVIRONMENTS = Table(
    "environments",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("description", Text, nullable=False),  # JSON
)

# One row for each submission, state of the engine and the stage, and run; never changed. A row with a fault of
# the grader's does not count as graded: the next run grades again and adds a row.
RECORDS = Table(
    "records",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("stage", String(64), nullable=False),
    Column("participant_id", String(64), nullable=False),
    Column("submission_sha256", String(64), nullable=False),
    Column("kit_version", String(64), nullable=False),  # for people; engine_sha256 decides
    Column("engine_sha256", String(64)),  # NULL in rows from before schema 2: they are never found again
    Column("stage_sha256", String(64), nullable=False),
    Column("environment_sha256", String(64), nullable=False),
    Column("run", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("seed", String(64), nullable=False),
    Column("layers", Text, nullable=False),  # JSON list
    Column("official", Boolean, nullable=False),
    Column("fault", Text, nullable=False),  # '' unless the grader failed
    Column("results", Text, nullable=False),  # JSON list of test results
    Column("graded_at", String(40), nullable=False),
    Column("position", Integer),  # in the stage's chain; NULL in rows from before schema 2
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint(
        "stage",
        "participant_id",
        "submission_sha256",
        "kit_version",
        "engine_sha256",
        "stage_sha256",
        "environment_sha256",
        "run",
        "attempt",
        name="records_same_work",
    ),
    UniqueConstraint("stage", "position", name="records_position"),
)

# A row for each change of a participant's mark; the last one holds.
MARKS = Table(
    "marks",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("stage", String(64), nullable=False),
    Column("participant_id", String(64), nullable=False),
    Column("record", Integer),  # none where nothing was submitted
    Column("grade", Text, nullable=False),  # JSON
    Column("basis", Text),  # JSON: what besides the record and the decisions it was made of
    Column("policy_sha256", String(64), nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("position", Integer),  # in the stage's chain; NULL in rows from before schema 2
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("stage", "position", name="marks_position"),
)

# What people decided: rubric marks, remarks, overrides, extensions and so on; never changed. The last one of a kind
# holds; an empty value takes an earlier one back.
DECISIONS = Table(
    "decisions",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("stage", String(64), nullable=False),
    Column("participant_id", String(64), nullable=False),  # '' for everybody
    Column("kind", String(16), nullable=False),
    Column("value", Text, nullable=False),  # JSON
    Column("reason", Text, nullable=False),
    Column("decided_by", String(128), nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("position", Integer, nullable=False),  # in the stage's chain
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("stage", "position", name="decisions_position"),
)

# Who a participant number is: Moodle gives each person another one in each assignment. Facts, not decisions: a later
# worksheet replaces them.
PEOPLE = Table(
    "people",
    METADATA,
    Column("stage", String(64), primary_key=True),
    Column("participant_id", String(64), primary_key=True),
    Column("id_number", String(64), nullable=False),  # '' where no worksheet has it
    Column("name", Text, nullable=False),
    Column("team", String(64), nullable=False),  # key of the team's submission, '' where each works alone
)

# The last worksheet of each stage, so that files for Moodle can be made again.
WORKSHEETS = Table(
    "worksheets",
    METADATA,
    Column("stage", String(64), primary_key=True),
    Column("sha256", String(64), nullable=False),  # of the row in contents
)

# What was sent to Moodle and what was there before, for `moodle undo`.
PUSHES = Table(
    "pushes",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("entry", Text, nullable=False),  # JSON
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
)

CONTENTS = Table(
    "contents",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

# Digests of what is not append-only, in the stage's chain: who takes part, and which worksheet was the last one.
STATES = Table(
    "states",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("stage", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # people or worksheet
    Column("content_sha256", String(64), nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("position", Integer, nullable=False),  # in the stage's chain
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("stage", "position", name="states_position"),
)

# What happened to the chains themselves: the first row begins the key, others accept what an anchor contradicts.
CHAIN_NOTES = Table(
    "chain_notes",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),  # keyed or accepted
    Column("value", Text, nullable=False),  # JSON
    Column("reason", Text, nullable=False),
    Column("decided_by", String(128), nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
)

CHAINED = tuple(table.name for table in (RECORDS, MARKS, DECISIONS, STATES, PUSHES, CHAIN_NOTES))
