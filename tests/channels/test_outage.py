"""While the database is away, and when it is back: one answer to each message, never two, never none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from push_channel import PushChannel, hook
from sqlalchemy.exc import OperationalError

from channels.base import Inbound, Reply
from channels.dialogue import Answer
from channels.inbox import Inbox
from channels.keys import load_keys
from channels.outbox import Outbox
from channels.privacy import Vault
from channels.slips import Slip, Slips
from storage.engine import default_url, open_engine

pytestmark = pytest.mark.asyncio
Open = Callable[..., Any]
PASSIVE = {"passive_seconds": 1.0, "repeats": 2}


def gone() -> OperationalError:
    return OperationalError("insert", {}, Exception("server closed the connection"))


class Line:
    """The way to the database: ``cut`` breaks it; ``after``: what was sent still arrives, its answer does not."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: type, method: str) -> None:
        self.cut = self.after = False
        real = getattr(owner, method)

        def call(*arguments: Any, **named: Any) -> Any:
            if self.cut and not self.after:
                raise gone()
            result = real(*arguments, **named)
            if self.cut:
                raise gone()
            return result

        patch.setattr(owner, method, call)


@pytest.fixture
def patch(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("channels.ledge.STORE_SECONDS", 0.2)
    monkeypatch.setattr("channels.outage.HOLD_SECONDS", 0.0)
    monkeypatch.setattr("channels.desk.PASSIVE_SLACK_SECONDS", 0.1)
    return monkeypatch


async def until(check: Callable[[], object], seconds: float = 25.0) -> None:
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.01)


async def test_hotlines_after_a_commit_whose_answer_got_lost_are_the_only_answer(
    open_gateway: Open, patch: pytest.MonkeyPatch
) -> None:
    channel, line = PushChannel(**PASSIVE), Line(patch, Inbox, "take_all")
    async with open_gateway(more=[channel]) as gateway:
        claims = Line(patch, Inbox, "claim")
        line.cut = line.after = claims.cut = True
        told = (await gateway.client.post(channel.path, **hook("m1"))).text
        assert "96110" in told
        line.cut = claims.cut = False
        await asyncio.sleep(1.5)
        assert channel.ledger == [] and gateway.dialogue.history == []
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == told, "it did not arrive"
        await gateway.client.post(channel.path, **hook("m2", text="再问"))
        await asyncio.sleep(0.3)
    assert channel.ledger == [] and [text for _, text in gateway.dialogue.history] == ["再问"]


async def test_a_gateway_that_begins_without_a_database_does_not_answer_twice(
    open_gateway: Open, patch: pytest.MonkeyPatch
) -> None:
    channel = PushChannel(**PASSIVE)
    lines = [Line(patch, Inbox, name) for name in ("take_all", "claim")]
    lines.append(Line(patch, Outbox, "claim_push"))
    async with open_gateway(more=[channel]) as gateway:
        first = asyncio.create_task(gateway.client.post(channel.path, **hook("m1")))
        patch.setattr(Outbox, "claim_passive", lambda *_, **__: [])  # killed before it could answer
        assert (await first).text == "success" and channel.ledger == []
        for line in lines:
            line.cut = True
    patch.undo()
    patch.setattr("channels.ledge.STORE_SECONDS", 0.2)
    lines = [Line(patch, Inbox, name) for name in ("take_all", "claim")]
    lines.append(Line(patch, Outbox, "claim_push"))
    for line in lines:
        line.cut = True
    async with open_gateway(more=[channel]) as gateway:
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "success", (
            "its answer comes yet"
        )
        for line in lines:
            line.cut = False
        await until(lambda: channel.ledger, 5)
        await asyncio.sleep(0.3)
    assert channel.ledger == [("openid-1", "你好")]


async def test_what_rode_on_a_dead_request_is_not_taken_for_an_answer_that_comes_yet(
    open_gateway: Open, patch: pytest.MonkeyPatch
) -> None:
    channel, line = PushChannel(**PASSIVE), Line(patch, Inbox, "take_all")
    async with open_gateway(more=[channel]) as gateway:
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "你好"
    async with open_gateway(more=[channel]) as gateway:
        line.cut = True
        assert "96110" in (await gateway.client.post(channel.path, **hook("m1"))).text
        line.cut = False
        await asyncio.sleep(1.2)
    assert channel.ledger == []


async def test_a_slip_outlives_the_gateway_that_wrote_it(
    open_gateway: Open, patch: pytest.MonkeyPatch
) -> None:
    channel, line = PushChannel(**PASSIVE), Line(patch, Inbox, "take_all")
    line.cut = True
    async with open_gateway(more=[channel]) as gateway:
        told = (await gateway.client.post(channel.path, **hook("m1"))).text
    line.cut = False
    async with open_gateway(more=[channel]) as gateway:
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == told
        assert gateway.dialogue.history == []


async def test_an_answer_that_is_being_made_while_the_hotlines_go_out_elsewhere_is_dropped(
    open_gateway: Open, patch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate, asked = asyncio.Event(), asyncio.Event()

    class Slow:
        async def ask(self, sender_id: str, message: str) -> Answer:
            asked.set()
            await gate.wait()
            return Answer((Reply("迟到的回答"),))

    channel = PushChannel(passive_seconds=0.3)
    async with open_gateway(more=[channel], dialogue=Slow()) as gateway:
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "success"
        await asked.wait()
        other = Slips(tmp_path / "other", open_engine(default_url(tmp_path)), load_keys("", tmp_path))
        message = Inbound("push", "openid-1", "你好", account="acc", dedupe_key="m1")
        other.write(Slip(message, (Reply("打96110"),), time.time(), "c" * 32))
        other.settle()
        gate.set()
        await asyncio.sleep(0.5)
        assert channel.ledger == []
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "打96110"


async def test_what_was_taken_up_and_not_written_to_the_line_is_pushed(
    open_gateway: Open, patch: pytest.MonkeyPatch
) -> None:
    channel = PushChannel(passive_seconds=1.0)
    vault = Line(patch, Vault, "unmask")
    async with open_gateway(more=[channel]) as gateway:
        vault.cut = True
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "success"
        vault.cut = False
        await until(lambda: channel.ledger, 5)
    assert channel.ledger == [("openid-1", "你好")]


async def test_a_claim_whose_commit_got_lost_is_given_to_the_platforms_next_try(
    open_gateway: Open, patch: pytest.MonkeyPatch
) -> None:
    channel, line = PushChannel(**PASSIVE), Line(patch, Outbox, "claim_passive")
    async with open_gateway(more=[channel]) as gateway:
        line.cut = line.after = True
        patch.setattr("channels.desk.PASSIVE_SLACK_SECONDS", 9.0)
        assert (await gateway.client.post(channel.path, **hook("m1"))).status_code == 503
        line.cut = False
        second = (await gateway.client.post(channel.path, **hook("m1"))).text
        await until(lambda: second == "你好" or channel.ledger, 5)
        await asyncio.sleep(0.3)
        assert (second == "你好") + len(channel.ledger) == 1


async def test_what_comes_too_late_for_the_request_is_pushed_and_does_not_ride(
    open_gateway: Open, patch: pytest.MonkeyPatch
) -> None:
    patch.setattr("channels.door.LATE_SECONDS", -2.0)
    channel = PushChannel(passive_seconds=1.0)
    async with open_gateway(more=[channel]) as gateway:
        assert (await gateway.client.post(channel.path, **hook("m1"))).text == "success"
        await until(lambda: channel.ledger, 5)
    assert channel.passive == []
