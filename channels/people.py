"""The table ``person``: who writes, how to reach them, who talks to them, which pushes they opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from channels.base import Inbound, Kind
from channels.envelopes import Unreadable
from channels.keys import Keys, Owner
from channels.scenes import lasting
from storage.engine import once_each, upsert
from storage.tables import person as table
from storage.tables import push_window

# Statements that every message needs are put together once: that costs as much as their execution.
_MET = select(table.c.id, table.c.pseudonym, table.c.state, table.c.due_at).where(
    table.c.channel == bindparam("on"),
    table.c.account == bindparam("of"),
    table.c.pseudonym.in_(bindparam("names", expanding=True)),
)
_WROTE = (
    update(table)
    .where(table.c.id == bindparam("who"))
    .values(due_at=bindparam("due"), last_seen=bindparam("seen"), reachable=bindparam("reached"))
)
_ROW = select(table).where(table.c.id == bindparam("who"))
ROUTE = "\x00"  # parts the platform's id from the route in an address; neither can hold it


class Talk(StrEnum):
    """Who talks with a person."""

    BOT = "bot"
    WAITING = "waiting"  # asked for a human; the bot goes on answering meanwhile
    HUMAN = "human"  # an operator writes; the bot is silent
    CLOSED = "closed"  # the operator ended it; the next message goes to the bot
    GONE = "gone"  # all data deleted; only the receipt is still on its way


def shown(state: str | None) -> str:
    """Return what a page is told of a state: bot, waiting or human."""
    return str(state) if state in {Talk.WAITING, Talk.HUMAN} else str(Talk.BOT)


@dataclass(frozen=True, slots=True)
class Person:
    """A row: ``owner`` under every key, ``sender`` the platform's id, in no ``repr``."""

    id: int
    channel: str
    account: str
    owner: Owner
    sender: str = field(repr=False)
    talk: Talk
    talk_since: float
    operator: str
    reachable: bool
    last_seen: float
    route: str = field(default="", repr=False)  # ``Inbound.route`` of the newest message that had one


@dataclass(frozen=True, slots=True)
class Met:
    """A person who wrote: the row's number, and how it stood before this message."""

    id: int
    pseudonym: str
    talk: Talk
    due_at: float | None


@dataclass(frozen=True, slots=True)
class Heard:
    """That ``who`` wrote ``message``; ``due_at`` is when it shall be looked at, None when it needs no answer."""

    message: Inbound
    owner: Owner
    who: Met
    now: float
    due_at: float | None


def meet(connection: Connection, keys: Keys, message: Inbound, owner: Owner, now: float) -> Met:
    """Return whoever wrote ``message``, made when new; nothing else changes before ``heard``."""
    return meet_all(connection, keys, [(message, owner, now)])[owner.current]


def meet_all(
    connection: Connection, keys: Keys, written: Sequence[tuple[Inbound, Owner, float]]
) -> dict[str, Met]:
    """Return whoever wrote, by the owners' newest names; who is new is made."""
    met: dict[str, Met] = {}
    accounts = {(message.channel, message.account) for message, _, _ in written}
    for channel, account in sorted(accounts):
        mine = [one for one in written if (one[0].channel, one[0].account) == (channel, account)]
        met |= _known(connection, channel, account, mine)
        new = [one for one in mine if one[1].current not in met]
        made = once_each(connection, table, [_new(keys, *one) for one in new], "pseudonym")
        met |= {name: Met(number, name, Talk.BOT, None) for name, number in made.items()}
        quicker = [one for one in new if one[1].current not in met]  # another process was
        met |= _known(connection, channel, account, quicker)
    return met


def heard(connection: Connection, keys: Keys, all_heard: Sequence[Heard]) -> None:
    """Note that people wrote: the time, the scene, the push window, and that they are due."""
    plain = []
    for one in all_heard:
        changes = _changes(keys, one)
        if one.due_at is not None and changes.keys() == {"last_seen", "reachable"}:
            reached = changes["reachable"]
            plain.append({"who": one.who.id, "due": one.due_at, "seen": one.now, "reached": reached})
        else:
            due = {} if one.due_at is None else {"due_at": one.due_at}
            connection.execute(update(table).where(table.c.id == one.who.id).values(**changes, **due))
    if plain:
        connection.execute(_WROTE, plain)
    opened = [
        {
            "person_id": one.who.id,
            "name": window.name,
            "messages_left": window.messages,
            "until": one.now + window.seconds,
        }
        for one in all_heard
        if (window := one.message.window) is not None
    ]
    upsert(connection, push_window, opened, ("person_id", "name"))


def read(connection: Connection, keys: Keys, person_id: int) -> Person | None:
    """Return the person, None when there is no such row. Raises ``Unreadable`` when the key was dropped."""
    row = connection.execute(_ROW, {"who": person_id}).first()
    return None if row is None else person_of(row, keys)


