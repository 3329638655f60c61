"""Storing many messages in few statements: on a busy gateway the trips to the database are what costs."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select, update

from channels import consent, envelopes, people, posting, reports, scenes
from channels.base import Inbound, Kind, Reply
from channels.keys import Keys, Owner
from channels.taken import Taken
from storage.engine import once_each
from storage.tables import inbox as table

NEW, DONE = "new", "done"
LONGEST_BURST = 4  # times the wait between two messages


@dataclass(frozen=True, slots=True)
class Deposit:
    """A message to store with its masked ``words``; it becomes due in ``wait`` seconds after ``now``.

    ``answered``: the replies, where they are known already (a refusal). ``carrier`` names the request that brought it:
    the same one, stored again because nobody knows whether the first try counted, is one delivery.
    """

    message: Inbound
    words: str | None = field(repr=False)
    owner: Owner
    now: float
    wait: float = 0.0
    answered: Sequence[Reply] = ()
    carrier: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def done(self) -> bool:
        """Return True when nobody has to answer it any more."""
        return bool(self.answered) or self.message.kind in {Kind.LEAVE, Kind.REPORT}


def store(connection: Connection, keys: Keys, deposits: Sequence[Deposit]) -> list[Taken]:
    """Store messages, each of another person, and return what became of each, in their order.

    The same message again changes nothing but the count of its deliveries. A message with ``answered`` is done.
    """
    # By person, so that two gateways that store many at once do not wait for each other.
    turns = sorted(deposits, key=lambda one: one.owner.current)
    met = people.meet_all(connection, keys, [(one.message, one.owner, one.now) for one in turns])
    rows = {one.owner.current: _row(keys, one, met[one.owner.current].id) for one in turns}
    made = once_each(connection, table, list(rows.values()), "dedupe_key")
    taken: dict[str, Taken] = {}
    heard = []
    for one in turns:
        name, who = one.owner.current, met[one.owner.current]
        inbox_id = made.get(str(rows[name]["dedupe_key"]))
        if inbox_id is None:
            taken[name] = _again(connection, one, str(rows[name]["dedupe_key"]))
            continue
        taken[name] = Taken(inbox_id, who.id, True, 1, one.done, one.carrier)
        heard.append(people.Heard(one.message, one.owner, who, one.now, _due_at(connection, one, who)))
        if one.message.kind is Kind.REPORT:
            reports.note(connection, one.message, who.id, one.now)
        if one.message.kind is Kind.LEAVE:  # coming back is no yes
            consent.unsubscribe(connection, who.id, one.now, consent.LEFT)
        if one.message.scene:
            scenes.count(connection, one.message.channel, one.message.scene, one.now)
        replies = [(reply, False) for reply in one.answered]
        posting.add(connection, keys, who.id, replies, one.now, one.now, inbox_id=inbox_id)
    people.heard(connection, keys, heard)
    return [taken[one.owner.current] for one in deposits]


def rounds(deposits: Sequence[Deposit]) -> list[list[int]]:
    """Return the positions in ``deposits`` in rounds: in each round every person once, in the order they wrote."""
    seen: dict[str, int] = {}
    found: list[list[int]] = []
    for at, one in enumerate(deposits):
        turn = seen[one.owner.current] = seen.get(one.owner.current, -1) + 1
        if turn == len(found):
            found.append([])
        found[turn].append(at)
    return found


def digest(key: str) -> str:
    """Return what is kept of a dedupe key."""
    return hashlib.sha256(key.encode()).hexdigest()


def context(key: str) -> str:
    """Return what an inbound body is bound to; ``key`` is the digest."""
    return f"inbox|{key}"


def _row(keys: Keys, one: Deposit, person_id: int) -> dict[str, object]:
    message = one.message
    key = digest(message.dedupe_key or one.carrier)
    return {
        "person_id": person_id,
        "channel": message.channel,
        "account": message.account,
        "dedupe_key": key,
        "kind": message.kind,
        "body": envelopes.seal(keys, envelopes.inbound_body(message, one.words), context(key)),
        "state": DONE if one.done else NEW,
        "received_at": one.now,
        "done_at": one.now if one.done else None,
        "attempts": 0,
        "deliveries": 1,
        "carrier": one.carrier,
    }


def _again(connection: Connection, one: Deposit, key: str) -> Taken:
    message = one.message
    same = (
        (table.c.channel == message.channel)
        & (table.c.account == message.account)
        & (table.c.dedupe_key == key)
    )
    wanted = select(table.c.id, table.c.person_id, table.c.deliveries, table.c.state, table.c.carrier)
    row = connection.execute(wanted.where(same).with_for_update()).one()
    if row.carrier == one.carrier:  # stored by a try whose answer got lost: it is as fresh as any
        return Taken(row.id, row.person_id, True, row.deliveries, row.state != NEW, one.carrier)
    counted = update(table).where(table.c.id == row.id)
    connection.execute(counted.values(deliveries=row.deliveries + 1, carrier=one.carrier))
    return Taken(row.id, row.person_id, False, row.deliveries + 1, row.state != NEW, one.carrier)


def _due_at(connection: Connection, one: Deposit, who: people.Met) -> float | None:
    """Wait for the end of a burst, but not for ever: somebody who never stops typing is answered too."""
    if one.done:
        return None
    first = None
    if one.wait and who.due_at is not None:
        unanswered = (table.c.person_id == who.id) & (table.c.state == NEW) & (table.c.received_at < one.now)
        first = connection.execute(select(func.min(table.c.received_at)).where(unanswered)).scalar()
    return min(one.now + one.wait, (one.now if first is None else first) + LONGEST_BURST * one.wait)
