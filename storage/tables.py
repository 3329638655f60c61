"""The tables, as the newest migration leaves them. No column holds a text or an id of a person in clear."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# Originals of masked personal data: encrypted, with a time limit. Times are Unix seconds (UTC).
vault = Table(
    "vault",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("owner", String(64), nullable=False),
    Column("placeholder", String(40), nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("expires_at", Float, nullable=False),
    UniqueConstraint("owner", "placeholder", name="uq_vault_owner_placeholder"),
    Index("ix_vault_expires_at", "expires_at"),
)

# Which random sender id a person's conversation has; ``buttons`` is the JSON list of payloads shown last,
# ``script`` the characters she writes: simplified (hans) or traditional (hant).
conversation = Table(
    "conversation",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("pseudonym", String(64), primary_key=True),
    Column("sender_id", String(64), nullable=False, unique=True),
    Column("epoch", Integer, nullable=False),
    Column("last_seen", Float, nullable=False),
    Column("buttons", Text, nullable=False),
    Column("script", String(4), nullable=False, server_default="hans"),
    Index("ix_conversation_last_seen", "last_seen"),
)

# Who wishes to be asked again after a day: ``address`` is the platform's id, encrypted.
follow_up = Table(
    "follow_up",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("pseudonym", String(64), primary_key=True),
    Column("address", LargeBinary, nullable=False),
    Column("due_at", Float, nullable=False),
    Index("ix_follow_up_due_at", "due_at"),
)

# How many people said what about the answers, per day (ISO date, UTC): figures only.
feedback = Table(
    "feedback",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("value", String(20), primary_key=True),
    Column("count", Integer, nullable=False),
)

# How often a topic was opened under a school's code, per month (YYYY-MM, UTC): figures only.
school_topic = Table(
    "school_topic",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("school", String(12), primary_key=True),
    Column("topic", String(40), primary_key=True),
    Column("count", Integer, nullable=False),
)
