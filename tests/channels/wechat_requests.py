"""WeChat's requests for tests: sealed as WeChat seals them."""

from __future__ import annotations

import time
from typing import Any
from xml.etree import ElementTree

import httpx

from channels.base import Hook, HookAnswer
from channels.settings import Settings
from channels.wechat.adapter import WeChatChannel, build
from tests.fakes.wechat.sealing import envelope, opened, sign

APP_ID, TOKEN, SECRET = "wx0000000000000001", "test-token", "test-secret"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OPENID = "person-0000000001"
HEAD = (
    "<ToUserName><![CDATA[gh_fake]]></ToUserName><FromUserName><![CDATA[{sender}]]></FromUserName>"
    "<CreateTime>{at}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>"
)


def settings(**changes: Any) -> Settings:
    """Return the settings of a service account."""
    known = {
        "wechat_app_id": APP_ID,
        "wechat_app_secret": SECRET,
        "wechat_token": TOKEN,
        "wechat_aes_key": AES_KEY,
    }
    return Settings(_env_file=None, **{**known, **changes})


def channel(client: httpx.AsyncClient | None = None, seconds: float = 0.5, **changes: Any) -> WeChatChannel:
    """Return a channel."""
    built = build(settings(**changes), client or httpx.AsyncClient(trust_env=False), seconds)
    assert built is not None
    return built


def xml(kind: str, more: str, sender: str = OPENID, at: int | None = None) -> str:
    """Return the XML of a message."""
    head = HEAD.format(sender=sender, at=int(time.time()) if at is None else at, kind=kind)
    return f"<xml>{head}{more}</xml>"


def hook(plain: str, app_id: str = APP_ID, token: str = TOKEN, at: float | None = None) -> Hook:
    """Return the sealed request that carries ``plain``."""
    query, body = envelope(plain, token, AES_KEY, app_id, time.time() if at is None else at)
    return Hook("POST", {"content-type": "text/xml"}, query, body)


def text(number: str, words: str, sender: str = OPENID, at: int | None = None) -> Hook:
    """Return the request of a text message."""
    quoted = words.replace("]]>", "]]]]><![CDATA[>")
    more = f"<Content><![CDATA[{quoted}]]></Content><MsgId>{number}</MsgId>"
    return hook(xml("text", more, sender, at))


def event(name: str, more: str = "", sender: str = OPENID, at: int | None = None) -> Hook:
    """Return the request of an event."""
    return hook(xml("event", f"<Event><![CDATA[{name}]]></Event>{more}", sender, at))


def plain(body: bytes, at: float | None = None, token: str = TOKEN) -> Hook:
    """Return a request of plain mode, signed as that mode signs: not the body."""
    timestamp, nonce = str(int(time.time() if at is None else at)), "abc"
    query = {"signature": sign(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
    return Hook("POST", {}, query, body)


def said(answer: HookAnswer) -> dict[str, str]:
    """Return the fields of a sealed passive reply."""
    inner = opened(answer.body.decode(), TOKEN, AES_KEY, APP_ID)
    return {child.tag: child.text or "" for child in ElementTree.fromstring(inner)}
