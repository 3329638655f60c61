"""The wish to be asked after a day: durable, encrypted, asked once, wiped."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select

from channels.follow_ups import AFTER_SECONDS, FORGOTTEN_AFTER_SECONDS, FollowUps, forget
from channels.keys import KEY_BYTES, derive
from storage.tables import follow_up

KEYS = derive([b"k" * KEY_BYTES])
XIAOHONG = KEYS.owner("web", "xiaohong")


@pytest.fixture
def wishes(engine: Engine, clock: Any) -> FollowUps:
    return FollowUps(engine, KEYS, clock)


def test_asked_once_and_not_before_a_day_has_passed(wishes: FollowUps, clock: Any, engine: Engine) -> None:
    wishes.wish("web", XIAOHONG, "xiaohong")
    assert not wishes.is_due("web", XIAOHONG)
    clock.now += AFTER_SECONDS
    assert wishes.is_due("web", XIAOHONG)
    with engine.begin() as connection:  # with the question itself
        forget(connection, "web", XIAOHONG)
    assert not wishes.is_due("web", XIAOHONG)


def test_the_table_does_not_show_the_address(wishes: FollowUps, engine: Engine) -> None:
    wishes.wish("web", XIAOHONG, "the-platforms-id")
    with engine.connect() as connection:
        assert b"the-platforms-id" not in connection.execute(select(follow_up.c.address)).scalar_one()


def test_taking_it_back_and_forgetting(wishes: FollowUps, clock: Any) -> None:
    wishes.wish("web", XIAOHONG, "x")
    wishes.wish("web", XIAOHONG, "x")
    wishes.drop("web", XIAOHONG)
    clock.now += AFTER_SECONDS
    assert not wishes.is_due("web", XIAOHONG)


def test_who_never_came_back_is_swept(wishes: FollowUps, clock: Any) -> None:
    wishes.wish("web", XIAOHONG, "x")
    clock.now += AFTER_SECONDS + FORGOTTEN_AFTER_SECONDS + 1
    assert wishes.sweep() == 1 and not wishes.is_due("web", XIAOHONG)
