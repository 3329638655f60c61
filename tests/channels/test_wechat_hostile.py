"""The whole gateway and hostile or private input from WeChat: no trace, no log line, no connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import wechat_requests as wx
from pytest_socket import enable_socket
from wechat_street import Open, Slow, opener

from channels import desk


@pytest.fixture
def open_street(open_gateway: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    enable_socket()
    monkeypatch.setattr(desk, "PASSIVE_SLACK_SECONDS", 0.1)
    return opener(open_gateway, tmp_path)


async def test_forged_requests_leave_no_trace(open_street: Open) -> None:
    async with open_street() as street:
        client = street.gateway.client
        for bad in (wx.text("1", "x"), wx.plain(b"<xml/>")):
            query = {**bad.query, "signature": "0" * 40}
            assert (await client.post("/webhooks/wechat", params=query, content=bad.body)).status_code == 403
        other = wx.hook(wx.xml("text", "<Content>x</Content>"), app_id="wx0000000000000002")
        answer = await client.post("/webhooks/wechat", params=dict(other.query), content=other.body)
        assert (answer.status_code, answer.text) == (200, "success")
        assert (await client.get("/webhooks/wechat", params={"echostr": "1"})).status_code == 403
        good = wx.plain(b"").query
        greeted = await client.get("/webhooks/wechat", params={**good, "echostr": "4711"})
        assert (greeted.status_code, greeted.text) == (200, "4711")
        assert street.rows("SELECT count(*) FROM inbox") == [(0,)] and street.dialogue.asked == []


async def test_nothing_of_people_or_secrets_is_logged(
    open_street: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with open_street(Slow(0.4), wait=0.1) as street:
        await street.say("我叫张三，手机13912345678，卡6222021234567890128")
        await street.until(street.seen)
        token = street.fake.world.stable
    said = caplog.text
    for secret in (wx.OPENID, "13912345678", "张三", wx.SECRET, wx.TOKEN, wx.AES_KEY, token):
        assert secret and secret not in said
    assert "13912345678" in street.seen()[0][1]  # told back to their owner only
    assert "13912345678" not in str(street.dialogue.asked)


SCAM_LINKS = ["http://127.0.0.1:1/admin", "http://169.254.169.254/", "file:///etc/passwd", "http://[::1]/"]


async def test_no_link_is_ever_opened(open_street: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_street() as street:
        connected: list[Any] = []
        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", _note(connected), raising=False)
        for link in SCAM_LINKS:
            await street.say(f"点 {link}")
            fields = {"Title": "领", "Description": "", "Url": link, "MsgId": street.fake.world.number()}
            await street.fake.pusher.push(wx.OPENID, "link", fields)
            picture = {"PicUrl": link, "MediaId": "m", "MsgId": street.fake.world.number()}
            await street.fake.pusher.push(wx.OPENID, "image", picture)
    # Pictures are fetched by their number from WeChat itself; the address that came along is not even looked at.
    assert {f"http://{host}:{port}" for host, port in connected} == {street.fake.address}


def _note(connected: list[Any]) -> Callable[..., Coroutine[Any, Any, None]]:
    async def connect(*args: Any, **kwargs: Any) -> None:
        connected.append(args[1:3])
        raise OSError

    return connect
