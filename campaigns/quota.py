"""What a WeChat account may still send to many at once, and to whom of them.

The rules (platform rules, 1.7): a subscription account (公众号) sends one mass message a day; a service account (服务号)
sends four a calendar month to each follower, the fifth does not reach her; the interface takes at most 100 a day.
Days and months are China's. The figures here are ours: messages that somebody sends by hand on WeChat's page are not
seen until WeChat refuses, which is why ``exhausted`` can be called with what WeChat said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select

from campaigns.calendar.days import CHINA
from storage.campaign_tables import mass_spent as table
from storage.engine import add_up

Kind = Literal["service", "subscription", "unverified"]
PER_DAY = {"service": 100, "subscription": 1, "unverified": 0}
PER_PERSON_AND_MONTH = 4  # service accounts only
WHOLE_ACCOUNT = 0  # in place of a person


@dataclass(frozen=True, slots=True)
class Room:
    """What is left. ``full``: the people who have had their four this month, among those asked for."""

    today: int
    full: frozenset[int]


def room(connection: Connection, account: str, kind: Kind, people: Collection[int], now: float) -> Room:
    """Return what ``account`` may still send on the day of ``now``, and whom of ``people`` it can't reach any more."""
    used = connection.execute(
        select(table.c.count).where(
            table.c.account == account, table.c.person_id == WHOLE_ACCOUNT, table.c.period == day(now)
        )
    ).scalar()
    left = max(0, PER_DAY[kind] - (used or 0))
    return Room(left, full(connection, account, people, now) if kind == "service" else frozenset())


def full(connection: Connection, account: str, people: Collection[int], now: float) -> frozenset[int]:
    """Return whom of ``people`` this month's four have reached already."""
    found: set[int] = set()
    for some in _slices(people):
        rows = select(table.c.person_id).where(
            table.c.account == account,
            table.c.period == month(now),
            table.c.count >= PER_PERSON_AND_MONTH,
            table.c.person_id.in_(some),
        )
        found.update(connection.scalars(rows))
    return frozenset(found)


def spend(connection: Connection, account: str, kind: Kind, people: Iterable[int], now: float) -> None:
    """Count one mass message: for the account's day and, on a service account, for each of ``people``'s month.

    Called in the transaction that notes that the request goes out: what WeChat may have taken is counted as taken.
    """
    periods = [(WHOLE_ACCOUNT, day(now))]
    if kind == "service":
        periods += [(person, month(now)) for person in people]
    rows = [{"account": account, "person_id": who, "period": period, "count": 1} for who, period in periods]
    add_up(connection, table, rows, "count")


def exhausted(connection: Connection, account: str, kind: Kind, now: float) -> None:
    """Note that WeChat says that today's are used up, whatever we counted."""
    left = room(connection, account, kind, (), now).today
    if left:
        row = {"account": account, "person_id": WHOLE_ACCOUNT, "period": day(now), "count": left}
        add_up(connection, table, [row], "count")


def day(now: float) -> str:
    """Return the day of ``now`` (Unix seconds) in China, YYYY-MM-DD."""
    return f"{dt.datetime.fromtimestamp(now, CHINA):%Y-%m-%d}"


def month(now: float) -> str:
    """Return the month of ``now`` (Unix seconds) in China, YYYY-MM."""
    return f"{dt.datetime.fromtimestamp(now, CHINA):%Y-%m}"


def _slices(people: Collection[int], size: int = 500) -> Iterable[list[int]]:
    ordered = sorted(people)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
