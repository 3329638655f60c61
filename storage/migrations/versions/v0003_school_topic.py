"""Figures per school code and topic."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "school_topic",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("school", sa.String(12), primary_key=True),
        sa.Column("topic", sa.String(40), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("school_topic")
