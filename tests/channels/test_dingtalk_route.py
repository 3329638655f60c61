"""Where answers go when each message brings another address: kept encrypted beside the sender, the newest counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from channels import erasure, people, rekey
from channels.base import Inbound
from channels.inbox import Inbox
from channels.keys import Keys, derive
from storage.engine import open_engine
from storage.migrate import upgrade
from storage.tables import person

OLD, NEW = b"o" * 32, b"n" * 32
FIRST, SECOND = "https://oapi.dingtalk.com/a?session=1", "https://oapi.dingtalk.com/a?session=2"
SENDER = "1\nstaff\ncid"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_engine(f"sqlite:///{tmp_path / 'fanzha.db'}")
    upgrade(made)
    return made


def hear(engine: Engine, keys: Keys, number: str, route: str) -> None:
    message = Inbound("dingtalk", SENDER, "你好", account="app", dedupe_key=number, route=route)
    owner = keys.owner("dingtalk", SENDER, "app")
    Inbox(engine, keys).take(message, "你好", owner, 1000.0)


def known(engine: Engine, keys: Keys) -> people.Person:
    with engine.connect() as connection:
        (row,) = connection.execute(select(person)).all()
        assert b"oapi" not in row.address and b"staff" not in row.address
        return people.person_of(row, keys)


def test_the_newest_address_counts_and_a_message_without_one_keeps_it(engine: Engine) -> None:
    keys = derive([OLD])
    for number, route, expected in (
        ("1", "", ""),
        ("2", FIRST, FIRST),
        ("3", SECOND, SECOND),
        ("4", "", SECOND),
    ):
        hear(engine, keys, number, route)
        who = known(engine, keys)
        assert (who.sender, who.route) == (SENDER, expected)
    assert SECOND not in repr(who) and "staff" not in repr(who)


def test_a_repetition_changes_nothing(engine: Engine) -> None:
    keys = derive([OLD])
    hear(engine, keys, "1", SECOND)
    hear(engine, keys, "1", FIRST)
    assert known(engine, keys).route == SECOND


def test_it_survives_a_change_of_keys(engine: Engine) -> None:
    hear(engine, derive([OLD]), "1", FIRST)
    both = derive([NEW, OLD])
    assert known(engine, both).route == FIRST
    rekey.reseal(engine, both)
    who = known(engine, derive([NEW]))
    assert (who.sender, who.route, who.owner.current) == (
        SENDER,
        FIRST,
        both.owner("dingtalk", SENDER, "app").current,
    )
    hear(engine, both, "2", SECOND)
    assert known(engine, derive([NEW])).route == SECOND


def test_the_receipt_of_a_deletion_still_finds_its_way(engine: Engine) -> None:
    keys = derive([OLD])
    hear(engine, keys, "1", FIRST)
    owner = keys.owner("dingtalk", SENDER, "app")
    with engine.begin() as connection:
        erasure.erase(connection, "dingtalk", "app", owner, 1001.0)
    assert known(engine, keys).route == FIRST
