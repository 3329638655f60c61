"""Storing messages: many in one transaction, one bad one alone, and through a database that is away for a moment."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Any

import pytest
from push_channel import PushChannel
from sqlalchemy.exc import OperationalError

from channels import ledge as module
from channels.base import Inbound
from channels.inbox import Inbox
from channels.keys import load_keys
from channels.lane import Lane
from channels.ledge import Ledge
from channels.persist import persist
from channels.privacy import Vault
from channels.taken import Taken
from channels.threads import Threads
from channels.wording import load_wording
from storage.engine import open_engine
from storage.migrate import upgrade

pytestmark = pytest.mark.asyncio
NOW = 1_000_000.0


class Place:
    """A ledge over a real database whose transactions can be made to fail or hang."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_engine(f"sqlite:///{folder / 'ledge.db'}")
        upgrade(self.engine)
        self.keys = load_keys("", folder)
        self.threads = Threads(self.engine)
        self.inbox = Inbox(self.engine, self.keys)
        self.sizes: list[int] = []
        self.failures: list[Exception] = []
        self.lost_answers = 0
        real = self.inbox.take_all

        def take_all(deposits: Any) -> list[Taken]:
            self.sizes.append(len(deposits))
            if self.failures:
                raise self.failures.pop(0)
            if any(deposit.words == "坏" for deposit in deposits):
                raise ValueError("bad")
            taken = real(deposits)
            if self.lost_answers:
                self.lost_answers -= 1
                raise OperationalError("commit", {}, Exception("the line broke"))
            return taken

        self.inbox.take_all = take_all  # type: ignore[method-assign]
        vault = Vault(self.engine, self.keys, 3600)
        self.ledge = Ledge(self.threads, vault, self.inbox, load_wording(), Lane())

    async def put(self, number: int, text: str = "你好", key: str | None = None) -> Taken:
        who = f"openid-{number}"
        message = Inbound("push", who, text, account="acc", dedupe_key=f"m{number}" if key is None else key)
        return await self.ledge.store(
            PushChannel(), message, self.keys.owner("push", who, "acc"), NOW, 0.0, None, secrets.token_hex(16)
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def down() -> OperationalError:
    return OperationalError("insert", {}, Exception("server closed the connection"))


async def test_a_crowd_is_stored_in_few_transactions_and_each_gets_its_own_row(place: Place) -> None:
    taken = await asyncio.gather(*(place.put(number) for number in range(100)))
    assert sorted(one.inbox_id for one in taken) == list(range(1, 101))
    assert len({one.person_id for one in taken}) == 100
    assert len(place.sizes) <= 6 and max(place.sizes) <= module.MOST_AT_ONCE


async def test_one_bad_message_spoils_only_itself(place: Place) -> None:
    results = await asyncio.gather(
        *(place.put(number, "坏" if number == 7 else "你好") for number in range(20)), return_exceptions=True
    )
    assert [at for at, one in enumerate(results) if isinstance(one, BaseException)] == [7]


async def test_a_database_that_restarts_costs_nothing_but_a_moment(place: Place) -> None:
    place.failures = [down(), down(), down()]
    assert (await place.put(1)).fresh


async def test_a_commit_whose_answer_got_lost_stores_once(place: Place) -> None:
    place.lost_answers = 1
    taken = await place.put(1)
    assert (taken.fresh, taken.deliveries) == (True, 1)
    place.lost_answers = 1
    await place.put(2, key="")  # a message without a number of the platform's
    with place.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar() == 2


async def test_who_comes_while_it_has_long_been_away_does_not_wait(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STORE_SECONDS", 0.3)
    place.failures = [down() for _ in range(50)]
    with pytest.raises(OperationalError):
        await place.put(1)
    monkeypatch.setattr("test_ledge.NOW", NOW + 60)
    left = len(place.failures)
    with pytest.raises(OperationalError):
        await place.put(2)
    assert left - len(place.failures) == 1, "one try, no waiting"
    place.failures = []
    assert (await place.put(3)).fresh


async def test_persisting_gives_up_with_the_last_error() -> None:
    tries = 0

    async def fails() -> None:
        nonlocal tries
        tries += 1
        raise down()

    with pytest.raises(OperationalError):
        await persist(fails, 0.35)
    assert 2 <= tries <= 4
