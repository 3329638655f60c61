"""What the contract tests know of each channel: how to make its requests, and what its platform can do to us.

A new channel adds a ``Case`` to ``CASES``; nothing else here needs to change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace

import dingtalk_requests as dingtalk
import httpx
import telegram_case as telegram
import wechat_case as wechat
import wecom_requests as wecom

from channels.base import Channel, Hook, Outcome
from channels.settings import Settings
from channels.web import build as build_web
from channels.web.widget import build as build_widget

JSON = {"content-type": "application/json"}
DEEP = b"[" * 30_000 + b"]" * 30_000


@dataclass(frozen=True)
class Case:
    """One channel.

    ``good(number, text, sender)`` makes the request that brings a message; equal arguments make the same message.
    ``forged``: requests that ``verify`` must refuse. ``broken``: requests that come from the platform but hold no
    message: ``parse`` raises ``Refuse`` or returns nothing, within 50 ms, and raises nothing else.
    ``platform``: opens a fake platform that answers pushes as told; see ``PLATFORM_SAYS``. None: cannot be pushed to.
    """

    name: str
    build: Callable[[str], Channel]  # gets the address of the fake platform, empty for none
    good: Callable[[str, str, str], Hook]
    forged: tuple[Hook, ...]
    broken: tuple[Hook, ...]
    platform: Callable[[str], AbstractAsyncContextManager[str]] | None = None
    expected: Mapping[str, Outcome] = field(default_factory=dict)
    route: Callable[[str], str] = lambda _: ""  # where an answer goes on the fake platform at an address


# What a fake platform is told to do, and what must come of it on every channel that pushes.
PLATFORM_SAYS: dict[str, Outcome] = {
    "takes": Outcome.SENT,
    "rejects": Outcome.REJECTED,  # a permanent refusal of this message
    "is busy": Outcome.RETRY,  # an explicit "later"
    "takes and is silent": Outcome.UNKNOWN,  # the request arrived, no answer comes
    "takes and hangs up": Outcome.UNKNOWN,  # the connection breaks after the request
    "is not there": Outcome.RETRY,  # nobody listens: surely not taken
}


def settings() -> Settings:
    """Return settings that read no environment file."""
    return Settings(_env_file=None)


def web_hook(number: str, text: str, sender: str) -> Hook:
    """Return the page's request."""
    body = {"session_id": sender, "text": text, "message_id": f"message-{number}"}
    return Hook("POST", JSON, {}, json.dumps(body).encode())


def widget() -> Channel:
    """Return the widget's channel for one school."""
    built = build_widget(
        Settings(_env_file=None, widget_origins="https://www.school.example"), httpx.AsyncClient()
    )
    assert built is not None
    return built


def _web_body(body: bytes, kind: str = "application/json") -> Hook:
    return Hook("POST", {"content-type": kind}, {}, body)


WEB = Case(
    name="web",
    build=lambda _: build_web(settings(), httpx.AsyncClient()),
    good=web_hook,
    forged=(
        Hook("POST", {**JSON, "sec-fetch-site": "cross-site"}),
        Hook("POST", {**JSON, "sec-fetch-site": "same-site"}),
    ),
    broken=tuple(
        _web_body(body)
        for body in (
            b"",
            b"\xff\xfe",
            b"{",
            b"[]",
            b"null",
            DEEP,
            b'{"session_id":"x"}',
            b'{"session_id":"x","text":"a","payload":"/b"}',
            b'{"session_id":"x","text":1}',
            b'{"session_id":"","text":"a"}',
            b'{"session_id":"x","text":"a","more":1}',
            b'{"session_id":"x","text":"\\ud800"}',
            b'{"session_id":"x","text":"a\\u0000b"}',
            b'{"session_id":"x","text":"...?!"}',
            b'{"session_id":"x","text":"a","message_id":"../../etc"}',
            json.dumps({"session_id": "x", "text": "长" * 5001}).encode(),
        )
    ),
)

WIDGET = replace(
    WEB,
    name="widget",
    build=lambda _: widget(),
    broken=(
        *WEB.broken,
        *(
            _web_body(body)
            for body in (
                b'{"session_id":"x","school":1}',
                b'{"session_id":"x","school":""}',
                b'{"session_id":"x","school":"ABCD12","text":"a"}',
                b'{"session_id":"x","school":"ABCD12","payload":"/b"}',
                json.dumps({"session_id": "x", "school": "A" * 17}).encode(),
            )
        ),
    ),
)

WECHAT = Case(
    name="wechat",
    build=wechat.build,
    good=wechat.good,
    forged=wechat.FORGED,
    broken=wechat.BROKEN,
    platform=wechat.platform,
)

WECOM = Case(
    name="wecom",
    build=wecom.built,
    good=wecom.good,
    forged=wecom.FORGED,
    broken=wecom.BROKEN,
    platform=wecom.platform,
)

DINGTALK = Case(
    name="dingtalk",
    build=dingtalk.built,
    good=dingtalk.good,
    forged=dingtalk.FORGED,
    broken=dingtalk.BROKEN,
    platform=dingtalk.platform,
    route=dingtalk.route,
)

TELEGRAM = Case(
    name="telegram",
    build=telegram.build,
    good=telegram.good,
    forged=telegram.FORGED,
    broken=telegram.BROKEN,
    platform=telegram.platform,
)

CASES = [TELEGRAM, WECOM, DINGTALK, WEB, WIDGET, WECHAT]
