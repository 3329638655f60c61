"""Writing into the table ``outbox``: what becomes a letter. Who sends it is in ``channels/outbox.py``.

All functions block on the database: call them in a thread. Texts are masked.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, insert, update

from channels import envelopes
from channels.base import Reply
from channels.keys import Keys
from channels.transitions import State
from storage.engine import once
from storage.tables import outbox as table

# Statements that every message needs are put together once: that costs as much as their execution.
_ADD = insert(table)
_WAKE = (
    update(table)
    .where(table.c.person_id == bindparam("who"), table.c.state == State.QUEUED, table.c.due_at.is_(None))
    .values(due_at=bindparam("due"))
)


def add(
    connection: Connection,
    keys: Keys,
    person_id: int,
    replies: Sequence[tuple[Reply, bool]],
    now: float,
    due_at: float | None,
    inbox_id: int | None = None,
    author: str = "bot",
) -> None:
    """Store replies (masked; each with whether it is degraded) in order. ``due_at`` null: not pushed by itself."""
    for reply, degraded in replies:
        key = secrets.token_hex(16)
        body = envelopes.seal(keys, envelopes.reply_body(reply, degraded), context(key))
        row = _fresh(person_id, key, author, body, now, due_at)
        connection.execute(_ADD, {**row, "inbox_id": inbox_id})


def add_once(
    connection: Connection,
    keys: Keys,
    person_id: int,
    reply: Reply,
    now: float,
    key: str,
    until: float | None = None,
    author: str = "campaign",
) -> int | None:
    """Store a message of our own accord under ``key`` (32 hex digits); None when that key is there already.

    After ``until`` (Unix seconds) it is not sent any more. Returns the row's number.
    """
    body = envelopes.seal(keys, envelopes.reply_body(reply), context(key))
    row = _fresh(person_id, key, author, body, now, now)
    return once(connection, table, {**row, "inbox_id": None, "until": until})


def take_back(connection: Connection, letter_ids: Collection[int], now: float, cause: str) -> set[int]:
    """Give up those of ``letter_ids`` that are surely not on their way; returns their numbers."""
    mine = table.c.id.in_(letter_ids) & (table.c.state == State.QUEUED)
    values = {"state": State.DEAD, "cause": cause, "due_at": None, "done_at": now}
    return set(connection.scalars(update(table).where(mine).values(**values).returning(table.c.id)))


def wake(connection: Connection, person_id: int, now: float | None) -> None:
    """Make due at ``now`` what waited for the person to write; None: it goes on waiting (nothing is pushed there)."""
    connection.execute(_WAKE, {"who": person_id, "due": now})


def _fresh(
    person_id: int, key: str, author: str, body: bytes, now: float, due_at: float | None
) -> dict[str, object]:
    return {
        "person_id": person_id,
        "key": key,
        "author": author,
        "body": body,
        "state": State.QUEUED,
        "via": "",
        "attempts": 0,
        "due_at": due_at,
        "lease_token": "",
        "lease_until": 0.0,
        "cause": "",
        "created_at": now,
        "done_at": None,
    }


def context(key: str) -> str:
    """Return what an outgoing body is bound to."""
    return f"outbox|{key}"
