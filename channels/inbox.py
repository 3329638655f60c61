"""The table ``inbox``: each message stored once before it is acknowledged, answered in order, person by person.

A worker claims a *person*, not a message: a lease on the row of ``person`` makes one worker at a time, in all
processes, the one who answers. Whatever a worker writes is fenced by its lease: when the lease went to somebody else,
nothing is written. All functions block on the database: call them in a thread.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import BindParameter, Connection, Engine, Row, bindparam, case, func, null, select, update

from channels import envelopes, people
from channels.base import Inbound, Kind, Reply
from channels.deposits import DONE, NEW, Deposit, context, rounds, store
from channels.keys import Keys, Owner
from channels.taken import Taken
from storage.engine import reading
from storage.tables import inbox as table
from storage.tables import outbox as letters
from storage.tables import person

LEASE_SECONDS = 15.0  # a turn takes at most the dialogue's time limit; workers prolong what takes longer
MOST_ATTEMPTS = 5  # a message that so many workers died over is answered with an apology
MOST_MERGED = 10  # texts answered as one
FAILED = "failed"

# Statements that every message needs are put together once: that costs as much as their execution.
_WHO: BindParameter[int] = bindparam("who")
_TOKEN: BindParameter[str] = bindparam("holder")
_NOW: BindParameter[float] = bindparam("now")
_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_MINE = (person.c.id == _WHO) & (person.c.lease_token == _TOKEN)
_DUE = (person.c.due_at <= _NOW) & (person.c.lease_until <= _NOW)
_ON = person.c.channel.in_(bindparam("channels", expanding=True))
_LEASE = update(person).values(lease_token=_TOKEN, lease_until=bindparam("until"))
_CLAIM = _LEASE.where(person.c.id == _WHO, _DUE).returning(person.c.id)
_CLAIM_ON = _CLAIM.where(_ON)
_WAIT = (
    select(person.c.id)
    .where(_DUE)
    .order_by(person.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_WAIT_ON = _WAIT.where(_ON)
_LEASE_ALL = _LEASE.where(person.c.id.in_(_IDS))
_HELD = select(person).where(_MINE).with_for_update()
_NEXT = (
    select(table)
    .where(table.c.person_id == _WHO, table.c.state == NEW)
    .order_by(table.c.id)
    .limit(MOST_MERGED)
)
_TRIED = update(table).where(table.c.id.in_(_IDS)).values(attempts=table.c.attempts + 1)
_FINISHED = update(table).where(table.c.id.in_(_IDS), table.c.state == NEW).values(state=DONE, done_at=_NOW)
_LEFT = select(table.c.id).where(table.c.person_id == _WHO, table.c.state == NEW).exists()
_LATER = case((person.c.due_at > _NOW, person.c.due_at), else_=_NOW)
_RELEASE = (
    update(person)
    .where(_MINE)
    .values(lease_token="", lease_until=0.0, due_at=case((_LEFT, _LATER), else_=null()))
    .returning(person.c.due_at)
)


class LeaseLost(Exception):
    """Somebody else answers this person now; nothing was written."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer one person until the lease is over."""

    person_id: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for its answer; ``message`` holds masked text."""

    inbox_id: int
    received_at: float
    attempts: int
    message: Inbound


class Inbox:
    """Stores messages and hands them out."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._engine = engine
        self._keys = keys

    def take(
        self,
        message: Inbound,
        words: str | None,
        owner: Owner,
        now: float,
        wait: float = 0.0,
        answered: Sequence[Reply] = (),
    ) -> Taken:
        """Store one message, brought by a request of its own, as ``take_all`` does."""
        return self.take_all([Deposit(message, words, owner, now, wait, answered)])[0]

    def take_all(self, deposits: Sequence[Deposit]) -> list[Taken]:
        """Store messages in one transaction, and return what became of each, in their order.

        The same message again changes nothing but the count of its deliveries. A message with ``answered`` is done.
        """
        taken: dict[int, Taken] = {}
        with self._engine.begin() as connection:
            for turn in rounds(deposits):
                stored = store(connection, self._keys, [deposits[at] for at in turn])
                taken |= dict(zip(turn, stored, strict=True))
        return [taken[at] for at in range(len(deposits))]

    def claim(
        self, now: float, most: int, person_id: int | None = None, channels: Collection[str] | None = None
    ) -> list[Claim]:
        """Return the right to answer up to ``most`` people who are due, or ``person_id`` only.

        ``channels``: only theirs; people of a channel that is switched off wait until it is there again.
        """
        token = secrets.token_hex(16)
        lease = {"holder": token, "until": now + LEASE_SECONDS}
        which: dict[str, object] = (
            {"now": now} if channels is None else {"now": now, "channels": list(channels)}
        )
        with self._engine.begin() as connection:
            if person_id is not None:
                one = _CLAIM if channels is None else _CLAIM_ON
                ids = connection.scalars(one, {**which, **lease, "who": person_id}).all()
            else:
                ids = connection.scalars(
                    _WAIT if channels is None else _WAIT_ON, {**which, "most": most}
                ).all()
                if ids:
                    connection.execute(_LEASE_ALL, {**lease, "ids": ids})
        return [Claim(int(one), token) for one in ids]

    def prolong(self, claim: Claim, now: float) -> bool:
        """Extend the lease; False when it was lost."""
        with self._engine.begin() as connection:
            held = update(person).where(_MINE).values(lease_until=now + LEASE_SECONDS)
            return connection.execute(held, _of(claim)).rowcount == 1

    def waiting(self, claim: Claim, merge: Collection[str]) -> tuple[people.Person, tuple[Waiting, ...]]:
        """Return the person and their next message; on channels in ``merge`` with the texts that follow it at once.

        Each is counted as tried once more. Raises ``LeaseLost``.
        """
        with self._engine.begin() as connection:
            who = people.person_of(fence(connection, claim), self._keys)
            rows = connection.execute(_NEXT, {"who": claim.person_id}).all()
            taken = burst([row.kind for row in rows]) if who.channel in merge else 1
            ids = [row.id for row in rows[:taken]]
            connection.execute(_TRIED, {"ids": ids})
            return who, tuple(self._waiting(row, who) for row in rows[:taken])

    def stored_since(self, since: float) -> list[tuple[str, str, str]]:
        """Return channel, account and digest of what came since then and whose answer rode on no request so far."""
        rode = select(letters.c.id).where(
            letters.c.rode_on == table.c.id, letters.c.person_id == table.c.person_id
        )
        came = table.c.state.in_([NEW, DONE]) & (table.c.received_at > since)
        names = select(table.c.channel, table.c.account, table.c.dedupe_key).where(came, ~rode.exists())
        with reading(self._engine).connect() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(names)]

    def answered(self, inbox_id: int) -> bool:
        """Return True when the message is no longer new (or no longer there)."""
        with reading(self._engine).connect() as connection:
            state = connection.execute(select(table.c.state).where(table.c.id == inbox_id)).scalar()
        return state != NEW

    def answered_of(self, ids: Collection[int]) -> set[int]:
        """Return which of the messages are no longer new."""
        with reading(self._engine).connect() as connection:
            new = select(table.c.id).where(table.c.id.in_(ids), table.c.state == NEW)
            return set(ids) - set(connection.scalars(new))

    def talk(self, person_id: int) -> str:
        """Return who talks with the person now."""
        with reading(self._engine).connect() as connection:
            state = connection.execute(select(person.c.state).where(person.c.id == person_id)).scalar()
        return people.shown(state)

    def talk_of(self, channel: str, account: str, owner: Owner) -> str:
        """Return who talks with the person now; the bot, to somebody who is not known yet."""
        mine = (person.c.channel == channel) & (person.c.account == account)
        with reading(self._engine).connect() as connection:
            known = select(person.c.state).where(mine & person.c.pseudonym.in_(owner.names))
            return people.shown(connection.execute(known).scalar())

    def oldest(self, channels: Collection[str]) -> float | None:
        """Return when the oldest unanswered message on ``channels`` came, None when all are answered."""
        waits = (table.c.state == NEW) & person.c.channel.in_(channels)
        with reading(self._engine).connect() as connection:
            joined = table.join(person, person.c.id == table.c.person_id)
            return connection.execute(
                select(func.min(table.c.received_at)).select_from(joined).where(waits)
            ).scalar()

    def counts(self) -> dict[str, int]:
        """Return how many messages wait for their answer, and how many were given up."""
        unanswered = table.c.state.in_([NEW, FAILED])
        with reading(self._engine).connect() as connection:
            rows = connection.execute(
                select(table.c.state, func.count()).where(unanswered).group_by(table.c.state)
            ).all()
        return {NEW: 0, FAILED: 0} | {str(state): int(count) for state, count in rows}

    def _waiting(self, row: Row[tuple[object, ...]], who: people.Person) -> Waiting:
        body = envelopes.unseal(self._keys, row.body, context(row.dedupe_key))
        message = envelopes.inbound_of(who.channel, who.account, who.sender, row.kind, body)
        return Waiting(row.id, row.received_at, row.attempts, message)


