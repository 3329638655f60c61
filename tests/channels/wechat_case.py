"""The WeChat channel's case for the contract tests."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import wechat_requests as wx
from wechat_fake import running

from channels.base import Channel, Hook

SEND = "/cgi-bin/message/custom/send"
FAULTS: dict[str, dict[str, Any]] = {
    "rejects": {"errcode": 45002},
    "is busy": {"errcode": -1},
    "takes and is silent": {"silent": True},
    "takes and hangs up": {"hang up": True},
}


STARTED = time.time()  # the requests below are made once, so the channel's clock stands still


def build(address: str) -> Channel:
    """Return a service account's channel that calls ``address``."""
    made = wx.channel(**({"wechat_api_base": address} if address else {}))
    made._parts.envelope._clock = lambda: STARTED
    return made


def good(number: str, text: str, sender: str) -> Hook:
    """Return the request that brings a text message."""
    more = f"<Content><![CDATA[{text}]]></Content><MsgId>{number}</MsgId>"
    return wx.hook(wx.xml("text", more, sender), at=STARTED)


@contextlib.asynccontextmanager
async def platform(says: str) -> AsyncIterator[str]:
    """Run a WeChat that does as it is told with the next message."""
    if says == "is not there":
        yield "http://127.0.0.1:1"
        return
    async with running() as fake:
        fake.world.person(wx.OPENID).subscribed = True
        fake.world.opens(wx.OPENID, "message", (5, 60.0))
        if says in FAULTS:
            fake.world.faults[SEND] = deque([FAULTS[says]])
        yield fake.address


FORGED = (
    Hook("POST", {}),
    wx.hook(wx.xml("text", "<Content>a</Content>"), token="another", at=STARTED),
    wx.plain(wx.xml("text", "<Content>a</Content>").encode(), at=STARTED),
)
BROKEN = (
    *(wx.plain(body, at=STARTED) for body in (b"", b"\xff\xfe", b"{", b"<xml", b"<xml>" + b"<a>" * 9000)),
    *(
        wx.hook(plain, at=STARTED)
        for plain in (
            "",
            "{}",
            "<xml/>",
            "<html/>",
            "<xml><MsgType>text</MsgType></xml>",
            "<!DOCTYPE x [<!ENTITY a 'b'>]><xml>&a;</xml>",
            "<xml>" + "<a>" * 9000 + "</a>" * 9000 + "</xml>",
            wx.xml("event", "<Event>made_up</Event>"),
        )
    ),
)
