"""Conversations' events in PostgreSQL, beside the gateway's tables: the same promises as ``bot/kept_trackers.py``.

Runs inside Rasa (Python 3.10), whose psycopg2 is used as it is. The table has a schema of its own, made here: the
dialogue engine must be able to start before the gateway has brought the database up to date.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg2

from bot.kept_trackers import SWEEP_EVERY, NotNow, as_text, from_text

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 2
STATEMENT_MS = 1500  # below the gateway's time limit: a slow database costs memory, not the answer
REST_SECONDS = 2.0  # after a failure the database is left alone; conversations go on from memory meanwhile
LOCK = 0x66616E7B  # any fixed number: engines that start together make the table one after the other
PREPARE = (
    # A crash of the server may cost the last half second of memory, never its order; commits need not wait for a disk.
    "SET synchronous_commit = off",
    "SELECT pg_advisory_lock(%(lock)s)",
    "CREATE SCHEMA IF NOT EXISTS dialogue",
    "CREATE TABLE IF NOT EXISTS dialogue.talk (sender TEXT PRIMARY KEY, touched DOUBLE PRECISION NOT NULL, "
    "events TEXT NOT NULL) WITH (autovacuum_vacuum_scale_factor = 0.01)",  # what is forgotten goes soon
    "CREATE INDEX IF NOT EXISTS ix_talk_touched ON dialogue.talk (touched)",
    "SELECT pg_advisory_unlock(%(lock)s)",
)


class PostgresTrackers:
    """The table ``dialogue.talk``. While the database is away the conversations stay in memory only."""

    def __init__(
        self, url: str, keep_hours: float, most: int, clock: Callable[[], float] = time.time
    ) -> None:
        """Take the gateway's address of the database; rows untouched for ``keep_hours``, and beyond ``most``, go."""
        self._address = libpq_address(url)
        self._keep = keep_hours * 3600
        self._most = most
        self._clock = clock
        self._writes = 0
        self._rest_until = 0.0
        self._connection: Any = None

    def write(self, sender: str, events: list[dict[str, Any]]) -> float | None:
        """Keep ``events`` (JSON-able) as all that is known of ``sender``; return the stamp, None when that failed."""
        stamp: float | None = self._clock()
        try:
            self._run(
                "INSERT INTO dialogue.talk VALUES (%s, %s, %s) ON CONFLICT (sender) DO UPDATE "
                "SET touched = excluded.touched, events = excluded.events",
                (sender, stamp, as_text(events)),
            )
        except NotNow:
            stamp = None
        self._writes += 1
        if self._writes % SWEEP_EVERY == 1:
            self.sweep()
        return stamp

    def stamp(self, sender: str) -> float | None:
        """Return the stamp of what is kept, None when nothing is or it is too old. Raises ``NotNow``."""
        rows = self._run(
            "SELECT touched FROM dialogue.talk WHERE sender = %s AND touched > %s",
            (sender, self._clock() - self._keep),
        )
        return float(rows[0][0]) if rows else None

    def read(self, sender: str) -> tuple[float, list[dict[str, Any]]] | None:
        """Return stamp and events, None when nothing is kept or it is too old."""
        try:
            rows = self._run(
                "SELECT touched, events FROM dialogue.talk WHERE sender = %s AND touched > %s",
                (sender, self._clock() - self._keep),
            )
        except NotNow:
            return None
        events = from_text(rows[0][1]) if rows else None
        if rows and events is None:
            self.delete(sender)
        return (float(rows[0][0]), events) if rows and events is not None else None

    def delete(self, sender: str) -> None:
        """Delete a conversation."""
        self._try("DELETE FROM dialogue.talk WHERE sender = %s", (sender,))

    def wipe(self, sender: str, events: list[dict[str, Any]]) -> float | None:
        """Forget what was, then keep ``events``: the beginning after a restart. Returns the stamp like ``write``."""
        self.delete(sender)
        return self.write(sender, events)

    def senders(self) -> list[str]:
        """Return everybody whose conversation is kept and not too old."""
        oldest = self._clock() - self._keep
        return [row[0] for row in self._try("SELECT sender FROM dialogue.talk WHERE touched > %s", (oldest,))]

    def sweep(self) -> None:
        """Delete what is too old, and the oldest beyond the limit."""
        self._try("DELETE FROM dialogue.talk WHERE touched <= %s", (self._clock() - self._keep,))
        self._try(
            "DELETE FROM dialogue.talk WHERE sender IN "
            "(SELECT sender FROM dialogue.talk ORDER BY touched DESC OFFSET %s)",
            (self._most,),
        )

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _try(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        try:
            return self._run(statement, values)
        except NotNow:
            return []

    def _run(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that may run twice. Raises ``NotNow``."""
        if time.monotonic() < self._rest_until:
            raise NotNow
        for fresh in [False, True] if self._connection is not None else [True]:
            try:
                connection = self._connect() if fresh else self._connection
                with connection.cursor() as cursor:
                    cursor.execute(statement, values)
                    return list(cursor.fetchall()) if cursor.description else []
            except (
                psycopg2.Error
            ) as error:  # a server that restarted has dropped the line: once more on a new one
                cause = type(error).__name__
                self.close()
        logger.warning("kept conversations: the database failed with %s", cause)
        self._rest_until = time.monotonic() + REST_SECONDS
        raise NotNow

    def _connect(self) -> Any:
        self._connection = psycopg2.connect(
            self._address,
            connect_timeout=CONNECT_SECONDS,
            application_name="fanzha dialogue",
            options=f"-c statement_timeout={STATEMENT_MS} -c client_min_messages=warning",
        )
        self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            for statement in PREPARE:
                cursor.execute(statement, {"lock": LOCK})
        return self._connection


def libpq_address(url: str) -> str:
    """Return SQLAlchemy's ``postgresql+driver://…`` as libpq reads it."""
    return re.sub(r"^postgresql\+\w+://", "postgresql://", url)
