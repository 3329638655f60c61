"""Pushes the question that people wished to be asked after a day, where a channel can push; else it waits for them.

Exactly once: the wish is deleted in the transaction that puts the question into the outbox, and never while a worker
answers the same person (who could have put the question into that answer, ``channels/chat.py``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from datetime import time as clock_time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.sql.elements import ColumnElement

from channels import conversations, posting
from channels.base import Channel, Push, Reply
from channels.keys import Keys
from channels.people import Talk
from channels.script import in_script
from storage.engine import reading
from storage.tables import follow_up as table
from storage.tables import person, push_window

# People sleep: what comes due at night is asked in the morning.
ZONE = ZoneInfo("Asia/Shanghai")
QUIET_FROM, QUIET_UNTIL = clock_time(22), clock_time(8)
AT_ONCE = 100  # in one round; the next comes after seconds


class Wish(NamedTuple):
    """A wish that has come due, and the row of the person who had it."""

    channel: str
    pseudonym: str
    id: int


class Asking:
    """Takes due wishes of pushing channels to the outbox. Methods block on the database: call them in a thread."""

    def __init__(
        self, engine: Engine, keys: Keys, question: Reply, clock: Callable[[], float] = time.time
    ) -> None:
        """``question`` is what is asked, in simplified characters."""
        self._engine = engine
        self._keys = keys
        self._question = question
        self._clock = clock

    def push(self, channels: Iterable[Channel]) -> int:
        """Put the question for everybody whose day is over into the outbox; returns for how many."""
        now = self._clock()
        if is_quiet(now):
            return 0
        pushing = {
            one.name: one.capabilities.push for one in channels if one.capabilities.push is not Push.NEVER
        }
        candidates = (
            select(table.c.channel, table.c.pseudonym, person.c.id)
            .join(person, (person.c.channel == table.c.channel) & (person.c.pseudonym == table.c.pseudonym))
            .where(table.c.channel.in_(pushing), _due(now), _free(now))
            .where(person.c.channel.in_(_always(pushing)) | _open(now))
            .order_by(table.c.due_at)
            .limit(AT_ONCE)
        )
        with reading(self._engine).connect() as connection:
            found = connection.execute(candidates).all()
        return sum(self._ask(Wish(*row), pushing[row.channel], now) for row in found)

    def _ask(self, row: Wish, push: Push, now: float) -> bool:
        """Ask one person, unless things have changed since they were looked up."""
        allowed = (person.c.id == row.id) & _free(now)
        if push is Push.WINDOW:
            allowed &= _open(now)
        wish = (table.c.channel == row.channel) & (table.c.pseudonym == row.pseudonym) & _due(now)
        with self._engine.begin() as connection:
            if connection.execute(select(person.c.id).where(allowed).with_for_update()).first() is None:
                return False
            if connection.execute(delete(table).where(wish)).rowcount != 1:
                return False  # another process was quicker, or the person took the wish back
            self._write(connection, row, now)
        return True

    def _write(self, connection: Connection, row: Wish, now: float) -> None:
        payloads = [button.payload for button in self._question.buttons]
        script = conversations.show(connection, row.channel, row.pseudonym, payloads, now)
        replies = [(reply, False) for reply in in_script((self._question,), script)]
        posting.add(connection, self._keys, row.id, replies, now, now)


def is_quiet(now: float) -> bool:
    """Tell whether people in China are not to be woken at ``now`` (Unix seconds)."""
    local = datetime.fromtimestamp(now, ZONE).time()
    return local >= QUIET_FROM or local < QUIET_UNTIL


def _due(now: float) -> ColumnElement[bool]:
    return table.c.due_at <= now


def _free(now: float) -> ColumnElement[bool]:
    """Nobody answers the person now, nothing of theirs waits for an answer, no human talks with them."""
    talking = person.c.state.in_([Talk.WAITING, Talk.HUMAN, Talk.GONE])
    return person.c.reachable & ~talking & (person.c.lease_until <= now) & person.c.due_at.is_(None)


def _open(now: float) -> ColumnElement[bool]:
    mine = (push_window.c.person_id == person.c.id) & (push_window.c.until > now)
    return select(push_window.c.person_id).where(mine, push_window.c.messages_left > 0).exists()


def _always(pushing: Mapping[str, Push]) -> list[str]:
    return [name for name, push in pushing.items() if push is Push.ALWAYS]
