"""The client of WeChat's API against the fake: one refresh, error codes, media, and what comes of a push."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import wechat_requests as wx
from pytest_socket import enable_socket
from wechat_fake import Fake, running

from channels.base import Delivery, GiveUp, Media, Outcome, Outgoing, Reply, Retry, Turn
from channels.wechat import api
from channels.wechat.adapter import WeChatChannel
from channels.wechat.errors import load_table
from channels.wechat.tokens import RENEWAL_SECONDS, Tokens

SEND = "/cgi-bin/message/custom/send"


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    enable_socket()
    async with running() as one:
        follower = one.world.person(wx.OPENID)
        follower.subscribed = True
        one.world.opens(wx.OPENID, "message", (1000, 3600.0))
        yield one


def channel(fake: Fake, **changes: Any) -> WeChatChannel:
    return wx.channel(wechat_api_base=fake.address, **changes)


def letter(text: str = "先别转账", to: str = wx.OPENID) -> Outgoing:
    return Outgoing("0" * 32, wx.APP_ID, to, Reply(text))


def fault(fake: Fake, path: str, fault_: dict[str, Any], times: int = 1) -> None:
    from collections import deque

    fake.world.faults.setdefault(path, deque()).extend(dict(fault_) for _ in range(times))


def calls(fake: Fake, path: str) -> int:
    return sum(line["way"] == "api" and line["path"] == path for line in fake.world.ledger)


async def test_a_message_arrives_as_it_was_written(fake: Fake) -> None:
    text = '先别转账 "😀" \\u4f60 <b>\n拿不准打96110'
    wechat = channel(fake)
    assert await wechat.deliver(letter("好" * 682)) == Delivery(Outcome.SENT)
    assert await wechat.deliver(letter(text.replace("\\u", "/u"))) == Delivery(Outcome.SENT)
    assert fake.world.people[wx.OPENID].phone[1]["text"] == text.replace("\\u", "/u").replace("<b", "＜b")
    assert wechat.quota() == {"custom_send": 499_998.0}
    assert calls(fake, "/cgi-bin/stable_token") == 1


async def test_a_hundred_clients_with_an_expired_token_make_one_refresh(fake: Fake) -> None:
    wechat = channel(fake, seconds=20)
    assert (await wechat.deliver(letter())).outcome is Outcome.SENT
    fake.world.expire_tokens()
    fake.world.stable = ""
    before = calls(fake, "/cgi-bin/stable_token")
    found = await asyncio.gather(*(wechat.deliver(letter(str(n))) for n in range(100)))
    assert [one.outcome for one in found] == [Outcome.SENT] * 100
    assert calls(fake, "/cgi-bin/stable_token") - before == 1
    assert len(fake.world.people[wx.OPENID].phone) == 101


@pytest.mark.parametrize("code", [40001, 40014, 42001, 41001])
async def test_a_refused_token_for_ever_makes_one_refresh_and_two_sends(fake: Fake, code: int) -> None:
    wechat = channel(fake)
    await wechat.deliver(letter())
    fault(fake, SEND, {"errcode": code}, 1000)
    before = calls(fake, "/cgi-bin/stable_token"), calls(fake, SEND)
    delivery = await wechat.deliver(letter())
    assert (delivery.outcome, delivery.pause) == (Outcome.RETRY, 60)
    assert calls(fake, "/cgi-bin/stable_token") - before[0] <= 1
    assert calls(fake, SEND) - before[1] <= 2
    await asyncio.gather(*(wechat.deliver(letter()) for _ in range(50)))
    assert calls(fake, "/cgi-bin/stable_token") - before[0] <= 1


@pytest.mark.parametrize(
    ("code", "outcome", "more"),
    [
        (-1, Outcome.RETRY, {}),
        (45011, Outcome.RETRY, {"pause": 60}),
        (45009, Outcome.RETRY, {"pause": 3600}),
        (45015, Outcome.HOLD, {}),
        (45047, Outcome.HOLD, {}),
        (48001, Outcome.HOLD, {}),
        (43004, Outcome.REJECTED, {"gone": True}),
        (40003, Outcome.REJECTED, {"gone": True}),
        (48002, Outcome.REJECTED, {"gone": True}),
        (45002, Outcome.REJECTED, {}),
        (47001, Outcome.REJECTED, {}),
        (45065, Outcome.SENT, {}),
        (45066, Outcome.RETRY, {"after": 60}),
        (50002, Outcome.RETRY, {"pause": 3600}),
        (99999, Outcome.REJECTED, {}),
    ],
)
async def test_what_an_error_code_means(
    fake: Fake, code: int, outcome: Outcome, more: dict[str, Any]
) -> None:
    fault(fake, SEND, {"errcode": code})
    found = await channel(fake).deliver(letter())
    assert found.outcome is outcome and found.cause
    assert {name: getattr(found, name) for name in ("gone", "pause", "after")} == {
        "gone": False,
        "pause": 0,
        "after": 0,
        **more,
    }


async def test_what_is_not_permitted_is_not_tried_again_for_an_hour(fake: Fake) -> None:
    fault(fake, SEND, {"errcode": 48001})
    wechat = channel(fake)
    await wechat.deliver(letter())
    assert (await wechat.deliver(letter())).outcome is Outcome.HOLD
    assert calls(fake, SEND) == 1


async def test_an_address_that_is_not_listed_stops_the_account_and_says_why(
    fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    fake.world.ip_listed = False
    found = await channel(fake).deliver(letter("<13912345678>"))
    assert (found.outcome, found.pause, found.cause) == (Outcome.RETRY, 300, "ip not listed")
    assert "white list" in caplog.text
    assert "13912345678" not in caplog.text and wx.OPENID not in caplog.text and wx.SECRET not in caplog.text


@pytest.mark.parametrize("path", ["/cgi-bin/stable_token", SEND])
@pytest.mark.parametrize("trouble", [{"silent": True}, {"hang up": True}, {"status": 502}, {"status": 503}])
async def test_what_was_surely_not_sent_is_told_apart(fake: Fake, path: str, trouble: dict[str, Any]) -> None:
    fault(fake, path, trouble)
    found = await channel(fake).deliver(letter())
    sure = path != SEND or trouble == {"status": 503}
    assert found.outcome is (Outcome.RETRY if sure else Outcome.UNKNOWN)


async def test_an_unverified_account_pushes_nothing(fake: Fake) -> None:
    found = await channel(fake, wechat_account="unverified", wechat_app_secret="").deliver(letter())
    assert found.outcome is Outcome.HOLD and fake.world.ledger == []


async def test_pictures_come_from_wechats_host_only(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    later = fake.world.now() + 60
    fake.world.media = {
        "picture": ("image/jpeg", b"\xff\xd8jpeg", later),
        "video": ("video/mp4", b"", later),
        "large": ("image/jpeg", b"x" * 2_000_000, later),
        "old": ("image/jpeg", b"x", later - 999),
        "../../etc": ("image/png", b"\x89PNG", later),
    }
    wechat = channel(fake)
    assert await wechat.fetch(Media("picture", "picture")) == b"\xff\xd8jpeg"
    assert await wechat.fetch(Media("picture", "../../etc")) == b"\x89PNG"
    for gone in ("video", "old", "http://127.0.0.1:1/x", ""):
        with pytest.raises(GiveUp):
            await wechat.fetch(Media("picture", gone))
    fault(fake, "/cgi-bin/media/get", {"errcode": -1})
    with pytest.raises(Retry):
        await wechat.fetch(Media("picture", "picture"))
    monkeypatch.setattr(api.Api.media, "__defaults__", (1_000_000,))
    with pytest.raises(GiveUp):
        await wechat.fetch(Media("picture", "large"))


async def test_redirects_are_not_followed() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if "token" in request.url.path:
            return httpx.Response(200, json={"access_token": "t", "expires_in": 7200})
        return httpx.Response(302, headers={"Location": "http://169.254.169.254/"})

    wechat = wx.channel(httpx.AsyncClient(transport=httpx.MockTransport(answer)))
    assert (await wechat.deliver(letter())).outcome is Outcome.UNKNOWN
    with pytest.raises(GiveUp):
        await wechat.fetch(Media("picture", "m"))
    assert set(asked) == {"api.weixin.qq.com"}


async def test_whoever_waits_sees_that_we_write(fake: Fake) -> None:
    fake.world.people[wx.OPENID].last_spoke = fake.world.now()
    wechat = channel(fake)

    async def take(_: object) -> None:
        return None

    task = asyncio.create_task(wechat.run(take))
    for _ in range(2):  # the second one is refused: 45081
        assert wechat.answer(wx.text("1", "hi"), Turn((), pending=True)).body == b"success"
    for _ in range(200):
        if calls(fake, "/cgi-bin/message/custom/typing") == 2:
            break
        await asyncio.sleep(0.01)
    task.cancel()
    assert [line["way"] for line in fake.world.ledger if line["way"] == "typing"] == ["typing"]


async def test_a_token_is_fetched_before_its_end_and_not_twice_in_half_a_minute() -> None:
    now, fetched = [0.0], []

    async def fetch() -> tuple[str, float]:
        fetched.append(now[0])
        return f"token-{len(fetched)}", 7200.0

    tokens = Tokens(fetch, lambda: now[0])
    assert [await tokens.get(), await tokens.get()] == ["token-1", "token-1"]
    now[0] = 6901.0
    assert await tokens.get() == "token-2"
    assert await tokens.renew("token-1") == "token-2"
    assert await tokens.renew("token-2") == "token-3"
    assert await tokens.renew("token-3") is None
    now[0] += RENEWAL_SECONDS
    assert await tokens.renew("token-3") == "token-4"
    assert len(fetched) == 4


def test_the_table_is_whole() -> None:
    table = load_table()
    assert {-1, 40001, 40164, 45009, 45015, 45047, 48001, 43004} <= set(table)
    for meaning in table.values():
        assert len(meaning.cause) <= 40 and meaning.delivery()
