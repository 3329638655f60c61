"""Small things beside the answers: the sign that we write, confirmed buttons, notices; bounded, and never in the way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import telegram_requests as tg
from pytest_socket import enable_socket
from telegram_fake import Fake, running

from channels.base import Outgoing, Reply, Turn
from channels.telegram import courtesy
from channels.telegram.adapter import TelegramChannel
from channels.telegram.courtesy import BUSY, MOST_WAITING
from channels.telegram.heard import Notice, Press, Typing


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    enable_socket()
    monkeypatch.setattr(courtesy, "TYPING_SECONDS", 0.1)


async def _nothing(_: object) -> None:
    return


@contextlib.asynccontextmanager
async def street(works: bool = True) -> AsyncIterator[tuple[Fake, TelegramChannel]]:
    async with running() as fake, httpx.AsyncClient(trust_env=False) as client:
        fake.world.chat(tg.PERSON).started = True
        channel = tg.channel(client, 2.0, telegram_api_base=fake.address)
        task = asyncio.create_task(channel.run(_nothing)) if works else None
        try:
            yield fake, channel
        finally:
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def until(done: Callable[[], object], seconds: float = 25.0) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.02)


def count(fake: Fake, way: str) -> int:
    return sum(line["way"] == way for line in fake.world.ledger)


async def test_the_sign_that_we_write_lasts_until_the_answer() -> None:
    async with street() as (fake, channel):
        channel.answer(tg.hook(tg.update(text="他让我转账")), Turn(()))
        await until(lambda: count(fake, "typing") >= 3)
        await channel.deliver(Outgoing("0" * 32, "", str(tg.PERSON), Reply("先别转账")))
        await asyncio.sleep(0.15)
        before = count(fake, "typing")
        await asyncio.sleep(0.4)
        assert count(fake, "typing") == before


async def test_a_press_is_confirmed_at_once_and_other_trouble_does_not_matter() -> None:
    async with street() as (fake, channel):
        fake.world.fail("sendChatAction", {"silent": True}, 3)
        fake.world.fail("answerCallbackQuery", {"status": 500})
        for _ in range(2):
            query = fake.people.press(tg.PERSON, "/check")
            channel.answer(tg.hook(tg.press("/check", id=query)), Turn(()))
        await until(lambda: fake.world.queries[query], seconds=1.5)


async def test_what_is_too_much_is_left_out() -> None:
    async with street(works=False) as (_, channel):
        waiting = channel._courtesies
        waiting.put(tuple(Typing(number) for number in range(1, 1000)))
        assert waiting._queue.qsize() == BUSY + 1
        waiting.put(tuple(Press(str(number)) for number in range(1000)))
        assert waiting._queue.qsize() == MOST_WAITING


async def test_the_same_notice_is_not_sent_again_at_once() -> None:
    async with street(works=False) as (_, channel):
        waiting = channel._courtesies
        waiting.put((Notice(1, "privacy"), Notice(1, "privacy"), Notice(1, "settings"), Notice(2, "privacy")))
        waiting.put((Notice(-1, "group", 5), Notice(-1, "group", 6), Notice(-2, "group", 7)))
        assert waiting._queue.qsize() == 5


async def test_without_our_name_a_group_gets_the_words_alone() -> None:
    async with street() as (fake, channel):
        fake.world.chat(-5, "supergroup")
        channel._parts.who.name = ""
        await channel._courtesies._notify(Notice(-5, "group", 5))
        assert fake.world.chat(-5).phone[0]["buttons"] == [] and "110" in fake.world.chat(-5).phone[0]["text"]


def test_every_notice_and_command_has_what_it_needs() -> None:
    words = tg.WORDS
    named = {command.notice for command in words.commands.values() if command.notice}
    assert named | {"group"} == set(words.notices)
    for name, command in words.commands.items():
        assert bool(command.payload) + bool(command.notice) == (0 if name == "start" else 1)
        assert 1 <= len(name) <= 32 and command.zh and command.en
    assert set(words.group_commands) <= set(words.commands)
