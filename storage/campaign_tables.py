"""The tables of campaigns, as the newest migration leaves them: documents, sendings, consents, warnings."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.tables import metadata

# A campaign (campaigns/document.py): ``document`` is its JSON, ``digest`` the SHA-256 that an approval is for. States:
# campaigns/states.py. ``authors``: JSON list of the operators who wrote this text; ``previewed``: the digest that was
# shown in a preview. ``version`` grows with every change: two operators cannot overwrite each other.
campaign = Table(
    "campaign",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("document", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("authors", Text, nullable=False),
    Column("approver", String(64), nullable=False),
    Column("previewed", String(64), nullable=False),
    Column("cause", String(40), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_campaign_state", "state"),
)

# What was done to campaigns, by whom. Only ever added to: triggers refuse changes. ``digest``: of the text at the time.
campaign_log = Table(
    "campaign_log",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("campaign", String(48), nullable=False),
    Column("operator", String(64), nullable=False),
    Column("action", String(30), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("note", String(200), nullable=False),
    Index("ix_campaign_log_campaign", "campaign", "id"),
)

# One sending of one wave by one route: ``target`` is the account, robot or tag; ``key`` the idempotency key (32 hex
# digits, the platform's clientmsgid where it has one). state: waiting, sending, confirming, sent, failed, stopped,
# unknown. ``platform_id``: what the platform calls it. ``deadline``: when a missing answer counts as one. ``counts``:
# JSON figures under fixed words.
campaign_job = Table(
    "campaign_job",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("campaign", String(48), nullable=False),
    Column("wave", Integer, nullable=False),
    Column("route", String(20), nullable=False),
    Column("variant", String(1), nullable=False),
    Column("target", String(80), nullable=False),
    Column("part", Integer, nullable=False),
    Column("key", String(32), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("platform_id", String(64), nullable=False),
    Column("due_at", Float, nullable=False),
    Column("started_at", Float),
    Column("deadline", Float),
    Column("done_at", Float),
    Column("cause", String(40), nullable=False),
    Column("counts", Text, nullable=False),
    UniqueConstraint("campaign", "wave", "route", "variant", "target", "part", name="uq_campaign_job_what"),
    Index("ix_campaign_job_state", "state", "due_at"),
    Index("ix_campaign_job_platform_id", "platform_id"),
)

# Whom a wave chose, once each, over all routes. state: chosen, queued, sent, failed, unknown, skipped. ``letter_id``:
# the row of the outbox, for what is pushed one by one.
campaign_letter = Table(
    "campaign_letter",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("campaign", String(48), nullable=False),
    Column("wave", Integer, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("route", String(20), nullable=False),
    Column("variant", String(1), nullable=False),
    Column("job_id", BigInteger),
    Column("letter_id", BigInteger),
    Column("state", String(10), nullable=False),
    Column("cause", String(40), nullable=False),
    Column("sent_at", Float),
    UniqueConstraint("campaign", "wave", "person_id", name="uq_campaign_letter_once"),
    Index("ix_campaign_letter_person", "person_id", "sent_at"),
    Index("ix_campaign_letter_state", "campaign", "wave", "state"),
    Index("ix_campaign_letter_job", "job_id", "id"),
)

# Who agreed to be warned: what they volunteered about themselves, and to which words they said yes (``wording``: the
# digest of the sentence, knowledge_base/consent_texts.yml). The row goes with "delete my data"; who opted out stays
# here as ``active`` false. ``reference`` is random: with the row goes what ties the log's lines to anybody.
subscriber = Table(
    "subscriber",
    metadata,
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("active", Boolean, nullable=False),
    Column("topics", Text, nullable=False),
    Column("frequency", String(10), nullable=False),
    Column("role", String(20), nullable=False),
    Column("district", String(40), nullable=False),
    Column("language", String(10), nullable=False),
    Column("age", String(10), nullable=False),
    Column("wording", String(20), nullable=False),
    Column("since", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("reference", String(32), nullable=False, server_default=""),
    Index("ix_subscriber_active", "active", "person_id"),
)

# Every yes, change and no, with the words it was said to; ``reference``: of the subscription. Only ever added to:
# triggers refuse changes.
consent_log = Table(
    "consent_log",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("reference", String(32), nullable=False),
    Column("action", String(20), nullable=False),
    Column("wording", String(20), nullable=False),
    Index("ix_consent_log_reference", "reference"),
)

# Subscription notices that a person granted and that are not used up, by template.
notice_grant = Table(
    "notice_grant",
    metadata,
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("template", String(64), primary_key=True),
    Column("left", Integer, nullable=False),
)

# Mass messages that count against a person's month (YYYY-MM, China), or with person 0 an account's day (YYYY-MM-DD).
mass_spent = Table(
    "mass_spent",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("period", String(10), primary_key=True),
    Column("count", Integer, nullable=False),
)

# How many came by the code on a campaign's posters, by channel and day (ISO date, UTC): figures only.
campaign_scan = Table(
    "campaign_scan",
    metadata,
    Column("campaign", String(48), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("count", Integer, nullable=False),
)

# Warnings that pages and feeds show, public texts: ``body`` is in the feeds unless it is empty, ``banner`` on pages.
# ``scenes``: codes of schools between blanks (" ABC01 XYZ02 "), empty for everybody. ``until``: of the banner.
warning = Table(
    "warning",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("campaign", String(48), nullable=False),
    Column("wave", Integer, nullable=False),
    Column("title", String(120), nullable=False),
    Column("body", Text, nullable=False),
    Column("banner", Text, nullable=False),
    Column("scenes", Text, nullable=False),
    Column("published_at", Float, nullable=False),
    Column("until", Float),
    Column("withdrawn_at", Float),
    UniqueConstraint("campaign", "wave", name="uq_warning_campaign_wave"),
)

# What platforms report of sendings, as their adapters read it: ``platform_id`` is what the platform calls the sending,
# ``fields`` JSON without anything of a person.
platform_report = Table(
    "platform_report",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("account", String(64), nullable=False),
    Column("event", String(40), nullable=False),
    Column("platform_id", String(64), nullable=False),
    Column("fields", Text, nullable=False),
    Column("at", Float, nullable=False),
    Index("ix_platform_report_what", "event", "platform_id"),
    Index("ix_platform_report_at", "at"),
)
