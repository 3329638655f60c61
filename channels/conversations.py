"""Which talk with the dialogue engine a person is in: a random sender id, and the buttons shown last."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Row, bindparam, delete, insert, select, update

from channels.keys import Owner
from storage.tables import conversation as table

IDLE_SECONDS = 24 * 3600  # after a day of silence a conversation starts afresh under a new sender id
FORGOTTEN_AFTER_SECONDS = 30 * 24 * 3600  # rows nobody comes back to are deleted
# Statements that every message needs are put together once: that costs as much as their execution.
_MINE = (table.c.channel == bindparam("on")) & table.c.pseudonym.in_(bindparam("names", expanding=True))
_KNOWN = select(table).where(_MINE).order_by(table.c.last_seen.desc())
_MAKE = insert(table)
_SHOWN = (
    update(table)
    .where(table.c.sender_id == bindparam("talk"))
    .values(last_seen=bindparam("now"), buttons=bindparam("payloads"), script=bindparam("hers"))
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One stretch of talk. ``sender_id`` is random; ``buttons`` are payloads in the order shown; ``script`` is hers."""

    sender_id: str
    epoch: int
    buttons: tuple[str, ...] = ()
    script: str = "hans"


class Conversations:
    """The table ``conversation``. All methods block on the database: call them in a thread."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def open(self, channel: str, owner: Owner) -> Conversation:
        """Return the person's conversation, a fresh one when there is none or the last is a day old."""
        now = self._clock()
        mine = {"on": channel, "names": list(owner.names)}
        with self._engine.begin() as connection:
            rows = connection.execute(_KNOWN, mine).all()
            last = rows[0] if rows else None
            if last and now - last.last_seen < IDLE_SECONDS and last.pseudonym == owner.current:
                return _read(last)
            kept = last is not None and now - last.last_seen < IDLE_SECONDS
            result = _read(last) if last and kept else _fresh(last.epoch + 1 if last else 1)
            if rows:
                connection.execute(delete(table).where(_MINE), mine)
            connection.execute(
                _MAKE,
                {
                    "channel": channel,
                    "pseudonym": owner.current,
                    "sender_id": result.sender_id,
                    "epoch": result.epoch,
                    "last_seen": now,
                    "buttons": json.dumps(result.buttons),
                    "script": result.script,
                },
            )
        return result

    def close_turn(self, connection: Connection, conversation: Conversation, buttons: Sequence[str]) -> None:
        """Note the time and the payloads just shown; a conversation forgotten meanwhile stays forgotten."""
        shown = {"now": self._clock(), "payloads": json.dumps(list(buttons)), "hers": conversation.script}
        connection.execute(_SHOWN, {"talk": conversation.sender_id, **shown})

    def sweep(self) -> int:
        """Delete rows of people who did not come back for a month; returns how many."""
        oldest = self._clock() - FORGOTTEN_AFTER_SECONDS
        with self._engine.begin() as connection:
            return connection.execute(delete(table).where(table.c.last_seen < oldest)).rowcount


def forget(connection: Connection, channel: str, owner: Owner) -> str | None:
    """Delete the person's row; returns its sender id so that the dialogue engine can forget too."""
    mine = (table.c.channel == channel) & table.c.pseudonym.in_(owner.names)
    sender_id = connection.execute(select(table.c.sender_id).where(mine)).scalar()
    connection.execute(delete(table).where(mine))
    return sender_id


def last_turn(connection: Connection, channel: str, owner: Owner) -> tuple[str, tuple[str, ...]]:
    """Return the script of the person's conversation, simplified if unknown, and the payloads shown last."""
    mine = (table.c.channel == channel) & table.c.pseudonym.in_(owner.names)
    wanted = select(table.c.script, table.c.buttons).where(mine).order_by(table.c.last_seen.desc())
    row = connection.execute(wanted).first()
    return ("hans", ()) if row is None else (row.script, tuple(json.loads(row.buttons)))


def show(connection: Connection, channel: str, pseudonym: str, buttons: Sequence[str], now: float) -> str:
    """Note payloads pushed to a person, so that "1" presses them; returns the script, simplified if unknown."""
    mine = (table.c.channel == channel) & (table.c.pseudonym == pseudonym)
    noted = update(table).where(mine).values(last_seen=now, buttons=json.dumps(list(buttons)))
    return connection.execute(noted.returning(table.c.script)).scalar() or "hans"


def _fresh(epoch: int) -> Conversation:
    return Conversation(secrets.token_hex(16), epoch)


def _read(row: Row[tuple[object, ...]]) -> Conversation:
    return Conversation(row.sender_id, row.epoch, tuple(json.loads(row.buttons)), row.script)
