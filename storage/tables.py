"""The tables, as the newest migration leaves them. No column holds a text or an id of a person in clear."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
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

# A person as one account of one channel knows them. ``address`` is the platform's id, encrypted. ``state`` is who
# talks: bot, waiting, human, closed, gone. ``due_at``: when waiting messages shall be looked at; null: none wait.
# ``lease_token`` and ``lease_until``: which worker answers this person now, one at a time.
person = Table(
    "person",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("channel", String(20), nullable=False),
    Column("account", String(64), nullable=False),
    Column("pseudonym", String(64), nullable=False),
    Column("address", LargeBinary, nullable=False),
    Column("scene", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("state_at", Float, nullable=False),
    Column("operator", String(64), nullable=False),
    Column("reachable", Boolean, nullable=False),
    Column("last_seen", Float, nullable=False),
    Column("due_at", Float),
    Column("lease_token", String(32), nullable=False),
    Column("lease_until", Float, nullable=False),
    UniqueConstraint("channel", "account", "pseudonym", name="uq_person_channel_account_pseudonym"),
    Index("ix_person_due_at", "due_at"),
    Index("ix_person_state", "state", "state_at"),
)

# What came in: ``body`` is masked and encrypted; ``dedupe_key`` a SHA-256. state: new, done, failed.
# ``deliveries`` counts how often the platform sent it; ``carrier`` names the request that brought it last.
inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("person_id", BigInteger, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("account", String(64), nullable=False),
    Column("dedupe_key", String(64), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("received_at", Float, nullable=False),
    Column("done_at", Float),
    Column("attempts", Integer, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("carrier", String(32), nullable=False, server_default=""),
    UniqueConstraint("channel", "account", "dedupe_key", name="uq_inbox_channel_account_dedupe_key"),
    Index("ix_inbox_person", "person_id", "id"),
    Index("ix_inbox_state", "state", "received_at"),
)

# What goes out, masked and encrypted, in platform-sized messages. States: channels/transitions.py. ``inbox_id`` is the
# message it answers. ``due_at`` null: waits until the person writes. ``via``: how it left (passive, push, news).
# ``until``: after that it is not sent any more. ``rode_on``: the message on whose request it left, if it left that way.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("person_id", BigInteger, nullable=False),
    Column("inbox_id", BigInteger),
    Column("key", String(32), nullable=False, unique=True),
    Column("author", String(10), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("via", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Float),
    Column("lease_token", String(32), nullable=False),
    Column("lease_until", Float, nullable=False),
    Column("cause", String(40), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("done_at", Float),
    Column("until", Float),
    Column("rode_on", BigInteger),
    Index("ix_outbox_state", "state", "due_at"),
    Index("ix_outbox_person", "person_id", "id"),
    Index("ix_outbox_inbox", "inbox_id"),
)

# How many messages a platform still lets us push to a person, and until when, by the rule's name.
push_window = Table(
    "push_window",
    metadata,
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(20), primary_key=True),
    Column("messages_left", Integer, nullable=False),
    Column("until", Float, nullable=False),
)

# What operators did. Only ever added to: triggers refuse changes.
audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("operator", String(64), nullable=False),
    Column("role", String(10), nullable=False),
    Column("action", String(30), nullable=False),
    Column("subject", String(40), nullable=False),
)

# Conversations the dialogue engine must still be told to forget; the random sender id names nobody any more.
erasure = Table(
    "erasure",
    metadata,
    Column("sender_id", String(64), primary_key=True),
    Column("since", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
)
