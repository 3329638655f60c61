"""A file of conversations' events (SQLite, standard library): bounded, with a time limit, wiped when asked."""

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

    def write(self, sender: str, events: list[dict[str, Any]]) -> None:
        """Keep ``events`` (JSON-able) as all that is known of ``sender``."""
        row = (sender, self._clock(), json.dumps(events, ensure_ascii=False, separators=(",", ":")))
        with self._guarded("write"):
            self._file.execute(
                "INSERT INTO talk VALUES (?, ?, ?) ON CONFLICT (sender) DO UPDATE "
                "SET touched = excluded.touched, events = excluded.events",
                row,
            )
        self._writes += 1
        if self._writes % SWEEP_EVERY == 1:
            self.sweep()

    def read(self, sender: str) -> list[dict[str, Any]] | None:
        """Return the kept events, None when there are none or they are too old."""
        row: tuple[str] | None = None
        with self._guarded("read"):
            row = self._file.execute(
                "SELECT events FROM talk WHERE sender = ? AND touched > ?",
                (sender, self._clock() - self._keep),
            ).fetchone()
        try:
            events: list[dict[str, Any]] | None = json.loads(row[0]) if row else None
        except ValueError:
            logger.warning("a kept conversation could not be read and was deleted")
            self.delete(sender)
            return None
        return events

    def delete(self, sender: str) -> None:
        """Delete a conversation so that nothing of it stays in the file or its journal."""
        with self._guarded("delete"):
            gone = self._file.execute("DELETE FROM talk WHERE sender = ?", (sender,)).rowcount
            if gone:
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def wipe(self, sender: str, events: list[dict[str, Any]]) -> None:
        """Forget what was, then keep ``events``: the beginning after a restart."""
        self.delete(sender)
        self.write(sender, events)

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