def burst(kinds: Sequence[str]) -> int:
    """Return how many of the messages, oldest first, are answered as one: a run of texts, else the first alone."""
    texts = next((at for at, kind in enumerate(kinds) if kind != Kind.TEXT), len(kinds))
    return max(1, texts)


def fence(connection: Connection, claim: Claim) -> Row[tuple[object, ...]]:
    """Return the person's row; raise ``LeaseLost`` unless ``claim`` holds, until this transaction ends."""
    row = connection.execute(_HELD, _of(claim)).first()
    if row is None:
        raise LeaseLost
    return row


def finish(connection: Connection, ids: Sequence[int], now: float) -> int:
    """Mark the messages answered, in the transaction that writes the answers; returns how many were not yet."""
    return connection.execute(_FINISHED, {"ids": list(ids), "now": now}).rowcount


def give_up(connection: Connection, claim: Claim, now: float) -> None:
    """Mark all that waits for the person as failed."""
    mine = (table.c.person_id == claim.person_id) & (table.c.state == NEW)
    connection.execute(update(table).where(mine).values(state=FAILED, done_at=now))


def release(connection: Connection, claim: Claim, now: float) -> float | None:
    """Give the person back; returns when the person is due again, None when nothing waits."""
    later: float | None = connection.execute(_RELEASE, {**_of(claim), "now": now}).scalar()
    return later


def _of(claim: Claim) -> dict[str, object]:
    return {"who": claim.person_id, "holder": claim.token}


def merged(batch: Sequence[Waiting]) -> Inbound:
    """Return the messages as one: the last one, with the texts of all, a line each."""
    last = batch[-1].message
    if len(batch) == 1:
        return last
    return replace(last, text="\n".join(waiting.message.text or "" for waiting in batch))
