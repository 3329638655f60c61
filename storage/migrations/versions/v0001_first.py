"""First schema: vault, conversation, feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "vault",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("placeholder", sa.String(40), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
        sa.UniqueConstraint("owner", "placeholder", name="uq_vault_owner_placeholder"),
    )
    op.create_index("ix_vault_expires_at", "vault", ["expires_at"])
    op.create_table(
        "conversation",
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("pseudonym", sa.String(64), primary_key=True),
        sa.Column("sender_id", sa.String(64), nullable=False, unique=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("last_seen", sa.Float, nullable=False),
        sa.Column("buttons", sa.Text, nullable=False),
    )
    op.create_index("ix_conversation_last_seen", "conversation", ["last_seen"])
    op.create_table(
        "feedback",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("value", sa.String(20), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drop the three tables."""
    for table in ("feedback", "conversation", "vault"):
        op.drop_table(table)
