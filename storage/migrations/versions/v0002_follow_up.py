"""Wishes to be asked again after a day; the script a person writes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "follow_up",
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("pseudonym", sa.String(64), primary_key=True),
        sa.Column("address", sa.LargeBinary, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
    )
    op.create_index("ix_follow_up_due_at", "follow_up", ["due_at"])
    op.add_column("conversation", sa.Column("script", sa.String(4), nullable=False, server_default="hans"))


def downgrade() -> None:
    """Drop both."""
    op.drop_column("conversation", "script")
    op.drop_table("follow_up")
