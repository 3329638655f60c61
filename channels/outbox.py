"""The table ``outbox``: every answer lies here before it leaves. The rules are in ``channels/transitions.py``.

All functions block on the database: call them in a thread. Texts are masked; whoever sends puts the person's own
originals back (``channels/privacy.py``).
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, select, update
from sqlalchemy.sql.elements import ColumnElement

from channels import consent, envelopes, pace, people, posting
from channels import outbox_statements as sql
from channels.base import Delivery, Outcome, Push, Reply
from channels.keys import Keys
from channels.outbox_statements import PASSIVE, PUSH
from channels.taken import Taken
from channels.transitions import LEASE_SECONDS, Next, State, recover, resend, settle
from storage.engine import reading
from storage.tables import outbox as table
from storage.tables import person

NEWS = "news"
TOO_LATE = "too late"  # the cause of what was not to be sent after its time


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way. ``token`` is the claim's; ``reply`` holds masked text."""

    id: int
    key: str
    author: str
    attempt: int
    token: str = field(repr=False)
    reply: Reply
    degraded: bool
    person: people.Person


@dataclass(frozen=True, slots=True)
class _Ride:
    """How letters leave on a request; ``on`` is the message that it brought."""

    via: str
    token: str
    on: int | None = None


class Outbox:
    """Stores answers and hands them out to whoever sends."""

    def __init__(self, engine: Engine, keys: Keys, jitter: Callable[[], float] = random.random) -> None:
        self._engine = engine
        self._keys = keys
        self._jitter = jitter

    def claim_passive(self, taken: Taken, most: int, now: float, hurry: bool = False) -> list[Letter] | None:
        """Return what may ride on the answer to a request, ``most`` at a time (0: all), now on its way.

        Nothing, when the platform has sent the message again since: the newest request is the one it listens to. First
        what rode on an earlier request with the same message, whichever message that answered: a platform that asks again
        did not get it. Then what answers the message, else the oldest of what waits for the person to write. ``hurry``:
        the channel pushes as well, so what is older goes first, and what is left over may be pushed at once. None: an
        older message is being pushed at this moment, and nothing may ride past it.
        """
        ride = _Ride(PASSIVE, taken.carrier, taken.inbox_id)
        mine = {"who": taken.person_id, "message": taken.inbox_id, "holder": taken.carrier, "now": now}
        with self._engine.begin() as connection:
            if connection.execute(sql.NEWEST, mine).scalar() != taken.carrier:
                return []
            letters = self._take(connection, sql.RODE, mine, most, ride) if taken.deliveries > 1 else []
            if not letters and hurry and connection.execute(sql.LEAVING, mine).first():
                return None
            for which in (sql.NEXT,) if hurry else (sql.ANSWER, sql.HELD):
                letters = letters or self._take(connection, which, mine, most, ride)
            if hurry:
                connection.execute(sql.HURRY, mine)
        return letters

    def claim_news(self, person_id: int, after: int, now: float) -> list[Letter]:
        """Return what a polling page has not got: what is queued, and again what it got past number ``after``."""
        mine = table.c.person_id == person_id
        again = (table.c.via == NEWS) & (table.c.id > after)
        with self._engine.begin() as connection:
            wanted = mine & (((table.c.state == State.QUEUED) & sql.IN_TIME) | again)
            ride = _Ride(NEWS, secrets.token_hex(16))
            return self._take(connection, sql.WANTED.where(wanted), {"now": now}, 0, ride)

    def claim_push(self, channels: Collection[str], most: int, now: float) -> list[Letter]:
        """Claim what is due on ``channels``, for each person only the oldest: order is kept."""
        token = secrets.token_hex(16)
        with self._engine.begin() as connection:
            due = {"now": now, "channels": list(channels), "most": most}
            found = connection.scalars(sql.DUE, due).all()
            if not found:
                return []
            lease: dict[str, object] = {"state": State.CLAIMED, "via": PUSH, "lease_token": token}
            lease["lease_until"] = now + LEASE_SECONDS
            connection.execute(update(table).where(table.c.id.in_(found)).values(**lease))
            rows = connection.execute(select(table).where(table.c.id.in_(found)).order_by(table.c.id))
            return self._letters(connection, rows.all(), token)

    def start(self, letter: Letter, push: Push, now: float, paces: pace.Paces = ()) -> bool:
        """Note that the request goes out now; False when it must not (lease lost, no push allowed now, too fast).

        From here on, a crash means that the platform may have taken it.
        """
        with self._engine.begin() as connection:
            held = (table.c.id == letter.id) & (table.c.lease_token == letter.token)
            held &= table.c.state == State.CLAIMED
            if connection.execute(select(table.c.id).where(held).with_for_update()).first() is None:
                return False
            if wait := pace.wait(connection, letter.person.id, paces, now):
                _go(connection, held, Next(State.QUEUED, now + wait, "pace"), now)
                return False
            if push is Push.WINDOW and not people.spend_window(connection, letter.person.id, now):
                _go(connection, held, Next(State.QUEUED, None, "no window"), now)
                return False
            going: dict[str, object] = {"state": State.SENDING, "attempts": table.c.attempts + 1}
            going["lease_until"] = now + LEASE_SECONDS
            connection.execute(update(table).where(held).values(**going))
        return True

    def settle(self, letter: Letter, delivery: Delivery, now: float) -> Next:
        """Note the platform's answer; returns what follows."""
        step = settle(delivery, letter.attempt + 1, now, self._jitter)
        with self._engine.begin() as connection:
            held = (table.c.id == letter.id) & (table.c.lease_token == letter.token)
            # An answer that comes after the lease was over still tells what became of an unknown message.
            _go(connection, held & table.c.state.in_([State.SENDING, State.UNKNOWN]), step, now)
            if delivery.outcome is Outcome.HOLD:
                people.close_windows(connection, letter.person.id)
            if delivery.gone:
                gone = update(person).where(person.c.id == letter.person.id).values(reachable=False)
                connection.execute(gone)
                consent.unsubscribe(connection, letter.person.id, now, consent.LEFT)
        return step

    def sent(self, letters: Sequence[Letter], now: float) -> None:
        """Note that an answer that carried ``letters`` was written to the line."""
        if not letters:
            return
        gone = {"ids": [letter.id for letter in letters], "holder": letters[0].token, "now": now}
        with self._engine.begin() as connection:
            connection.execute(sql.SENT, gone)

    def not_sent(self, taken: Taken, due_at: float | None) -> None:
        """Give back what was to ride on a request and surely was not written to the line."""
        mine = (table.c.rode_on == taken.inbox_id) & (table.c.lease_token == taken.carrier)
        mine &= (table.c.person_id == taken.person_id) & (table.c.via == PASSIVE)
        with self._engine.begin() as connection:
            step = Next(State.QUEUED, due_at, "not sent")
            unsent = table.c.state.in_([State.SENDING, State.UNKNOWN])
            _go(connection, mine & unsent, step, 0.0)

    def let_go(self, letter: Letter, due_at: float) -> None:
        """Give back what was claimed and surely not sent, to be sent at ``due_at``."""
        with self._engine.begin() as connection:
            held = (table.c.id == letter.id) & (table.c.lease_token == letter.token)
            held &= table.c.state.in_([State.CLAIMED, State.SENDING])
            _go(connection, held, Next(State.QUEUED, due_at, "paused"), due_at)

    def drop(self, letter: Letter, cause: str, now: float) -> Next:
        """Give up what was claimed and surely not sent."""
        step = Next(State.DEAD, cause=cause)
        held = (table.c.lease_token == letter.token) & (table.c.state == State.CLAIMED)
        with self._engine.begin() as connection:
            _go(connection, held & (table.c.id == letter.id), step, now)
        return step

    def recover(
        self, idempotent: Collection[str], now: float, channels: Collection[str] | None = None
    ) -> dict[str, int]:
        """Take up what dead workers left on ``channels`` (those whose rule is known); returns how many went where."""
        over = table.c.state.in_([State.CLAIMED, State.SENDING]) & (table.c.lease_until <= now)
        if channels is not None:
            over &= person.c.channel.in_(channels)
        counts: dict[str, int] = {}
        with self._engine.begin() as connection:
            rows = connection.execute(
                select(table.c.id, table.c.state, table.c.via, person.c.channel)
                .join(person, person.c.id == table.c.person_id)
                .where(over)
                .with_for_update(skip_locked=True, of=table)
            ).all()
            for row in rows:
                repeats = row.channel in idempotent and row.via == PUSH
                step = recover(State(row.state), repeats, now)
                _go(connection, table.c.id == row.id, step, now)
                counts[step.state] = counts.get(step.state, 0) + 1
        return counts

    def expire(self, now: float) -> int:
        """Give up what was not to be sent after a time that is over; returns how many."""
        over = (table.c.state == State.QUEUED) & (table.c.until <= now)
        with self._engine.begin() as connection:
            late = {"state": State.DEAD, "cause": TOO_LATE, "due_at": None, "done_at": now}
            return connection.execute(update(table).where(over).values(**late)).rowcount

    def order_again(self, letter_id: int, now: float) -> bool:
        """Send a dead or unknown message once more, because an operator said so; False when it is neither."""
        with self._engine.begin() as connection:
            state = connection.execute(
                select(table.c.state).where(table.c.id == letter_id).with_for_update()
            ).scalar()
            try:
                step = resend(State(state or "none"), now)
            except ValueError:
                return False
            _go(connection, table.c.id == letter_id, step, now)
            connection.execute(update(table).where(table.c.id == letter_id).values(attempts=0, via=""))
        return True

    def counts(self) -> dict[str, int]:
        """Return how many messages are in each state."""
        with reading(self._engine).connect() as connection:
            rows = connection.execute(select(table.c.state, func.count()).group_by(table.c.state)).all()
        return {state.value: 0 for state in State} | {str(state): int(count) for state, count in rows}

    def _take(
        self,
        connection: Connection,
        wanted: Select[Any],
        values: Mapping[str, object],
        most: int,
        ride: _Ride,
    ) -> list[Letter]:
        """Return what ``wanted`` finds with ``values`` (``now`` among them), ``most`` at a time, on its way."""
        rows = connection.execute(wanted.limit(most) if most else wanted, dict(values)).all()
        if not rows:
            return []
        until = float(str(values["now"])) + LEASE_SECONDS
        lease = {"ride": ride.via, "holder": ride.token, "over": until, "on": ride.on}
        connection.execute(sql.RIDE, {"ids": [row.id for row in rows], **lease})
        return self._letters(connection, rows, ride.token)

    def _letters(
        self, connection: Connection, rows: Sequence[Row[tuple[object, ...]]], token: str
    ) -> list[Letter]:
        known: dict[int, people.Person | None] = {}
        letters = []
        for row in rows:
            if row.person_id not in known:
                known[row.person_id] = people.read(connection, self._keys, row.person_id)
            who = known[row.person_id]
            if who is not None:
                letters.append(self._letter(row, who, token))
        return letters

    def _letter(self, row: Row[tuple[object, ...]], who: people.Person, token: str) -> Letter:
        reply, degraded = envelopes.reply_of(envelopes.unseal(self._keys, row.body, posting.context(row.key)))
        return Letter(row.id, row.key, row.author, row.attempts, token, reply, degraded, who)


def _go(connection: Connection, which: ColumnElement[bool], step: Next, now: float) -> None:
    final = step.state in {State.SENT, State.DEAD, State.UNKNOWN}
    values: dict[str, object] = {"state": step.state, "due_at": step.due_at, "cause": step.cause}
    if final:
        values["done_at"] = now
    connection.execute(update(table).where(which).values(**values))
