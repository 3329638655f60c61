"""DingTalk's requests for tests, and its channel's case for the contract tests."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
from robot_server import served

from channels.base import Channel, Hook
from channels.dingtalk.adapter import DingTalkChannel, build
from channels.dingtalk.session import Hosts
from channels.settings import Settings
from tests.fakes.dingtalk.__main__ import create_app
from tests.fakes.dingtalk.pusher import Pusher
from tests.fakes.dingtalk.world import App, Session, World, sign

APP = App()
SESSION = "0123456789abcdef"
ANSWER = "/robot/sendBySession"
WEBHOOK = f"https://oapi.dingtalk.com/robot/sendBySession?session={SESSION}"
STARTED = time.time()
FAULTS: dict[str, dict[str, Any]] = {
    "rejects": {"errcode": 430104},
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
async def running(callback: str = "http://127.0.0.1:1/") -> AsyncIterator[Fake]:
    """Run the fake DingTalk."""
    app = create_app(APP, callback, "")
    async with served(app) as address:
        app.state.pusher.base = address
        yield Fake(address, app.state.world, app.state.pusher)


def settings(**changes: Any) -> Settings:
    """Return the settings of a robot."""
    known = {"dingtalk_app_key": APP.key, "dingtalk_app_secret": APP.secret}
    return Settings(_env_file=None, **{**known, **changes})


def channel(address: str = "", seconds: float = 0.5, **changes: Any) -> DingTalkChannel:
    """Return a channel that calls ``address``."""
    base = {"dingtalk_api_base": address, "dingtalk_webhook_base": address} if address else {}
    made = build(settings(**{**base, **changes}), httpx.AsyncClient(trust_env=False), seconds)
    assert made is not None
    return made


def data(
    number: str = "1", words: str = "你好", staff: str = "person-0000000001", **fields: Any
) -> dict[str, Any]:
    """Return the JSON of a text message."""
    return {
        "conversationId": "cid000000000001==",
        "conversationType": "1",
        "robotCode": APP.key,
        "msgId": f"msg{number}==",
        "senderId": f"$:LWCP_v1:${staff}",
        "senderStaffId": staff,
        "createAt": int(STARTED * 1000),
        "sessionWebhook": WEBHOOK,
        "sessionWebhookExpiredTime": int((STARTED + 5400) * 1000),
        "msgtype": "text",
        "text": {"content": words},
        **fields,
    }


def hook(body: object, at: float | None = None, secret: str = APP.secret) -> Hook:
    """Return a signed request; ``body`` is JSON to be, or bytes."""
    milliseconds = str(int((time.time() if at is None else at) * 1000))
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Hook("POST", {"timestamp": milliseconds, "sign": sign(secret, milliseconds)}, {}, raw)


def built(address: str) -> Channel:
    """Return the contract's channel."""
    made = channel(address)
    made._parts = replace(made._parts, clock=lambda: STARTED)
    return made


def good(number: str, words: str, sender: str) -> Hook:
    """Return the contract's request of a text message."""
    return hook(data(number, words, sender), STARTED)


def route(address: str) -> str:
    """Return where an answer goes on the platform at ``address``."""
    return f"{address}{ANSWER}?session={SESSION}"


@contextlib.asynccontextmanager
async def platform(says: str) -> AsyncIterator[str]:
    """Run a DingTalk that does as it is told with the next message."""
    if says == "is not there":
        yield "http://127.0.0.1:1"
        return
    async with running() as fake:
        fake.world.sessions[SESSION] = Session("cid", time.time() + 100)
        if says in FAULTS:
            fake.world.order(ANSWER, FAULTS[says])
        yield fake.address


FORGED = (
    Hook("POST", {}),
    hook(data(), STARTED, secret="another"),
    hook(data(), STARTED - 3700),
    hook(data(), STARTED + 3700),
    Hook("POST", {"timestamp": "9" * 400, "sign": "x"}),
    Hook("POST", {"timestamp": "١٢٣", "sign": "x"}),
)
BROKEN = tuple(
    hook(body, STARTED)
    for body in (
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b"[" * 30_000 + b"]" * 30_000,
        b'{"a":' * 9000 + b"1" + b"}" * 9000,
        b" " * 70_000,
        {},
        data(conversationType="3"),
        data(conversationId=7),
        data(senderId=None, senderStaffId=""),
        data(senderStaffId="x\ny", senderId=""),
        data(conversationType="2"),
        data(conversationType="2", isInAtList="true"),
    )
)
HOSTS = Hosts(("https://api.dingtalk.com", "https://oapi.dingtalk.com"))
