"""WeCom's requests for tests, sealed as WeCom seals them, and its channel's case for the contract tests."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree

import httpx
from robot_server import served

from channels.base import Channel, Hook, HookAnswer
from channels.settings import Settings
from channels.wecom.adapter import WeComChannel, build
from tests.fakes.wechat.sealing import opened
from tests.fakes.wecom.__main__ import create_app
from tests.fakes.wecom.pusher import Pusher, envelope
from tests.fakes.wecom.world import Corp, World

CORP = Corp()
MEMBER = "person-0000000001"
SEND = "/cgi-bin/message/send"
STARTED = time.time()  # the contract's requests are made once, so its channel's clock stands still
FAULTS: dict[str, dict[str, Any]] = {
    "rejects": {"errcode": 45002},
    "is busy": {"errcode": -1},
    "takes and is silent": {"silent": True},
    "takes and hangs up": {"hang up": True},
}


@dataclass
class Fake:
    """A running fake."""

    address: str
    world: World
    pusher: Pusher


@contextlib.asynccontextmanager
async def running(callback: str = "http://127.0.0.1:1/", scale: float = 1.0) -> AsyncIterator[Fake]:
    """Run the fake WeCom."""
    app = create_app(CORP, callback, scale)
    async with served(app) as address:
        yield Fake(address, app.state.world, app.state.pusher)


def settings(**changes: Any) -> Settings:
    """Return the settings of an app."""
    known = {
        "wecom_corp_id": CORP.corp_id,
        "wecom_agent_id": CORP.agent_id,
        "wecom_secret": CORP.secret,
        "wecom_token": CORP.token,
        "wecom_aes_key": CORP.aes_key,
    }
    return Settings(_env_file=None, **{**known, **changes})


def channel(client: httpx.AsyncClient | None = None, seconds: float = 0.5, **changes: Any) -> WeComChannel:
    """Return a channel."""
    built = build(settings(**changes), client or httpx.AsyncClient(trust_env=False), seconds)
    assert built is not None
    return built


def xml(
    kind: str, more: str, sender: str = MEMBER, at: int | None = None, agent: object = CORP.agent_id
) -> str:
    """Return the XML of a message."""
    made = int(time.time()) if at is None else at
    return (
        f"<xml><ToUserName><![CDATA[{CORP.corp_id}]]></ToUserName>"
        f"<FromUserName><![CDATA[{sender}]]></FromUserName><CreateTime>{made}</CreateTime>"
        f"<MsgType><![CDATA[{kind}]]></MsgType>{more}<AgentID>{agent}</AgentID></xml>"
    )


def hook(plain: str, at: float | None = None, **changes: Any) -> Hook:
    """Return the sealed request that carries ``plain``; ``changes``: of the company that seals it."""
    query, body = envelope(plain, replace(CORP, **changes), time.time() if at is None else at)
    return Hook("POST", {"content-type": "text/xml"}, query, body)


def text(number: str, words: str, sender: str = MEMBER, at: float | None = None) -> Hook:
    """Return the request of a text message."""
    quoted = words.replace("]]>", "]]]]><![CDATA[>")
    more = f"<Content><![CDATA[{quoted}]]></Content><MsgId>{number}</MsgId>"
    return hook(xml("text", more, sender), at)


def event(name: str, more: str = "", sender: str = MEMBER, at: int | None = None) -> Hook:
    """Return the request of an event."""
    return hook(xml("event", f"<Event><![CDATA[{name}]]></Event>{more}", sender, at))


def said(answer: HookAnswer) -> dict[str, str]:
    """Return the fields of a sealed passive reply."""
    inner = opened(answer.body.decode(), CORP.token, CORP.aes_key, CORP.corp_id)
    return {child.tag: child.text or "" for child in ElementTree.fromstring(inner)}


def built(address: str) -> Channel:
    """Return the contract's channel; it calls ``address``."""
    made = channel(**({"wecom_api_base": address} if address else {}))
    made._parts.envelope._clock = lambda: STARTED
    return made


def good(number: str, words: str, sender: str) -> Hook:
    """Return the contract's request of a text message."""
    return text(number, words, sender, STARTED)


@contextlib.asynccontextmanager
async def platform(says: str) -> AsyncIterator[str]:
    """Run a WeCom that does as it is told with the next message."""
    if says == "is not there":
        yield "http://127.0.0.1:1"
        return
    async with running() as fake:
        fake.world.member(MEMBER)
        if says in FAULTS:
            fake.world.order(SEND, FAULTS[says])
        yield fake.address


SMALL = xml("text", "<Content>a</Content><MsgId>1</MsgId>")
FORGED = (
    Hook("POST", {}),
    hook(SMALL, STARTED, token="another"),
    hook(SMALL, STARTED - 3000),
    Hook("POST", {}, hook(SMALL, STARTED).query, SMALL.encode()),
)
BROKEN = (
    *(
        Hook("POST", {}, hook(SMALL, STARTED).query, body)
        for body in (b"", b"\xff", b"{", b"<xml>" + b"<a>" * 9000)
    ),
    *(
        hook(plain, STARTED)
        for plain in (
            "",
            "{}",
            "<xml/>",
            "<html/>",
            "<xml><MsgType>text</MsgType></xml>",
            "<!DOCTYPE x [<!ENTITY a 'b'>]><xml>&a;</xml>",
            "<xml>" + "<a>" * 9000 + "</a>" * 9000 + "</xml>",
            xml("event", "<Event>made_up</Event>"),
            xml("text", "<Content>a</Content>", sender="@all"),
            xml("text", "<Content>a</Content>", sender="a|b"),
            xml("text", "<Content>a</Content>", agent=7),
        )
    ),
    hook(SMALL, STARTED, corp_id="ww0000000000000002"),
)
