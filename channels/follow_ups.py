"""Who wishes to be asked after a day whether the police took the case on: kept only for those who asked for it.

Where a channel can push, ``channels/asking.py`` sends the question; else it comes with the next answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from channels.keys import Keys, Owner
from storage.engine import reading
from storage.tables import follow_up as table

AFTER_SECONDS = 24 * 3600.0
# Whoever has not come back by then is not asked any more, and nothing is kept.
FORGOTTEN_AFTER_SECONDS = 14 * 24 * 3600.0
# Asked at every message, so it is put together once: that costs as much as its execution.
_DUE = select(table.c.due_at).where(
    table.c.channel == bindparam("on"),
    table.c.pseudonym.in_(bindparam("names", expanding=True)),
    table.c.due_at <= bindparam("now"),
)


class FollowUps:
    """The table ``follow_up``. All methods block on the database: call them in a thread."""

    def __init__(self, engine: Engine, keys: Keys, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._keys = keys
        self._clock = clock

    def wish(self, channel: str, owner: Owner, address: str) -> None:
        """Note that the person wishes to be asked; a second wish counts from now. ``address`` is encrypted."""
        sealed = self._keys.seal(address, context(channel, owner.current))
        with self._engine.begin() as connection:
            forget(connection, channel, owner)
            row = {"channel": channel, "pseudonym": owner.current, "address": sealed}
            connection.execute(insert(table).values(**row, due_at=self._clock() + AFTER_SECONDS))

    def drop(self, channel: str, owner: Owner) -> None:
        """Forget the wish: it was taken back, or everything is to be forgotten."""
        with self._engine.begin() as connection:
            forget(connection, channel, owner)

    def is_due(self, channel: str, owner: Owner) -> bool:
        """Tell whether the person is to be asked now; ``forget`` the wish when the question is written."""
        mine = {"on": channel, "names": list(owner.names), "now": self._clock()}
        with reading(self._engine).connect() as connection:
            return connection.execute(_DUE, mine).first() is not None

    def sweep(self) -> int:
        """Delete wishes of people who did not come back; returns how many."""
        oldest = self._clock() - FORGOTTEN_AFTER_SECONDS
        with self._engine.begin() as connection:
            return connection.execute(delete(table).where(table.c.due_at < oldest)).rowcount


def forget(connection: Connection, channel: str, owner: Owner) -> None:
    """Forget the wish: it was taken back, the question was asked, or everything is to be forgotten."""
    connection.execute(delete(table).where(_mine(channel, owner)))


def due_at(connection: Connection, channel: str, owner: Owner) -> float | None:
    """Return when the person wishes to be asked, None when she does not."""
    return connection.execute(select(table.c.due_at).where(_mine(channel, owner))).scalar()


def rename(connection: Connection, keys: Keys, channel: str, owner: Owner) -> None:
    """Write the wish anew under the newest pseudonym and key; one that no key opens stays as it is."""
    row = connection.execute(select(table).where(_mine(channel, owner))).first()
    address = None if row is None else keys.unseal(row.address, context(channel, row.pseudonym))
    if address is None:
        return
    sealed = keys.seal(address, context(channel, owner.current))
    values = {"pseudonym": owner.current, "address": sealed}
    connection.execute(update(table).where(_mine(channel, owner)).values(**values))


def context(channel: str, pseudonym: str) -> str:
    """Return what a sealed address is bound to."""
    return f"follow_up|{channel}|{pseudonym}"


def _mine(channel: str, owner: Owner) -> ColumnElement[bool]:
    return (table.c.channel == channel) & table.c.pseudonym.in_(owner.names)
