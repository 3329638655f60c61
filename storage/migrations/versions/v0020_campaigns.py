"""Campaigns, their log, jobs and letters; subscribers and consents; notice grants, mass quotas, warnings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
LOGS = ("campaign_log", "consent_log")


def upgrade() -> None:
    """Make the tables, and the triggers that keep the logs as they were written; letters get a time limit."""
    op.add_column("outbox", sa.Column("until", sa.Float))
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(48), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("authors", sa.Text, nullable=False),
        sa.Column("approver", sa.String(64), nullable=False),
        sa.Column("previewed", sa.String(64), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_campaign_state", "campaign", ["state"])
    op.create_table(
        "campaign_log",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("campaign", sa.String(48), nullable=False),
        sa.Column("operator", sa.String(64), nullable=False),
        sa.Column("action", sa.String(30), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
    )
    op.create_index("ix_campaign_log_campaign", "campaign_log", ["campaign", "id"])
    op.create_table(
        "campaign_job",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("campaign", sa.String(48), nullable=False),
        sa.Column("wave", sa.Integer, nullable=False),
        sa.Column("route", sa.String(20), nullable=False),
        sa.Column("variant", sa.String(1), nullable=False),
        sa.Column("target", sa.String(80), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("platform_id", sa.String(64), nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("deadline", sa.Float),
        sa.Column("done_at", sa.Float),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.UniqueConstraint(
            "campaign", "wave", "route", "variant", "target", "part", name="uq_campaign_job_what"
        ),
    )
    op.create_index("ix_campaign_job_state", "campaign_job", ["state", "due_at"])
    op.create_index("ix_campaign_job_platform_id", "campaign_job", ["platform_id"])
    op.create_table(
        "campaign_letter",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("campaign", sa.String(48), nullable=False),
        sa.Column("wave", sa.Integer, nullable=False),
        sa.Column("person_id", sa.BigInteger, nullable=False),
        sa.Column("route", sa.String(20), nullable=False),
        sa.Column("variant", sa.String(1), nullable=False),
        sa.Column("job_id", sa.BigInteger),
        sa.Column("letter_id", sa.BigInteger),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("sent_at", sa.Float),
        sa.UniqueConstraint("campaign", "wave", "person_id", name="uq_campaign_letter_once"),
    )
    op.create_index("ix_campaign_letter_person", "campaign_letter", ["person_id", "sent_at"])
    op.create_index("ix_campaign_letter_state", "campaign_letter", ["campaign", "wave", "state"])
    op.create_table(
        "subscriber",
        sa.Column("person_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("topics", sa.Text, nullable=False),
        sa.Column("frequency", sa.String(10), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("district", sa.String(40), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("age", sa.String(10), nullable=False),
        sa.Column("wording", sa.String(20), nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
    )
    op.create_index("ix_subscriber_active", "subscriber", ["active", "person_id"])
    op.create_table(
        "consent_log",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("pseudonym", sa.String(64), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("wording", sa.String(20), nullable=False),
    )
    op.create_index("ix_consent_log_pseudonym", "consent_log", ["pseudonym"])
    op.create_table(
        "notice_grant",
        sa.Column("person_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("template", sa.String(64), primary_key=True),
        sa.Column("left", sa.Integer, nullable=False),
    )
    op.create_table(
        "mass_spent",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("person_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("period", sa.String(10), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "warning",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("campaign", sa.String(48), nullable=False),
        sa.Column("wave", sa.Integer, nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("scenes", sa.Text, nullable=False),
        sa.Column("published_at", sa.Float, nullable=False),
        sa.Column("until", sa.Float),
        sa.Column("withdrawn_at", sa.Float),
        sa.UniqueConstraint("campaign", "wave", name="uq_warning_campaign_wave"),
    )
    _protect_logs()


def _protect_logs() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute(
            "CREATE FUNCTION log_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'this log is only added to'; END $$"
        )
    for table in LOGS:
        if postgresql:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION log_refuse()"
            )
            continue
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'this log is only added to'); END"
            )


def downgrade() -> None:
    """Drop the tables; their triggers go with them."""
    for table in (
        "warning",
        "mass_spent",
        "notice_grant",
        "consent_log",
        "subscriber",
        "campaign_letter",
        "campaign_job",
        "campaign_log",
        "campaign",
    ):
        op.drop_table(table)
    op.drop_column("outbox", "until")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION log_refuse()")
