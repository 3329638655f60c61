"""What platforms report of sendings; letters by job; the text of a banner beside that of the feed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "platform_report",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("platform_id", sa.String(64), nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("ix_platform_report_what", "platform_report", ["event", "platform_id"])
    op.create_index("ix_platform_report_at", "platform_report", ["at"])
    op.create_index("ix_campaign_letter_job", "campaign_letter", ["job_id", "id"])
    op.add_column("warning", sa.Column("banner", sa.Text, nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("warning", "banner", server_default=None)


def downgrade() -> None:
    """Drop them."""
    op.drop_column("warning", "banner")
    op.drop_index("ix_campaign_letter_job", "campaign_letter")
    op.drop_table("platform_report")
