"""Five messages within one second: the order is kept and nothing is lost, on the page and where answers are pushed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from push_channel import PushChannel, hook

from channels.base import Reply
from channels.dialogue import Answer

pytestmark = pytest.mark.asyncio
Open = Callable[..., Any]
FIVE = ("我被骗了", "刚才", "转了三万", "卡号 6222021001116245702", "怎么办")


class Thinking:
    """A dialogue that needs a while, the first message longest."""

    def __init__(self) -> None:
        self.history: list[str] = []

    async def ask(self, sender_id: str, message: str) -> Answer:
        await asyncio.sleep(0.01 if self.history else 0.3)
        self.history.append(message)
        return Answer((Reply(f"答：{message}"),))


async def until(check: Callable[[], object], seconds: float = 25.0) -> None:
    """Wait until ``check`` is true; fail when it never is."""
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.01)


async def test_on_the_page_each_gets_its_own_answer_in_the_order_typed(open_gateway: Open) -> None:
    dialogue = Thinking()
    async with open_gateway(dialogue=dialogue) as gateway:
        asked, started = [], time.monotonic()
        for words in FIVE:
            asked.append(asyncio.create_task(gateway.say(words)))
            await asyncio.sleep(0.02)
        assert time.monotonic() - started < 1.0
        answers = await asyncio.gather(*asked)
    assert [answer.status_code for answer in answers] == [200] * 5
    assert [answer.json()["replies"][0]["text"] for answer in answers] == [f"答：{words}" for words in FIVE]
    assert [words[:2] for words in dialogue.history] == [words[:2] for words in FIVE]
    assert "6222021001116245702" not in "".join(dialogue.history)


async def test_where_answers_are_pushed_five_answers_come_in_order(open_gateway: Open) -> None:
    channel, dialogue = PushChannel(), Thinking()
    async with open_gateway(more=[channel], dialogue=dialogue, burst_seconds=0) as gateway:
        for number, words in enumerate(FIVE):
            await gateway.client.post(channel.path, **hook(f"m{number}", text=words))
        await until(lambda: len(channel.ledger) == 5)
    assert [words for _, words in channel.ledger] == [f"答：{words}" for words in FIVE]


async def test_a_burst_is_one_message_with_all_five_in_order(open_gateway: Open) -> None:
    channel, dialogue = PushChannel(merges=True), Thinking()
    async with open_gateway(more=[channel], dialogue=dialogue, burst_seconds=0.3) as gateway:
        for number, words in enumerate(FIVE):
            await gateway.client.post(channel.path, **hook(f"m{number}", text=words))
        await until(lambda: channel.ledger)
        await asyncio.sleep(0.5)
    (told,) = dialogue.history
    assert [line[:2] for line in told.split("\n")] == [words[:2] for words in FIVE]
    assert [words for _, words in channel.ledger] == ["答：" + "\n".join(FIVE)]


async def test_another_person_is_not_mixed_in(open_gateway: Open) -> None:
    channel, dialogue = PushChannel(merges=True), Thinking()
    async with open_gateway(more=[channel], dialogue=dialogue, burst_seconds=0.3) as gateway:
        for number, words in enumerate(FIVE):
            await gateway.client.post(channel.path, **hook(f"a{number}", text=words))
            await gateway.client.post(channel.path, **hook(f"b{number}", "openid-2", f"乙{number}"))
        await until(lambda: len(channel.ledger) == 2)
    said = dict(channel.ledger)
    assert said["openid-1"] == "答：" + "\n".join(FIVE)
    assert said["openid-2"] == "答：" + "\n".join(f"乙{number}" for number in range(5))