def find(connection: Connection, keys: Keys, channel: str, account: str, owner: Owner) -> Person | None:
    """Return the person known by one of the owner's names, None when unknown."""
    mine = (table.c.channel == channel) & (table.c.account == account) & table.c.pseudonym.in_(owner.names)
    row = connection.execute(select(table).where(mine)).first()
    return None if row is None else person_of(row, keys)


def rename(connection: Connection, keys: Keys, who: Person) -> None:
    """Write the person's pseudonym and address anew under the newest key."""
    sealed = keys.seal(_address(who.sender, who.route), _context(who.channel, who.account, who.owner.current))
    values = {"pseudonym": who.owner.current, "address": sealed}
    connection.execute(update(table).where(table.c.id == who.id).values(**values))


def set_talk(connection: Connection, person_id: int, talk: Talk, now: float, operator: str = "") -> None:
    """Note who talks to the person from now on."""
    values = {"state": talk, "state_at": now, "operator": operator}
    connection.execute(update(table).where(table.c.id == person_id).values(**values))


def spend_window(connection: Connection, person_id: int, now: float) -> bool:
    """Count one push against the window that ends first; False when no window is open."""
    open_ = (push_window.c.person_id == person_id) & (push_window.c.until > now)
    name = connection.execute(
        select(push_window.c.name)
        .where(open_, push_window.c.messages_left > 0)
        .order_by(push_window.c.until)
        .limit(1)
        .with_for_update()
    ).scalar()
    if name is None:
        return False
    spent = connection.execute(
        update(push_window)
        .where(open_, push_window.c.name == name, push_window.c.messages_left > 0)
        .values(messages_left=push_window.c.messages_left - 1)
    )
    return spent.rowcount == 1


def close_windows(connection: Connection, person_id: int) -> None:
    """Drop the person's push windows: the platform says there is none."""
    connection.execute(delete(push_window).where(push_window.c.person_id == person_id))


def person_of(row: Row[tuple[object, ...]], keys: Keys) -> Person:
    """Return the person of a whole row. Raises ``Unreadable``."""
    address = keys.unseal(row.address, _context(row.channel, row.account, row.pseudonym))
    if address is None:
        raise Unreadable
    sender, _, route = address.partition(ROUTE)
    return Person(
        id=row.id,
        channel=row.channel,
        account=row.account,
        owner=keys.owner(row.channel, sender, row.account),
        sender=sender,
        talk=Talk(row.state),
        talk_since=row.state_at,
        operator=row.operator,
        reachable=row.reachable,
        last_seen=row.last_seen,
        route=route,
    )


def _known(
    connection: Connection, channel: str, account: str, written: Sequence[tuple[Inbound, Owner, float]]
) -> dict[str, Met]:
    owners = {name: owner.current for _, owner, _ in written for name in owner.names}
    if not owners:
        return {}
    rows = connection.execute(_MET, {"on": channel, "of": account, "names": list(owners)})
    return {
        owners[row.pseudonym]: Met(int(row.id), row.pseudonym, Talk(row.state), row.due_at) for row in rows
    }


def _changes(keys: Keys, one: Heard) -> dict[str, object]:
    message, owner, who = one.message, one.owner, one.who
    changes: dict[str, object] = {"last_seen": one.now, "reachable": message.kind is not Kind.LEAVE}
    if scene := lasting(message.scene):
        changes["scene"] = scene
    if who.talk in {Talk.CLOSED, Talk.GONE}:
        changes |= {"state": Talk.BOT, "state_at": one.now, "operator": ""}
    if (
        who.pseudonym != owner.current or message.route
    ):  # the keys were rotated since; answers go elsewhere now
        changes |= {"pseudonym": owner.current, "address": _sealed(keys, message, owner)}
    return changes


def _new(keys: Keys, message: Inbound, owner: Owner, now: float) -> dict[str, object]:
    return {
        "channel": message.channel,
        "account": message.account,
        "pseudonym": owner.current,
        "address": _sealed(keys, message, owner),
        "scene": lasting(message.scene),
        "state": Talk.BOT,
        "state_at": now,
        "operator": "",
        "reachable": True,
        "last_seen": now,
        "due_at": None,
        "lease_token": "",
        "lease_until": 0.0,
    }


def _sealed(keys: Keys, message: Inbound, owner: Owner) -> bytes:
    address = _address(message.sender, message.route)
    return keys.seal(address, _context(message.channel, message.account, owner.current))


def _address(sender: str, route: str) -> str:
    """Return what the column ``address`` holds, encrypted."""
    return f"{sender}{ROUTE}{route}" if route else sender


def _context(channel: str, account: str, pseudonym: str) -> str:
    return f"person|{channel}|{account}|{pseudonym}"
