"""The table ``person``: who writes, how to reach them, who talks to them, which pushes they opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, Row, delete, select, update

from channels.base import Inbound, Kind, Window
from channels.envelopes import Unreadable
from channels.keys import Keys, Owner
from storage.engine import once, upsert
from storage.tables import person as table
from storage.tables import push_window

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
    """A person who wrote: the row's number, and how it stood before this message. ``waits``: so did a message."""

    id: int
    pseudonym: str
    talk: Talk
    waits: bool


def meet(connection: Connection, keys: Keys, message: Inbound, owner: Owner, now: float) -> Met:
    """Return whoever wrote ``message``, made when new; nothing else changes before ``heard``."""
    mine = (
        (table.c.channel == message.channel)
        & (table.c.account == message.account)
        & table.c.pseudonym.in_(owner.names)
    )
    known = select(table.c.id, table.c.pseudonym, table.c.state, table.c.due_at).where(mine)
    row = connection.execute(known).first()
    if row is None:
        made = _add(connection, keys, message, owner, now)
        if made is not None:
            return Met(made, owner.current, Talk.BOT, False)
        row = connection.execute(known).one()  # another process was quicker
    return Met(int(row.id), row.pseudonym, Talk(row.state), row.due_at is not None)


def heard(
    connection: Connection, keys: Keys, message: Inbound, met: Met, now: float, changes: dict[str, object]
) -> None:
    """Note that the person wrote: the time, the scene, the push window, and ``changes``."""
    owner = keys.owner(message.channel, message.sender, message.account)
    changes |= {"last_seen": now, "reachable": message.kind is not Kind.LEAVE}
    if message.scene:
        changes["scene"] = message.scene
    if met.talk in {Talk.CLOSED, Talk.GONE}:
        changes |= {"state": Talk.BOT, "state_at": now, "operator": ""}
    if (
        met.pseudonym != owner.current or message.route
    ):  # the keys were rotated since, or answers go elsewhere
        changes |= {"pseudonym": owner.current, "address": _sealed(keys, message, owner)}
    connection.execute(update(table).where(table.c.id == met.id).values(**changes))
    if message.window is not None:
        _open_window(connection, met.id, message.window, now)


def read(connection: Connection, keys: Keys, person_id: int) -> Person | None:
    """Return the person, None when there is no such row. Raises ``Unreadable`` when the key was dropped."""
    row = connection.execute(select(table).where(table.c.id == person_id)).first()
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


def _add(connection: Connection, keys: Keys, message: Inbound, owner: Owner, now: float) -> int | None:
    values = {
        "channel": message.channel,
        "account": message.account,
        "pseudonym": owner.current,
        "address": _sealed(keys, message, owner),
        "scene": message.scene,
        "state": Talk.BOT,
        "state_at": now,
        "operator": "",
        "reachable": True,
        "last_seen": now,
        "due_at": None,
        "lease_token": "",
        "lease_until": 0.0,
    }
    return once(connection, table, values)


def _open_window(connection: Connection, person_id: int, window: Window, now: float) -> None:
    values = {"messages_left": window.messages, "until": now + window.seconds}
    upsert(connection, push_window, {"person_id": person_id, "name": window.name}, values)


def _sealed(keys: Keys, message: Inbound, owner: Owner) -> bytes:
    address = _address(message.sender, message.route)
    return keys.seal(address, _context(message.channel, message.account, owner.current))


def _address(sender: str, route: str) -> str:
    """Return what the column ``address`` holds, encrypted."""
    return f"{sender}{ROUTE}{route}" if route else sender


def _context(channel: str, account: str, pseudonym: str) -> str:
    return f"person|{channel}|{account}|{pseudonym}"
