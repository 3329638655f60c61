"""A log of consents that names nobody once the subscription is deleted; how many came by a campaign's posters."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Give subscriptions a reference, make the log anew under it, and make the table of scans."""
    op.add_column("subscriber", sa.Column("reference", sa.String(32), nullable=False, server_default=""))
    bind = op.get_bind()
    table = sa.table("subscriber", sa.column("person_id"), sa.column("reference"))
    for number in bind.execute(sa.select(table.c.person_id)).scalars().all():
        mine = sa.update(table).where(table.c.person_id == number)
        bind.execute(mine.values(reference=secrets.token_hex(16)))
    _make_log("reference", 32)
    op.create_table(
        "campaign_scan",
        sa.Column("campaign", sa.String(48), primary_key=True),
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )


def _make_log(name: str, length: int) -> None:
    """Make the log anew: nobody could subscribe before, so nothing is lost, and its lines cannot be changed."""
    op.drop_table("consent_log")
    op.create_table(
        "consent_log",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column(name, sa.String(length), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("wording", sa.String(20), nullable=False),
    )
    op.create_index(f"ix_consent_log_{name}", "consent_log", [name])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER consent_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_log "
            "FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER consent_log_no_{verb.lower()} BEFORE {verb} ON consent_log "
            "BEGIN SELECT RAISE(ABORT, 'this log is only added to'); END"
        )


def downgrade() -> None:
    """Drop the table and the column; the log begins anew."""
    op.drop_table("campaign_scan")
    _make_log("pseudonym", 64)
    op.drop_column("subscriber", "reference")
