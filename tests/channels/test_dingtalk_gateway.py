"""The whole gateway between a strict DingTalk and a scripted dialogue engine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dingtalk_requests as dt
import pytest
from pytest_socket import enable_socket
from sqlalchemy import create_engine, text
from wechat_street import Slow

from channels.base import GiveUp, Media, Outcome, Outgoing, Reply, Retry
from channels.dialogue import Answer
from channels.pictures.reader import Reading

STAFF = "staff-0000000001"


class Reader:
    """Reads every picture as the same words."""

    async def read(self, picture: bytes) -> Reading:
        return Reading("图上写着：转账到安全账户", (), True)

    def close(self) -> None:
        pass


@dataclass
class Street:
    """DingTalk on one side, the gateway on the other."""

    fake: dt.Fake
    gateway: Any
    dialogue: Slow
    database: str

    def seen(self, talk: str = f"cid-{STAFF}") -> list[str]:
        return [one["text"] for one in self.fake.world.talks.get(talk, [])]

    def rows(self, query: str) -> list[Any]:
        engine = create_engine(self.database)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return found

    async def until(self, done: Callable[[], object], seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, self.fake.world.talks
            await asyncio.sleep(0.02)


Open = Callable[..., contextlib.AbstractAsyncContextManager[Street]]


@pytest.fixture
def open_street(open_gateway: Callable[..., Any], tmp_path: Path) -> Open:
    enable_socket()

    @contextlib.asynccontextmanager
    async def open_(dialogue: Slow | None = None) -> AsyncIterator[Street]:
        slow = dialogue or Slow()
        async with dt.running() as fake:
            channel = dt.channel(fake.address, seconds=3)
            settings = {"burst_seconds": 0, "rate_per_minute": 0, "pictures": Reader()}
            async with open_gateway(dialogue=slow, more=[channel], **settings) as gateway:
                fake.pusher.client = gateway.client
                fake.pusher.callback = "http://gateway/webhooks/dingtalk"
                yield Street(fake, gateway, slow, f"sqlite:///{tmp_path / 'fanzha.db'}")

    return open_


async def test_an_answer_goes_to_the_session(open_street: Open) -> None:
    async with open_street() as street:
        assert await street.fake.pusher.say(STAFF, "他让我转账") == 200
        await street.until(street.seen)
        await asyncio.sleep(0.3)
        assert street.seen() == ["答：他让我转账"]


async def test_a_message_sent_three_times_is_answered_once(open_street: Open) -> None:
    async with open_street() as street:
        pusher = street.fake.pusher
        message = pusher.message(STAFF, msgtype="text", text={"content": "他让我转账"})
        statuses = await asyncio.gather(*(pusher.push(message) for _ in range(3)))
        await street.until(street.seen)
        await asyncio.sleep(0.3)
        assert (statuses, len(street.seen()), len(street.dialogue.asked)) == ([200] * 3, 1, 1)


async def test_in_a_group_only_who_mentions_us_is_answered_and_everybody_is_warned(open_street: Open) -> None:
    async with open_street() as street:
        pusher = street.fake.pusher
        await pusher.say(STAFF, "别理", "cid-group", isInAtList=False)
        await pusher.say(STAFF, "他让我转账", "cid-group")
        await street.until(lambda: street.seen("cid-group"))
        (said,) = street.fake.world.talks["cid-group"]
        assert said["text"].startswith("答：他让我转账\n") and "群里大家都看得见" in said["text"]
        assert (said["at"], said["all"]) == ([STAFF], False)
        assert street.dialogue.asked == ["他让我转账"]


async def test_what_was_said_alone_never_shows_up_in_a_group(open_street: Open) -> None:
    def quotes(card: str) -> Answer:
        return Answer((Reply(card),))

    answers = (quotes("记下了 <手机号#1>"), quotes("您说的是 <手机号#1>"), quotes("好 <手机号#1>"))
    async with open_street(Slow(0, *answers)) as street:
        pusher = street.fake.pusher
        await pusher.say(STAFF, "对方手机13912345678")
        await street.until(street.seen)
        await pusher.say(STAFF, "再说一遍", "cid-group")
        await street.until(lambda: street.seen("cid-group"))
        await pusher.say("another", "再说一遍", "cid-group")
        await street.until(lambda: len(street.seen("cid-group")) == 2)
        assert street.seen() == ["记下了 13912345678"]
        assert "13912345678" not in str(street.seen("cid-group"))
        assert street.rows("SELECT count(*) FROM person") == [(3,)]
        assert street.rows("SELECT count(DISTINCT sender_id) FROM conversation") == [(3,)]


async def test_a_session_that_is_over_keeps_the_answer_for_the_next_message(open_street: Open) -> None:
    async with open_street() as street:
        pusher = street.fake.pusher
        past = int((time.time() - 5) * 1000)
        await pusher.say(STAFF, "一", sessionWebhookExpiredTime=past)
        await street.until(lambda: street.rows("SELECT count(*) FROM outbox") == [(1,)])
        await asyncio.sleep(1.2)
        assert street.seen() == [] and street.fake.world.calls(dt.ANSWER) == 0
        await pusher.say(STAFF, "二")
        await street.until(lambda: len(street.seen()) == 2)
        assert sorted(street.seen()) == ["答：一", "答：二"]


async def test_a_session_that_dingtalk_says_is_over_keeps_it_too(open_street: Open) -> None:
    async with open_street(Slow(0.3)) as street:
        await street.fake.pusher.say(STAFF, "一")
        street.fake.world.sessions.clear()
        await street.until(lambda: street.fake.world.calls(dt.ANSWER) == 1)
        await asyncio.sleep(0.3)
        assert street.rows("SELECT state, cause FROM outbox") == [("queued", "session over")]
        await street.fake.pusher.say(STAFF, "二")
        await street.until(lambda: len(street.seen()) == 2)


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/x", "https://evil.example/x", "http://127.0.0.1:1/x"]
)
async def test_no_connection_is_made_to_an_address_of_somebody_else(
    open_street: Open, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_street() as street:
        connected: list[Any] = []

        async def connect(*args: Any, **_: Any) -> None:
            connected.append(args)
            raise OSError

        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", connect, raising=False)
        assert await street.fake.pusher.say(STAFF, f"点 {address}", sessionWebhook=address) == 200
        await street.until(lambda: street.rows("SELECT count(*) FROM outbox") == [(1,)])
        await asyncio.sleep(0.3)
        assert connected == []


async def test_the_sessions_address_is_kept_encrypted_and_logged_nowhere(
    open_street: Open, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_street() as street:
        street.fake.world.order(dt.ANSWER, {"errcode": 310000})
        await street.fake.pusher.say(STAFF, "我叫张三，手机13912345678")
        await street.until(lambda: street.rows("SELECT state FROM outbox") == [("dead",)])
        await street.fake.pusher.say(STAFF, "再来")
        await street.until(street.seen)
        sessions = list(street.fake.world.sessions)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("fanzha.db"))
    for secret in (*sessions, STAFF, "13912345678", "张三", "sendBySession"):
        assert secret.encode() not in stored, secret
    for secret in (*sessions, STAFF, "13912345678", "张三", dt.APP.secret):
        assert secret not in caplog.text, secret


async def test_forged_requests_leave_no_trace(open_street: Open) -> None:
    async with open_street() as street:
        pusher = street.fake.pusher
        message = pusher.message(STAFF, msgtype="text", text={"content": "x"})
        for bad in ({"secret": "another"}, {"skew": 3700.0}, {"skew": -3700.0}, {"skew": -301.0}):
            assert await pusher.push(message, **bad) == 403
        assert (await street.gateway.client.get("/webhooks/dingtalk")).status_code == 405
        assert street.rows("SELECT count(*) FROM inbox") == [(0,)]


async def test_a_picture_is_fetched_read_and_answered(open_street: Open) -> None:
    async with open_street() as street:
        world, pusher = street.fake.world, street.fake.pusher
        world.codes["code-1"] = ("a.jpg", "image/jpeg", b"\xff\xd8picture")
        await pusher.push(pusher.message(STAFF, msgtype="picture", content={"downloadCode": "code-1"}))
        await street.until(street.seen)
        assert "安全账户" in street.dialogue.asked[0] and "图上写着" in "".join(street.seen())
        await pusher.push(pusher.message(STAFF, msgtype="picture", content={"downloadCode": "code-2"}))
        await street.until(lambda: "把图里的字打出来" in "".join(street.seen()))


async def test_pictures_come_from_dingtalk_itself_and_a_token_is_renewed_once() -> None:
    enable_socket()
    async with dt.running() as fake:
        channel, world = dt.channel(fake.address, seconds=3), fake.world
        world.codes["c"] = ("a.jpg", "image/jpeg", b"picture")
        world.codes["big"] = ("b.jpg", "image/jpeg", b"x" * (11 * 1024 * 1024))
        assert await channel.fetch(Media("picture", "c")) == b"picture"
        world.tokens.clear()
        assert await channel.fetch(Media("picture", "c")) == b"picture"
        assert world.calls("/v1.0/oauth2/accessToken") == 2
        for reference in ("big", "unknown", ""):
            with pytest.raises(GiveUp):
                await channel.fetch(Media("picture", reference))
        files = world.calls("/files/{name}")
        for elsewhere in ("http://169.254.169.254/x", "https://evil.example/x", "http://127.0.0.1:1/x"):
            world.file_address = elsewhere
            with pytest.raises(GiveUp):
                await channel.fetch(Media("picture", "c"))
        assert world.calls("/files/{name}") == files
        world.order("/v1.0/robot/messageFiles/download", {"status": 503})
        with pytest.raises(Retry):
            await channel.fetch(Media("picture", "c"))
        with pytest.raises(GiveUp):
            await dt.channel(fake.address, dingtalk_app_secret="no").fetch(Media("picture", "c"))
    with pytest.raises(Retry):
        await dt.channel("http://127.0.0.1:1").fetch(Media("picture", "c"))


@pytest.mark.parametrize(
    ("code", "outcome", "pause"),
    [
        (-1, Outcome.RETRY, 0),
        (130101, Outcome.RETRY, 0),  # nobody else's answers wait because of one loud group
        (300001, Outcome.HOLD, 0),
        (310000, Outcome.REJECTED, 0),
        (99999, Outcome.REJECTED, 0),
    ],
)
async def test_what_an_error_code_means(code: int, outcome: Outcome, pause: float) -> None:
    enable_socket()
    async with dt.running() as fake:
        fake.world.order(dt.ANSWER, {"errcode": code})
        outgoing = Outgoing("0" * 32, "a", "1\np\ncid", Reply("先别转账"), route=dt.route(fake.address))
        found = await dt.channel(fake.address).deliver(outgoing)
        assert (found.outcome, found.pause) == (outcome, pause) and found.cause


@pytest.mark.parametrize("route", ["", "http://127.0.0.1:1/x", "https://evil.example/x"])
async def test_an_address_is_looked_at_again_when_it_is_used(route: str) -> None:
    enable_socket()
    async with dt.running() as fake:
        outgoing = Outgoing("0" * 32, "a", "1\np\ncid", Reply("先别转账"), route=route)
        found = await dt.channel(fake.address).deliver(outgoing)
        assert (found.outcome, found.cause) == (Outcome.HOLD, "no session")


async def test_nobody_can_have_everybody_rung() -> None:
    enable_socket()
    async with dt.running() as fake:
        session, _ = fake.world.open_session("cid")
        route = f"{fake.address}{dt.ANSWER}?session={session}"
        said = Reply("他说 @所有人 @all 快转账 a@b.example <@all>")
        await dt.channel(fake.address).deliver(Outgoing("0" * 32, "a", "2\np\ncid", said, route=route))
        (seen,) = fake.world.talks["cid"]
        assert "@所有人" not in seen["text"] and "@all" not in seen["text"] and not seen["all"]
        assert "a@b.example" in seen["text"]
