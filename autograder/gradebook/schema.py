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

# One row for each submission, kit version and run; never changed. A row with a fault of the
# grader's does not count as graded: the next run grades again and adds a row.
RECORDS = Table(
    "records",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("stage", String(64), nullable=False),
    Column("participant_id", String(64), nullable=False),
    Column("submission_sha256", String(64), nullable=False),
    Column("kit_version", String(64), nullable=False),
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
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint(
        "stage",
        "participant_id",
        "submission_sha256",
        "kit_version",
        "stage_sha256",
        "environment_sha256",
        "run",
        "attempt",
    ),
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
    Column("policy_sha256", String(64), nullable=False),
    Column("made_at", String(40), nullable=False),
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
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
