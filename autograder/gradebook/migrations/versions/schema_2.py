"""Schema 2: decisions, people, worksheets; one chain a stage; records keyed by the engine's hash.

Rows from before keep every value, their hash and their chain over the whole table among them: the new columns are
NULL there. The first row of a stage's chain holds the hash of the last rows of the old chains.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"
branch_labels = None
depends_on = None

_SHA256 = sa.String(64)
_RECORDS = (
    "number, stage, participant_id, submission_sha256, kit_version, stage_sha256, environment_sha256, run, attempt, "
    "seed, layers, official, fault, results, graded_at, previous_sha256, sha256"
)
_MARKS = "number, stage, participant_id, record, grade, policy_sha256, made_at, previous_sha256, sha256"


def upgrade() -> None:
    """Copy records and marks into wider tables, and make the new ones."""
    _widen_records()
    _widen_marks()
    op.create_table(
        "decisions",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("stage", _SHA256, nullable=False),
        sa.Column("participant_id", _SHA256, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_by", sa.String(128), nullable=False),
        sa.Column("made_at", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("previous_sha256", _SHA256, nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
        sa.UniqueConstraint("stage", "position", name="decisions_position"),
    )
    op.create_table(
        "people",
        sa.Column("stage", _SHA256, primary_key=True),
        sa.Column("participant_id", _SHA256, primary_key=True),
        sa.Column("id_number", _SHA256, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("team", _SHA256, nullable=False),
    )
    op.create_table(
        "worksheets",
        sa.Column("stage", _SHA256, primary_key=True),
        sa.Column("sha256", _SHA256, nullable=False),
    )


def _widen_records() -> None:
    # A copy, since SQLite can neither change a constraint nor drop one without a name.
    op.create_table(
        "records_2",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("stage", _SHA256, nullable=False),
        sa.Column("participant_id", _SHA256, nullable=False),
        sa.Column("submission_sha256", _SHA256, nullable=False),
        sa.Column("kit_version", _SHA256, nullable=False),
        sa.Column("engine_sha256", _SHA256),
        sa.Column("stage_sha256", _SHA256, nullable=False),
        sa.Column("environment_sha256", _SHA256, nullable=False),
        sa.Column("run", _SHA256, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("seed", _SHA256, nullable=False),
        sa.Column("layers", sa.Text, nullable=False),
        sa.Column("official", sa.Boolean, nullable=False),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("results", sa.Text, nullable=False),
        sa.Column("graded_at", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("previous_sha256", _SHA256, nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
        sa.UniqueConstraint(
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
        sa.UniqueConstraint("stage", "position", name="records_position"),
    )
    _replace("records", _RECORDS)


def _widen_marks() -> None:
    op.create_table(
        "marks_2",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("stage", _SHA256, nullable=False),
        sa.Column("participant_id", _SHA256, nullable=False),
        sa.Column("record", sa.Integer),
        sa.Column("grade", sa.Text, nullable=False),
        sa.Column("basis", sa.Text),
        sa.Column("policy_sha256", _SHA256, nullable=False),
        sa.Column("made_at", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("previous_sha256", _SHA256, nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
        sa.UniqueConstraint("stage", "position", name="marks_position"),
    )
    _replace("marks", _MARKS)


def _replace(table: str, columns: str) -> None:
    op.execute(f"INSERT INTO {table}_2 ({columns}) SELECT {columns} FROM {table}")  # noqa: S608  # names from above
    op.drop_table(table)
    op.rename_table(f"{table}_2", table)
