"""The whole gateway between a strict WeCom and a scripted dialogue engine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import wecom_requests as wc
from pytest_socket import enable_socket
from sqlalchemy import create_engine, text
from wechat_street import Slow

from channels import desk
from channels.base import Reply
from channels.dialogue import Answer, DialogueDown


@dataclass
class Street:
    """WeCom on one side, the gateway on the other."""

    fake: wc.Fake
    gateway: Any
    dialogue: Slow
    database: str

    async def say(self, words: str, who: str = wc.MEMBER) -> str:
        self.fake.world.member(who)
        fields = {"Content": words, "MsgId": self.fake.world.number()}
        return await self.fake.pusher.push(who, "text", fields)

    def seen(self, who: str = wc.MEMBER) -> list[tuple[str, str]]:
        return [(one["from"], one["text"]) for one in self.fake.world.member(who).phone]

    def rows(self, query: str) -> list[Any]:
        engine = create_engine(self.database)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return found

    async def until(self, done: Callable[[], object], seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, self.seen()
            await asyncio.sleep(0.02)


Open = Callable[..., contextlib.AbstractAsyncContextManager[Street]]


@pytest.fixture
def open_street(open_gateway: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    enable_socket()
    monkeypatch.setattr(desk, "PASSIVE_SLACK_SECONDS", 0.1)

    @contextlib.asynccontextmanager
    async def open_(
        dialogue: Slow | None = None, wait: float = 4.5, scale: float = 1.0
    ) -> AsyncIterator[Street]:
        slow = dialogue or Slow()
        async with wc.running(scale=scale) as fake:
            channel = wc.channel(wecom_api_base=fake.address, seconds=3)
            channel.capabilities = replace(channel.capabilities, passive_seconds=wait)
            settings = {"burst_seconds": 0, "rate_per_minute": 0}
            async with open_gateway(dialogue=slow, more=[channel], **settings) as gateway:
                fake.pusher.client = gateway.client
                fake.pusher.callback = "http://gateway/webhooks/wecom"
                yield Street(fake, gateway, slow, f"sqlite:///{tmp_path / 'fanzha.db'}")

    return open_


async def test_the_admin_page_checks_our_address(open_street: Open) -> None:
    async with open_street() as street:
        assert await street.fake.pusher.greet()
        assert (await street.gateway.client.get("/webhooks/wecom?echostr=1")).status_code == 403


async def test_an_answer_in_time_rides_on_the_request(open_street: Open) -> None:
    async with open_street() as street:
        assert await street.say("他让我转账]]>") == "replied"
        await asyncio.sleep(0.4)
        assert street.seen() == [("passive", "答：他让我转账]]>")]


async def test_a_late_answer_is_sent_as_an_app_message_once(open_street: Open) -> None:
    async with open_street(Slow(0.8), wait=0.3) as street:
        assert await street.say("他让我转账") == "empty"
        await street.until(street.seen)
        await asyncio.sleep(0.3)
        assert street.seen() == [("app", "答：他让我转账")]


async def test_a_message_sent_three_times_is_answered_once(open_street: Open) -> None:
    async with open_street(scale=0.6) as street:
        street.fake.pusher.drop_answers = 2
        assert await street.say("他让我转账") == "replied"
        assert (len(street.seen()), len(street.dialogue.asked)) == (1, 1)
        same = [wc.text("77", "再问一次") for _ in range(3)]
        await asyncio.gather(
            *(
                street.gateway.client.post("/webhooks/wecom", params=dict(one.query), content=one.body)
                for one in same
            )
        )
        assert len(street.dialogue.asked) == 2
        assert street.rows("SELECT count(*) FROM inbox") == [(2,)]


async def test_events_press_buttons_and_opening_the_app_says_nothing(open_street: Open) -> None:
    async with open_street() as street:
        push = street.fake.pusher.push
        assert await push(wc.MEMBER, "event", {"Event": "enter_agent", "EventKey": ""}) == "empty"
        assert street.dialogue.asked == []
        assert await push(wc.MEMBER, "event", {"Event": "click", "EventKey": "/already_paid"}) == "replied"
        assert street.dialogue.asked == ["/already_paid"]
        assert await push(wc.MEMBER, "event", {"Event": "unsubscribe"}) == "empty"
        assert street.rows("SELECT reachable FROM person") in ([(0,)], [(False,)])


async def test_the_31st_message_in_a_minute_is_held_back_by_us(open_street: Open) -> None:
    pages = Answer(tuple(Reply(f"{n:02}" + "长" * 660) for n in range(34)))
    async with open_street(Slow(0, pages)) as street:
        assert await street.say("教教我") == "replied"
        await street.until(lambda: len(street.seen()) == 31, 60)
        await asyncio.sleep(1.5)
        assert len(street.seen()) == 31, "one rode on the request, thirty were pushed"
        assert not [line for line in street.fake.world.lines if line["way"] == "dropped"]
        await street.until(lambda: "pace" in str(street.rows("SELECT cause FROM outbox")))
        held = street.rows("SELECT cause, due_at, attempts FROM outbox WHERE state = 'queued' ORDER BY id")
        assert (len(held), held[0][0], held[0][2]) == (3, "pace", 0)
        assert 50 < held[0][1] - time.time() < 62


async def test_people_get_the_hotlines_while_the_engine_is_down(open_street: Open) -> None:
    async with open_street(Slow(0, DialogueDown("timeout"))) as street:
        assert await street.say("他让我转账到安全账户") == "replied"
        assert "110" in street.seen()[0][1]


async def test_forged_requests_leave_no_trace(open_street: Open) -> None:
    async with open_street() as street:
        client = street.gateway.client
        for bad in wc.FORGED:
            answer = await client.post("/webhooks/wecom", params=dict(bad.query), content=bad.body)
            assert answer.status_code in {400, 403}
        other = wc.hook(wc.SMALL, corp_id="ww0000000000000002")
        answer = await client.post("/webhooks/wecom", params=dict(other.query), content=other.body)
        assert (answer.status_code, answer.content) == (200, b"")
        assert street.rows("SELECT count(*) FROM inbox") == [(0,)] and street.dialogue.asked == []


async def test_nothing_of_people_or_secrets_is_logged(
    open_street: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_street(Slow(0.4), wait=0.1) as street:
        await street.say("我叫张三，手机13912345678，卡6222021234567890128")
        await street.until(street.seen)
        fields = {"PicUrl": "http://169.254.169.254/x", "MediaId": "none", "MsgId": "9"}
        await street.fake.pusher.push(wc.MEMBER, "image", fields)
        await street.until(lambda: len(street.seen()) == 2)
        token = street.fake.world.token
    said = caplog.text
    for secret in (wc.MEMBER, "13912345678", "张三", wc.CORP.secret, wc.CORP.token, wc.CORP.aes_key, token):
        assert secret and secret not in said
    assert "13912345678" in street.seen()[0][1]  # told back to their owner only
    assert "13912345678" not in str(street.dialogue.asked)
    assert "169.254" not in said
