"""People in a database, and a small campaign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from campaigns.document import Campaign, build
from storage.campaign_tables import subscriber
from storage.tables import person

SMALL: dict[str, Any] = {
    "id": "try",
    "title": "试一试",
    "kind": "flash",
    "audience": {"everyone": True},
    "bulletins": ["brushing_rebate_classic"],
    "routes": ["telegram", "wechat_mass"],
    "variants": [{"key": "a", "texts": {"message": "先别转账。"}}],
    "waves": [{"at": "2026-12-01T09:00:00"}],
}


@pytest.fixture
def small() -> Callable[..., Campaign]:
    """Return a maker of campaigns: the small one, with changes."""
    return lambda **changes: build({**SMALL, **changes})


@pytest.fixture
def add_people() -> Callable[..., list[int]]:
    """Return a function that adds people with a yes; it returns their numbers."""

    def add(connection: Connection, count: int = 1, agreed: bool = True, **changes: Any) -> list[int]:
        wish = {
            "active": True,
            "topics": "",
            "frequency": "all",
            "role": "",
            "district": "",
            "language": "zh",
            "age": "",
            "wording": "1",
            "since": 0.0,
            "changed_at": 0.0,
        }
        who = {
            "channel": "telegram",
            "account": "bot",
            "address": b"",
            "scene": "",
            "state": "bot",
            "state_at": 0.0,
            "operator": "",
            "reachable": True,
            "last_seen": 0.0,
            "due_at": None,
            "lease_token": "",
            "lease_until": 0.0,
        }
        unknown = set(changes) - set(wish) - set(who)
        assert not unknown, unknown
        who |= {key: value for key, value in changes.items() if key in who}
        wish |= {key: value for key, value in changes.items() if key in wish}
        start = connection.exec_driver_sql("SELECT COALESCE(MAX(id), 0) FROM person").scalar_one()
        numbers = [start + 1 + n for n in range(count)]
        connection.execute(insert(person), [{**who, "id": n, "pseudonym": f"p{n}"} for n in numbers])
        if connection.dialect.name == "postgresql":  # its numbers go on behind ours
            connection.exec_driver_sql(
                "SELECT setval(pg_get_serial_sequence('person', 'id'), (SELECT MAX(id) FROM person))"
            )
        if agreed:
            connection.execute(insert(subscriber), [{**wish, "person_id": n} for n in numbers])
        return numbers

    return add
