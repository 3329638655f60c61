"""At the door: nothing is answered twice when the database fails, and nothing rides past an older answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from push_channel import PushChannel, hook
from sqlalchemy.exc import OperationalError

from channels.base import Push, Reply
from channels.dialogue import Answer
from channels.inbox import Inbox

pytestmark = pytest.mark.asyncio
Open = Callable[..., Any]


async def test_a_stored_message_gets_no_hotlines_when_the_platform_repeats_it_without_a_database(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("gone"))

    class Slow:
        async def ask(self, sender_id: str, message: str) -> Answer:
            await asyncio.sleep(0 if message == "早" else 60)
            return Answer((Reply("答"),))

    channel = PushChannel(passive_seconds=0.5, repeats=2)
    async with open_gateway(more=[channel], dialogue=Slow()) as gateway:
        assert (await gateway.client.post(channel.path, **hook("m0", "openid-2", "早"))).text == "答"
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "success"
        monkeypatch.setattr("channels.ledge.STORE_SECONDS", 0.1)
        monkeypatch.setattr(Inbox, "take_all", broken)
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "success", (
            "its answer comes yet"
        )
        again = await gateway.client.post(channel.path, **hook("m0", "openid-2", "早"))
        assert again.text == "答", "it did not arrive"
        assert "96110" in (await gateway.client.post(channel.path, **hook("m2"))).text


async def test_an_older_answer_rides_before_a_newer_one(open_gateway: Open) -> None:
    channel = PushChannel(passive_seconds=3.0, repeats=2, push=Push.WINDOW)
    async with open_gateway(more=[channel]) as gateway:
        gateway.dialogue.enqueue(Answer((Reply("一"), Reply("二"))), Answer((Reply("三"),)))
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "一"
        await asyncio.sleep(0.3)  # no window is open: the second waits for the person
        assert channel.ledger == []
        assert (await gateway.client.post(channel.path, **hook("m2"))).text == "二"


async def test_in_a_crowd_nobody_holds_a_line_and_everybody_is_answered_later(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.lane.CROWD", 15)  # so many reach the slowest machine within a second
    monkeypatch.setattr("channels.lane.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("channels.desk.PASSIVE_SLACK_SECONDS", -2.9)
    channel = PushChannel(passive_seconds=3.0)
    async with open_gateway(more=[channel], rate_per_minute=0, rate_ip_per_minute=0) as gateway:
        posts = [
            gateway.client.post(channel.path, **hook(f"m{number}", f"openid-{number}"))
            for number in range(150)
        ]
        texts = [answer.text for answer in await asyncio.gather(*posts)]
        assert texts.count("success") > 30
        async with asyncio.timeout(30):
            while len(channel.ledger) + len(channel.passive) < 150:
                await asyncio.sleep(0.05)
    who = [address for address, _ in channel.ledger]
    assert len(who) == len(set(who)) and len(who) + len(channel.passive) == 150
