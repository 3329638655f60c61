"""Which request brought a message last, and on which message's request an answer left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns. What rode on a request so far rode on the one of the message that it answers."""
    op.add_column("inbox", sa.Column("carrier", sa.String(32), nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("rode_on", sa.BigInteger))
    op.execute("UPDATE outbox SET rode_on = inbox_id WHERE via = 'passive'")


def downgrade() -> None:
    """Drop them."""
    op.drop_column("outbox", "rode_on")
    op.drop_column("inbox", "carrier")
