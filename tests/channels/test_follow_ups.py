"""The wish to be asked after a day: durable, encrypted, asked once, wiped."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from channels.follow_ups import AFTER_SECONDS, FORGOTTEN_AFTER_SECONDS, FollowUps, forget
from channels.keys import KEY_BYTES, derive
from storage.engine import open_engine
from storage.migrate import upgrade
from storage.tables import follow_up

KEYS = derive([b"k" * KEY_BYTES])
XIAOHONG = KEYS.owner("web", "xiaohong")


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(engine)
    return engine


@pytest.fixture
def wishes(engine: Engine, clock: Clock) -> FollowUps:
    return FollowUps(engine, KEYS, clock)


def test_asked_once_and_not_before_a_day_has_passed(wishes: FollowUps, clock: Clock, engine: Engine) -> None:
    wishes.wish("web", XIAOHONG, "xiaohong")
    assert not wishes.is_due("web", XIAOHONG)
    clock.now += AFTER_SECONDS
    assert wishes.is_due("web", XIAOHONG)
    with engine.begin() as connection:  # with the question itself
        forget(connection, "web", XIAOHONG)
    assert not wishes.is_due("web", XIAOHONG)


def test_a_pushing_channel_gets_the_address_and_the_table_does_not_show_it(
    wishes: FollowUps, engine: Engine, clock: Clock
) -> None:
    wishes.wish("web", XIAOHONG, "the-platforms-id")
    clock.now += AFTER_SECONDS
    (due,) = wishes.due("web")
    assert due.address == "the-platforms-id" and "the-platforms-id" not in repr(due)
    assert wishes.due("telegram") == []
    with engine.connect() as connection:
        assert b"the-platforms-id" not in connection.execute(select(follow_up.c.address)).scalar_one()


def test_taking_it_back_and_forgetting(wishes: FollowUps, clock: Clock) -> None:
    wishes.wish("web", XIAOHONG, "x")
    wishes.wish("web", XIAOHONG, "x")
    wishes.drop("web", XIAOHONG)
    clock.now += AFTER_SECONDS
    assert not wishes.is_due("web", XIAOHONG)


def test_a_lost_key_drops_the_address_quietly(engine: Engine, wishes: FollowUps, clock: Clock) -> None:
    wishes.wish("web", XIAOHONG, "x")
    clock.now += AFTER_SECONDS
    assert FollowUps(engine, derive([b"n" * KEY_BYTES]), clock).due("web") == []


def test_who_never_came_back_is_swept(wishes: FollowUps, clock: Clock) -> None:
    wishes.wish("web", XIAOHONG, "x")
    clock.now += AFTER_SECONDS + FORGOTTEN_AFTER_SECONDS + 1
    assert wishes.sweep() == 1 and wishes.due("web") == []
