"""Schema 1: the tables of kit 0.1.0, whose files name no schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None

_SHA256 = sa.String(64)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "submissions",
        sa.Column("sha256", _SHA256, primary_key=True),
        sa.Column("archive", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "environments",
        sa.Column("sha256", _SHA256, primary_key=True),
        sa.Column("description", sa.Text, nullable=False),
    )
    op.create_table(
        "records",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("stage", _SHA256, nullable=False),
        sa.Column("participant_id", _SHA256, nullable=False),
        sa.Column("submission_sha256", _SHA256, nullable=False),
        sa.Column("kit_version", _SHA256, nullable=False),
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
        sa.Column("previous_sha256", _SHA256, nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
        sa.UniqueConstraint(
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
    op.create_table(
        "marks",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("stage", _SHA256, nullable=False),
        sa.Column("participant_id", _SHA256, nullable=False),
        sa.Column("record", sa.Integer),
        sa.Column("grade", sa.Text, nullable=False),
        sa.Column("policy_sha256", _SHA256, nullable=False),
        sa.Column("made_at", sa.String(40), nullable=False),
        sa.Column("previous_sha256", _SHA256, nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
    )
    op.create_table(
        "pushes",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("previous_sha256", _SHA256, nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
    )
    op.create_table(
        "contents",
        sa.Column("sha256", _SHA256, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
