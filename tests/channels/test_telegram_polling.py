"""Updates fetched where no webhook can reach us: none lost, none answered twice, whatever ends in between."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import telegram_requests as tg
from pytest_socket import enable_socket
from telegram_fake import Fake, running
from telegram_street import Open, opener

from channels.base import Inbound, Retry
from channels.telegram.adapter import TelegramChannel


@pytest.fixture
def open_street(open_gateway: Callable[..., Any], tmp_path: Path) -> Open:
    enable_socket()
    return opener(open_gateway, tmp_path)


@pytest.fixture(autouse=True)
def loopback() -> None:
    enable_socket()


class Store:
    """Takes messages; ``troubles`` come first, one at a time."""

    def __init__(self, *troubles: BaseException) -> None:
        self.taken: list[str] = []
        self.troubles = list(troubles)
        self.calls = 0

    async def take(self, messages: Sequence[Inbound]) -> None:
        self.calls += 1
        self.taken += [message.text or "" for message in messages]
        if messages and self.troubles:
            raise self.troubles.pop(0)


@contextlib.asynccontextmanager
async def polling(fake: Fake, store: Store) -> AsyncIterator[TelegramChannel]:
    async with httpx.AsyncClient(trust_env=False) as client:
        channel = tg.channel(client, 3.0, telegram_api_base=fake.address, telegram_secret="")
        task = asyncio.create_task(channel.run(store.take, pause=0.02))
        try:
            yield channel
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, BaseExceptionGroup):
                await task


async def until(done: Callable[[], object], seconds: float = 25.0) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.02)


async def test_texts_are_answered_without_a_webhook(open_street: Open) -> None:
    async with open_street(secret="") as street:
        street.say("他让我转账")
        await street.until(street.seen)
        street.say("还有")
        await street.until(lambda: len(street.seen()) == 2)
        assert street.seen() == ["答：他让我转账", "答：还有"]
        assert (
            street.lines("typing")
            and (await street.gateway.client.post("/webhooks/telegram")).status_code == 404
        )
        await street.until(lambda: street.fake.world.updates == {})


async def test_a_webhook_is_removed_first_and_what_waited_is_kept() -> None:
    async with running() as fake:
        fake.world.webhook.url = "https://old.example/x"
        fake.people.say(tg.PERSON, "之前的")
        store = Store()
        async with polling(fake, store):
            await until(lambda: store.taken == ["之前的"])
        assert fake.world.webhook.url == ""


async def test_an_update_is_confirmed_only_once_it_is_stored() -> None:
    async with running() as fake:
        store = Store(Retry("the database is away", 0.05), Retry("still", 0.05))
        async with polling(fake, store):
            fake.people.say(tg.PERSON, "一")
            await until(lambda: len(store.taken) == 3)
            await until(lambda: fake.world.updates == {})
        assert store.taken == ["一"] * 3


async def test_a_death_between_taking_and_confirming_brings_it_again() -> None:
    async with running() as fake:
        for text in ("一", "二", "三"):
            fake.people.say(tg.PERSON, text)
        first, second = Store(asyncio.CancelledError()), Store()
        async with polling(fake, first):
            await until(lambda: first.taken)
        assert len(fake.world.updates) == 3, "nothing was confirmed"
        async with polling(fake, second):
            await until(lambda: fake.world.updates == {})
        assert first.taken == second.taken == ["一", "二", "三"]


async def test_a_restart_answers_nothing_twice(open_street: Open) -> None:
    async with running() as fake:
        async with open_street(secret="", fake=fake) as street:
            street.say("一")
            await street.until(street.seen)
        # The confirmation did not arrive: Telegram gives the same update again.
        fake.world.updates = {number: (fake.world.now(), one) for number, one in _all(fake).items()}
        async with open_street(secret="", fake=fake) as street:
            street.say("二")
            await street.until(lambda: len(street.seen()) == 2)
            await asyncio.sleep(0.4)
            assert street.seen() == ["答：一", "答：二"]
            assert street.rows("SELECT deliveries FROM inbox ORDER BY id") == [(2,), (1,)]


def _all(fake: Fake) -> dict[int, dict[str, Any]]:
    (said,) = [line for line in fake.world.ledger if line["way"] == "said"]
    number = int(said["number"])
    return {number: tg.update(number=number, text=said["text"])}


async def test_what_cannot_be_read_does_not_stop_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with running() as fake:
        store = Store()
        fake.world.add({"message": {"chat": "张三", "text": 5}})
        fake.people.say(tg.PERSON, "一")
        async with polling(fake, store):
            await until(lambda: store.taken == ["一"])
            await until(lambda: fake.world.updates == {})
    assert "张三" not in caplog.text


@pytest.mark.parametrize(
    ("fault", "tells"),
    [
        ({"retry_after": 1}, ""),
        ({"status": 502}, "could not be fetched"),
        ({"refusal": (409, "Conflict: terminated by other getUpdates request")}, "second gateway"),
        ({"refusal": (401, "Unauthorized")}, "refuses the token"),
        ({"hang up": True}, "could not be fetched"),
        ({"raw": '{"ok": true, "result": [5, null, {"update_id": "x"}]}'}, ""),
        ({"raw": '{"ok": true, "result": "张三"}'}, ""),
        ({"raw": "张三"}, "could not be fetched"),
    ],
)
async def test_trouble_with_fetching_passes(
    fault: dict[str, Any], tells: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running() as fake:
        store = Store()
        fake.world.fail("getUpdates", fault)
        fake.people.say(tg.PERSON, "一")
        async with polling(fake, store):
            await until(lambda: "一" in store.taken)
            await until(lambda: fake.world.updates == {})
        assert tells in caplog.text and "张三" not in caplog.text


async def test_a_webhook_set_meanwhile_is_told_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    async with running() as fake:
        store = Store()
        async with polling(fake, store):
            await until(lambda: fake.world.polls)
            fake.world.webhook.url = "https://other.example/x"
            fake.world.came.set()
            fake.people.say(tg.PERSON, "一")
            await until(lambda: "webhook that was set" in caplog.text)
            assert fake.world.webhook.url, "not taken away from whoever set it"


async def test_trouble_at_the_start_passes() -> None:
    async with running() as fake:
        store = Store()
        fake.world.fail("deleteWebhook", {"status": 502}, 2)
        fake.world.fail("getMe", {"status": 502})
        fake.people.say(tg.PERSON, "一")
        async with polling(fake, store) as channel:
            await until(lambda: store.taken == ["一"])
            await until(lambda: channel._parts.who.name == tg.NAME)
