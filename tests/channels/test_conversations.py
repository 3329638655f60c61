"""Sender ids: random, stable within a talk, new after a day or a "forget me"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from channels.conversations import FORGOTTEN_AFTER_SECONDS, IDLE_SECONDS, Conversations, forget
from channels.feedback import Feedback
from channels.keys import derive
from storage.engine import open_engine
from storage.migrate import upgrade

KEYS = derive([b"o" * 32])


@pytest.fixture
def talks(engine: Engine, clock: Any) -> Conversations:
    return Conversations(engine, clock)


def test_stays_the_same_while_people_talk_and_rotates_after_a_day(
    talks: Conversations, clock: Any, engine: Engine
) -> None:
    mine = KEYS.owner("web", "xiaohong")
    first = talks.open("web", mine)
    clock.now += IDLE_SECONDS - 1
    assert talks.open("web", mine) == first
    with engine.begin() as connection:
        talks.close_turn(connection, first, ["/a", "/b"])
    clock.now += IDLE_SECONDS - 1
    assert talks.open("web", mine).buttons == ("/a", "/b")
    clock.now += IDLE_SECONDS
    second = talks.open("web", mine)
    assert (second.epoch, second.buttons) == (2, ())
    assert second.sender_id != first.sender_id


def test_people_and_channels_are_apart(talks: Conversations) -> None:
    ids = {
        talks.open(channel, KEYS.owner(channel, who)).sender_id
        for channel in ("web", "wx")
        for who in ("a", "b")
    }
    assert len(ids) == 4


def test_forgotten_stays_forgotten(talks: Conversations, engine: Engine) -> None:
    mine = KEYS.owner("web", "xiaohong")
    first = talks.open("web", mine)
    with engine.begin() as connection:
        assert forget(connection, "web", mine) == first.sender_id
        talks.close_turn(connection, first, ["/a"])
        assert forget(connection, "web", mine) is None
    assert talks.open("web", mine).sender_id != first.sender_id


def test_key_rotation_keeps_the_talk(talks: Conversations) -> None:
    first = talks.open("web", KEYS.owner("web", "a"))
    both = derive([b"n" * 32, b"o" * 32])
    assert talks.open("web", both.owner("web", "a")) == first
    assert talks.open("web", derive([b"n" * 32]).owner("web", "a")) == first


def test_rows_of_people_who_left_are_swept(talks: Conversations, clock: Any) -> None:
    talks.open("web", KEYS.owner("web", "a"))
    clock.now += FORGOTTEN_AFTER_SECONDS + 1
    talks.open("web", KEYS.owner("web", "b"))
    assert talks.sweep() == 1


def test_feedback_counts_by_day_and_refuses_unknown_values(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    upgrade(engine)
    days = iter(["2026-01-01", "2026-01-01", "2026-01-02"])
    feedback = Feedback(engine, lambda: next(days))
    assert [feedback.count("helpful") for _ in range(3)] == [True] * 3
    assert not feedback.count("13900001111")
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM feedback ORDER BY day").all()
    assert rows == [("2026-01-01", "helpful", 2), ("2026-01-02", "helpful", 1)]
