"""From a platform's request to the answer: stored once, ridden or pushed, never both."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from push_channel import PushChannel, hook
from sqlalchemy.exc import OperationalError

from channels.base import Delivery, Outcome, Push, Reply, Window
from channels.dialogue import Answer
from channels.inbox import Inbox

pytestmark = pytest.mark.asyncio
Open = Callable[..., Any]
PASSIVE = {"passive_seconds": 1.0, "repeats": 2}


async def until(check: Callable[[], object], seconds: float = 25.0) -> None:
    """Wait until ``check`` is true; fail when it never is."""
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.01)


class Slow:
    """A dialogue that answers when it is let."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.history: list[str] = []

    async def ask(self, sender_id: str, message: str) -> Answer:
        self.history.append(message)
        await self.gate.wait()
        return Answer((Reply(f"答：{message}"),))


async def test_acknowledged_at_once_and_pushed_once(open_gateway: Open) -> None:
    channel = PushChannel()
    async with open_gateway(more=[channel]) as gateway:
        for _ in range(3):
            answer = await gateway.client.post(channel.path, **hook("m1", text="卡号 6222021001116245702"))
            assert (answer.status_code, answer.text) == (200, "success")
        await until(lambda: channel.ledger)
        await asyncio.sleep(0.1)
        figures = (await gateway.client.get("/metrics")).text
        assert len(gateway.dialogue.history) == 1
        assert "6222021001116245702" not in gateway.dialogue.history[0][1]
    assert channel.ledger == [("openid-1", "卡号 6222021001116245702")], "its own number comes back"
    assert 'fanzha_deliveries_total{channel="push",outcome="sent"} 1.0' in figures
    assert "fanzha_ack_seconds_count" in figures and "openid" not in figures


async def test_forged_and_broken_requests_change_nothing(open_gateway: Open) -> None:
    channel = PushChannel()
    async with open_gateway(more=[channel]) as gateway:
        forged = await gateway.client.post(channel.path, content=b"{}", headers={"X-Secret": "guess"})
        broken = await gateway.client.post(channel.path, content=b"{", headers={"X-Secret": "test-secret"})
        greeted = await gateway.client.get(channel.path, params={"secret": "test-secret", "echo": "abc"})
        refused = await gateway.client.get(channel.path, params={"secret": "no", "echo": "abc"})
    assert (forged.status_code, broken.status_code) == (403, 400)
    assert (greeted.text, refused.status_code) == ("abc", 403)
    assert channel.ledger == [] and gateway.dialogue.history == []


async def test_the_answer_rides_on_the_request_when_it_is_ready(open_gateway: Open) -> None:
    channel = PushChannel(**PASSIVE)
    async with open_gateway(more=[channel]) as gateway:
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "你好"
        # The platform did not get it and asks again: the same answer, and no second question to the engine.
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "你好"
        await asyncio.sleep(1.5)
    assert channel.ledger == [] and len(gateway.dialogue.history) == 1


async def test_requests_at_the_same_time_get_one_answer(open_gateway: Open) -> None:
    channel = PushChannel(**PASSIVE)
    async with open_gateway(more=[channel]) as gateway:
        posts = [gateway.client.post(channel.path, **hook("m1")) for _ in range(5)]
        texts = [answer.text for answer in await asyncio.gather(*posts)]
    assert sorted(texts) == ["success"] * 4 + ["你好"]
    assert len(gateway.dialogue.history) == 1


async def test_a_late_answer_is_pushed(open_gateway: Open) -> None:
    channel, slow = PushChannel(passive_seconds=0.3), Slow()
    async with open_gateway(more=[channel], dialogue=slow) as gateway:
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "success"
        slow.gate.set()
        await until(lambda: channel.ledger)
    assert channel.ledger == [("openid-1", "答：你好")] and channel.passive == []


