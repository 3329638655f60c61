"""A file of conversations' events (SQLite, standard library): bounded, with a time limit, wiped when asked.

Several dialogue engines may share it. Each row has a stamp, the time of its last change, by which an engine tells
whether what it has in memory is still the newest.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

# Old rows are looked for once in so many writes; a look costs less than a millisecond.
SWEEP_EVERY = 200
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS talk (sender TEXT PRIMARY KEY, touched REAL NOT NULL, events TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ix_talk_touched ON talk (touched)",
)
# NORMAL outlives a crash of the process; secure_delete overwrites what is forgotten.
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON", "busy_timeout=500")


class NotNow(Exception):
    """The place where conversations are kept cannot be asked at this moment; nothing is known of its rows."""


class KeptTrackers:
    """The table ``talk``. A broken file is set aside; while writing fails the conversations stay in memory only."""

    def __init__(
        self, path: Path, keep_hours: float, most: int, clock: Callable[[], float] = time.time
    ) -> None:
        """Open ``path``, made when missing; rows untouched for ``keep_hours`` and beyond ``most`` are deleted."""
        self._path = path
        self._keep = keep_hours * 3600
        self._most = most
        self._clock = clock
        self._writes = 0
        self._file = self._open()

    def write(self, sender: str, events: list[dict[str, Any]]) -> float | None:
        """Keep ``events`` (JSON-able) as all that is known of ``sender``; return the stamp, None when that failed."""
        now, stamp = self._clock(), None
        row = (sender, now, as_text(events))
        with self._guarded("write"):
            self._file.execute(
                "INSERT INTO talk VALUES (?, ?, ?) ON CONFLICT (sender) DO UPDATE "
                "SET touched = excluded.touched, events = excluded.events",
                row,
            )
            stamp = now
        self._writes += 1
        if self._writes % SWEEP_EVERY == 1:
            self.sweep()
        return stamp

    def stamp(self, sender: str) -> float | None:
        """Return the stamp of what is kept, None when nothing is or it is too old. Raises ``NotNow``."""
        with self._guarded("look"):
            row = self._file.execute(
                "SELECT touched FROM talk WHERE sender = ? AND touched > ?",
                (sender, self._clock() - self._keep),
            ).fetchone()
            return float(row[0]) if row else None
        raise NotNow

    def read(self, sender: str) -> tuple[float, list[dict[str, Any]]] | None:
        """Return stamp and events, None when nothing is kept or it is too old."""
        row: tuple[float, str] | None = None
        with self._guarded("read"):
            row = self._file.execute(
                "SELECT touched, events FROM talk WHERE sender = ? AND touched > ?",
                (sender, self._clock() - self._keep),
            ).fetchone()
        events = from_text(row[1]) if row else None
        if row and events is None:
            self.delete(sender)
        return (row[0], events) if row and events is not None else None

    def delete(self, sender: str) -> None:
        """Delete a conversation so that nothing of it stays in the file or its journal."""
        with self._guarded("delete"):
            gone = self._file.execute("DELETE FROM talk WHERE sender = ?", (sender,)).rowcount
            if gone:
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def wipe(self, sender: str, events: list[dict[str, Any]]) -> float | None:
        """Forget what was, then keep ``events``: the beginning after a restart. Returns the stamp like ``write``."""
        self.delete(sender)
        return self.write(sender, events)

    def senders(self) -> list[str]:
        """Return everybody whose conversation is kept and not too old."""
        rows: list[tuple[str]] = []
        with self._guarded("list"):
            oldest = self._clock() - self._keep
            rows = self._file.execute("SELECT sender FROM talk WHERE touched > ?", (oldest,)).fetchall()
        return [row[0] for row in rows]

    def sweep(self) -> None:
        """Delete what is too old, and the oldest beyond the limit."""
        with self._guarded("sweep"):
            self._file.execute("DELETE FROM talk WHERE touched <= ?", (self._clock() - self._keep,))
            self._file.execute(
                "DELETE FROM talk WHERE sender IN (SELECT sender FROM talk ORDER BY touched DESC LIMIT -1 OFFSET ?)",
                (self._most,),
            )
            self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @contextlib.contextmanager
    def _guarded(self, what: str) -> Any:
        try:
            yield
        except sqlite3.OperationalError as error:  # full disk, locked: the next turn may work again
            logger.warning("kept conversations: %s failed with %s", what, type(error).__name__)
        except sqlite3.DatabaseError:
            self._file.close()
            self._set_aside()
            self._file = self._open()

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._connect()
        except sqlite3.DatabaseError:
            self._set_aside()
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        file = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            for statement in (*(f"PRAGMA {pragma}" for pragma in PRAGMAS), *SCHEMA):
                file.execute(statement)
            file.execute("SELECT sender, touched, events FROM talk LIMIT 1").fetchone()
        except sqlite3.DatabaseError:
            file.close()
            raise
        return file

    def _set_aside(self) -> None:
        aside = self._path.with_name(f"{self._path.name}.broken-{int(self._clock())}")
        logger.error(
            "the file of kept conversations is broken; set aside as %s, a new one is begun", aside.name
        )
        for ending in ("", "-wal", "-shm"):
            part = self._path.with_name(self._path.name + ending)
            if part.exists():
                part.replace(aside.with_name(aside.name + ending))


def as_text(events: list[dict[str, Any]]) -> str:
    """Return the events as the text that is kept."""
    return json.dumps(events, ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> list[dict[str, Any]] | None:
    """Return the events again, None when the text is damaged."""
    try:
        events: list[dict[str, Any]] = json.loads(text)
    except ValueError:
        logger.warning("a kept conversation could not be read and was deleted")
        return None
    return events
