"""Thousands of people who agreed to be warned by Telegram, and campaigns to them, put straight into the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Engine, insert, update

from campaigns.calendar.days import CHINA
from campaigns.document import Campaign, build
from campaigns.store import Store
from channels import people
from channels.base import Inbound
from channels.keys import Keys
from storage.campaign_tables import subscriber
from storage.tables import person
from tests.fakes.telegram.world import Account

SLICE = 500
WISH = {"topics": "", "frequency": "all", "role": "", "district": "", "language": "zh", "age": ""}
NEVER_QUIET = {"start": "00:00", "end": "00:00"}  # it has to run at any hour


def subscribed(engine: Engine, keys: Keys, chats: Sequence[int], scene: str, now: float) -> None:
    """Let ``chats`` be people who said yes; ``scene`` tells this crowd from others."""
    account = str(Account().number)
    for start in range(0, len(chats), SLICE):
        written = []
        for chat in chats[start : start + SLICE]:
            message = Inbound("telegram", str(chat), account=account)
            written.append((message, keys.owner("telegram", str(chat), account), now))
        with engine.begin() as connection:
            numbers = [one.id for one in people.meet_all(connection, keys, written).values()]
            connection.execute(update(person).where(person.c.id.in_(numbers)).values(scene=scene))
            rows = [{"person_id": number, "active": True, "wording": "1", **WISH} for number in numbers]
            connection.execute(insert(subscriber), [{**row, "since": now, "changed_at": now} for row in rows])


def scheduled(engine: Engine, name: str, scene: str, due: float, now: float) -> Campaign:
    """Have a campaign to a crowd approved, due at ``due`` (Unix seconds); returns it."""
    at = dt.datetime.fromtimestamp(due, CHINA).replace(tzinfo=None)
    wanted = build(
        {
            "id": name,
            "title": "压力测试",
            "kind": "flash",
            "audience": {"scenes": [scene]},
            "bulletins": ["brushing_rebate.app_task_withdraw"],
            "routes": ["telegram"],
            "variants": [{"key": "a", "texts": {"message": f"先别转账。{name}"}}],
            "waves": [{"at": at.isoformat()}],
            "quiet_hours": NEVER_QUIET,
            "cap": {"messages": 10, "days": 1},
            "stop": {"failed": 1.0, "opted_out": 1.0},
        }
    )
    store = Store(engine)
    store.save(wanted, "ann", now)
    store.previewed(name, "ann", now)
    store.submit(name, "ann", lambda _: [], now)
    store.approve(name, "bob", wanted.digest, lambda _: [], now)
    return wanted
