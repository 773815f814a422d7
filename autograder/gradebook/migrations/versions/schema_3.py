"""Schema 3: rows are keyed with the course secret; digests of people and worksheets; notes on the chains.

Rows from before keep every value, their hash among them. The first row of ``chain_notes``, which
:func:`autograder.gradebook.chain.begin_key` adds in the same transaction, holds where each chain ended.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"
branch_labels = None
depends_on = None

_SHA256 = sa.String(64)


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "states",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("stage", _SHA256, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("content_sha256", _SHA256, nullable=False),
        sa.Column("made_at", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("previous_sha256", _SHA256, nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
        sa.UniqueConstraint("stage", "position", name="states_position"),
    )
    op.create_table(
        "chain_notes",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_by", sa.String(128), nullable=False),
        sa.Column("made_at", sa.String(40), nullable=False),
        sa.Column("previous_sha256", _SHA256, nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
    )