async def test_who_cannot_be_pushed_to_gets_it_with_the_platforms_next_try(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.door.HOLD_SECONDS", 0.05)
    channel, slow = PushChannel(push=Push.NEVER, passive_seconds=0.2, repeats=2), Slow()
    async with open_gateway(more=[channel], dialogue=slow) as gateway:
        first = await gateway.client.post(channel.path, **hook("m1"))
        second = asyncio.create_task(gateway.client.post(channel.path, **hook("m1")))
        await asyncio.sleep(0.1)
        slow.gate.set()
        assert (first.status_code, (await second).text) == (503, "答：你好")
        slow.gate.clear()
        tries = [await gateway.client.post(channel.path, **hook("m2", text="再问")) for _ in range(3)]
        assert [one.status_code for one in tries] == [503, 503, 200]
        assert tries[-1].text == "success", "the last one must not show the person a fault"
        slow.gate.set()
        await asyncio.sleep(0.1)
        assert (await gateway.client.post(channel.path, **hook("m3", kind="collect"))).text == "答：再问"
    assert slow.history == ["你好", "再问"] and channel.ledger == []


async def test_long_answers_wait_for_the_next_message_where_nothing_can_be_pushed(open_gateway: Open) -> None:
    channel = PushChannel(push=Push.NEVER, **PASSIVE)
    async with open_gateway(more=[channel]) as gateway:
        gateway.dialogue.enqueue(Answer((Reply("一"), Reply("二"), Reply("三"))))
        texts = [(await gateway.client.post(channel.path, **hook("m1"))).text]
        for number in "23":
            answer = await gateway.client.post(channel.path, **hook(f"m{number}", kind="collect"))
            texts.append(answer.text)
        assert (await gateway.client.post(channel.path, **hook("m4", kind="collect"))).text == "success"
    assert texts == ["一", "二", "三"]


async def test_what_does_not_fit_the_request_is_pushed_in_order(open_gateway: Open) -> None:
    channel = PushChannel(**PASSIVE)
    async with open_gateway(more=[channel]) as gateway:
        gateway.dialogue.enqueue(Answer((Reply("一"), Reply("二"), Reply("三"))))
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "一"
        await until(lambda: len(channel.ledger) == 2, 2.5)
    assert [words for _, words in channel.ledger] == ["二", "三"]


@pytest.mark.parametrize(
    ("delivery", "taken", "state"),
    [
        (Delivery(Outcome.REJECTED, "blocked", gone=True), 0, "dead"),
        (Delivery(Outcome.UNKNOWN, "timeout"), 0, "unknown"),
        (RuntimeError("bug"), 0, "unknown"),
        (Delivery(Outcome.RETRY, "busy", after=0.05), 1, "sent"),
    ],
)
async def test_every_outcome(
    open_gateway: Open, caplog: pytest.LogCaptureFixture, delivery: Any, taken: int, state: str
) -> None:
    caplog.set_level(logging.INFO)
    channel = PushChannel()
    channel.script = [delivery]
    async with open_gateway(more=[channel]) as gateway:
        await gateway.client.post(channel.path, **hook("m1"))
        await until(lambda: not channel.script)
        await asyncio.sleep(0.3 if taken == 0 else 1.5)
        figures = (await gateway.client.get("/metrics")).text
    assert len(channel.ledger) == taken
    assert ('fanzha_dead_letters_total{cause="' in figures) == (state != "sent")
    assert f'state="{state}"' in figures or state == "sent"
    assert "你好" not in caplog.text and "openid" not in caplog.text


async def test_nothing_is_sent_to_somebody_who_left(open_gateway: Open) -> None:
    channel, slow = PushChannel(), Slow()
    async with open_gateway(more=[channel], dialogue=slow) as gateway:
        await gateway.client.post(channel.path, **hook("m1"))
        await until(lambda: slow.history)
        await gateway.client.post(channel.path, **hook("m2", kind="leave"))
        slow.gate.set()
        await asyncio.sleep(0.3)
        figures = (await gateway.client.get("/metrics")).text
    assert channel.ledger == [] and 'cause="left"' in figures


async def test_a_pause_holds_the_whole_account_and_keeps_everything(open_gateway: Open) -> None:
    channel = PushChannel()
    channel.script = [Delivery(Outcome.RETRY, "429", after=0.3, pause=0.6)]
    async with open_gateway(more=[channel]) as gateway:
        await gateway.client.post(channel.path, **hook("m1"))
        await until(lambda: not channel.script)
        await gateway.client.post(channel.path, **hook("n1", "openid-2"))
        await asyncio.sleep(0.3)
        assert channel.ledger == []
        await until(lambda: len(channel.ledger) == 2)


async def test_a_gateway_that_ends_finishes_what_it_began_and_the_next_one_sends_the_rest(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.inbox.LEASE_SECONDS", 0.5)
    channel, slow = PushChannel(), Slow()
    async with open_gateway(more=[channel], dialogue=slow) as gateway:
        await gateway.client.post(channel.path, **hook("m1"))
        await until(lambda: slow.history)
        await gateway.client.post(channel.path, **hook("m2", text="再问"))
        asyncio.get_running_loop().call_later(0.2, slow.gate.set)
    assert slow.history == ["你好"], "nothing new was begun"
    async with open_gateway(more=[channel], dialogue=slow):
        await until(lambda: len(channel.ledger) == 2)
    assert [words for _, words in channel.ledger] == ["答：你好", "答：再问"]


async def test_a_closed_window_keeps_the_answer_for_the_next_message(open_gateway: Open) -> None:
    channel = PushChannel(push=Push.WINDOW)
    channel.window = Window("message", 5, 3600.0)
    channel.script = [Delivery(Outcome.HOLD, "45015")]
    async with open_gateway(more=[channel]) as gateway:
        await gateway.client.post(channel.path, **hook("m1", text="一"))
        await until(lambda: not channel.script)
        await asyncio.sleep(0.2)
        assert channel.ledger == []
        await gateway.client.post(channel.path, **hook("m2", text="二"))
        await until(lambda: len(channel.ledger) == 2)
    assert [words for _, words in channel.ledger] == ["一", "二"]


async def test_bursts_are_answered_as_one(open_gateway: Open) -> None:
    channel = PushChannel(merges=True)
    async with open_gateway(more=[channel], burst_seconds=0.2) as gateway:
        for number, words in enumerate(("他让我", "转账", "给客服")):
            await gateway.client.post(channel.path, **hook(f"m{number}", text=words))
        await until(lambda: channel.ledger)
    assert [message for _, message in gateway.dialogue.history] == ["他让我\n转账\n给客服"]


async def test_refusals_become_messages_and_too_much_is_said_once(open_gateway: Open) -> None:
    channel = PushChannel()
    async with open_gateway(more=[channel], rate_per_minute=2) as gateway:
        await gateway.client.post(channel.path, **hook("m1", payload="/nonsense", kind="button"))
        await until(lambda: len(channel.ledger) == 1)
        for number in range(2, 9):
            answer = await gateway.client.post(channel.path, **hook(f"m{number}"))
            assert answer.status_code == 200
        await until(lambda: len(channel.ledger) == 3)
        await asyncio.sleep(0.2)
    said = [words for _, words in channel.ledger]
    assert len(said) == 3 and "按钮" in said[0], "a button of nobody's counts too"
    assert sum("太快" in words and "110" in words for words in said) == 1


async def test_a_repeated_message_costs_nobodys_limit(open_gateway: Open) -> None:
    channel = PushChannel()
    async with open_gateway(more=[channel], rate_per_minute=2) as gateway:
        for _ in range(6):
            await gateway.client.post(channel.path, **hook("m1"))
        await gateway.client.post(channel.path, **hook("m2", text="再问"))
        await until(lambda: len(channel.ledger) == 2)
    assert channel.ledger[-1][1] == "再问"


async def test_without_a_database_the_platform_tries_again_or_gets_the_hotlines(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("disk full"))

    push, passive = PushChannel(), PushChannel(**PASSIVE)
    passive.name, passive.path = "passive", "/webhooks/passive"
    async with open_gateway(more=[push, passive]) as gateway:
        monkeypatch.setattr(Inbox, "take_all", broken)
        assert (await gateway.client.post(push.path, **hook("m1"))).status_code == 503
        assert "96110" in (await gateway.client.post(passive.path, **hook("m1"))).text
        web = (await gateway.say("请转账")).json()
    assert web["degraded"] and "先别转账" in web["replies"][0]["text"]


async def test_the_page_gets_the_same_answer_when_it_sends_the_same_message_again(open_gateway: Open) -> None:
    message = {"session_id": "xiaohong-0123456789", "text": "你好", "message_id": "0123456789abcdef"}
    async with open_gateway() as gateway:
        first = (await gateway.client.post("/api/v1/chat", json=message)).json()
        again = (await gateway.client.post("/api/v1/chat", json=message)).json()
        other = await gateway.client.post("/api/v1/chat", json={**message, "session_id": "aming-9876543210"})
    assert first == again and len(gateway.dialogue.history) == 2
    assert other.json()["replies"][0]["text"] == "你好"
