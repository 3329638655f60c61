"""How fast one address is written to, counted in the outbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from channels import pace
from channels.base import Delivery, Outcome, Push
from channels.keys import Keys, load_keys
from channels.outbox import Outbox
from channels.robots.post import post
from channels.robots.robot import Notice
from channels.transitions import State
from storage.engine import open_engine
from storage.migrate import upgrade

NOW = 1_000_000.0
PACES = ((2, 60.0), (3, 3600.0))


@pytest.fixture
def store(tmp_path: Path) -> tuple[Engine, Keys]:
    engine = open_engine(f"sqlite:///{tmp_path / 'fanzha.db'}")
    upgrade(engine)
    return engine, load_keys("", tmp_path)


def push(
    store: tuple[Engine, Keys], at: float, outcome: Outcome | None = Outcome.SENT, who: str = "a"
) -> bool:
    """Post one notice and try to push it at ``at``; ``outcome`` None: no answer yet."""
    engine, keys = store
    box = Outbox(engine, keys)
    with engine.begin() as connection:
        post(connection, keys, [who], Notice("好"), at)
    letters = [one for one in box.claim_push(["robots"], 9, at) if one.person.sender == who]
    started = box.start(letters[0], Push.ALWAYS, at, PACES)
    if started and outcome is not None:
        box.settle(letters[0], Delivery(outcome, "x"), at)
    return started


def wait(store: tuple[Engine, Keys], at: float) -> float:
    with store[0].connect() as connection:
        return pace.wait(connection, 1, PACES, at)


def test_what_comes_too_fast_waits_until_the_oldest_no_longer_counts(store: tuple[Engine, Keys]) -> None:
    assert wait(store, NOW) == 0
    assert push(store, NOW) and push(store, NOW + 10)
    assert wait(store, NOW + 20) == 60 + 1 - 20
    assert not push(store, NOW + 20)
    counts = Outbox(*store).counts()
    assert (counts[State.SENT], counts[State.QUEUED]) == (2, 1)
    assert wait(store, NOW + 61.5) == 0


def test_the_slower_of_two_rules_counts(store: tuple[Engine, Keys]) -> None:
    for at in (NOW, NOW + 100, NOW + 200):
        assert push(store, at)
    assert wait(store, NOW + 300) == 3600 + 1 - 300
    assert not push(store, NOW + 300)


def test_what_may_have_arrived_counts_and_what_was_refused_does_not(store: tuple[Engine, Keys]) -> None:
    assert push(store, NOW, Outcome.REJECTED) and push(store, NOW + 1, Outcome.REJECTED)
    assert push(store, NOW + 2, Outcome.UNKNOWN)
    assert wait(store, NOW + 3) == 0
    assert push(store, NOW + 3, None), "on its way"
    assert wait(store, NOW + 4) == 60 + 1 - 2


def test_each_address_has_its_own_pace(store: tuple[Engine, Keys]) -> None:
    assert push(store, NOW) and push(store, NOW) and not push(store, NOW)
    assert push(store, NOW, who="b")


def test_no_rule_no_wait(store: tuple[Engine, Keys]) -> None:
    assert push(store, NOW) and push(store, NOW)
    with store[0].connect() as connection:
        assert pace.wait(connection, 1, (), NOW) == 0
