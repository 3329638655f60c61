"""The Telegram channel's case for the contract tests."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import telegram_requests as tg
from telegram_fake import running

from channels.base import Channel, Hook

PERSON = "person-0000000001"  # whom the contract tests write to
FAULTS: dict[str, dict[str, Any]] = {
    "rejects": {"refusal": (400, "Bad Request: message is too long")},
    "is busy": {"retry_after": 3},
    "takes and is silent": {"silent": True},
    "takes and hangs up": {"hang up": True},
}


def build(address: str) -> Channel:
    """Return a bot's channel that calls ``address``."""
    return tg.channel(**({"telegram_api_base": address} if address else {}))


def good(number: str, text: str, sender: str) -> Hook:
    """Return the request that brings a text; Telegram's people have numbers."""
    who = zlib.crc32(sender.encode())
    return tg.hook(tg.update(number=int(number), text=text, chat=tg.talk(who), **{"from": tg.user(who)}))


@contextlib.asynccontextmanager
async def platform(says: str) -> AsyncIterator[str]:
    """Run a Telegram that does as it is told with the next message."""
    if says == "is not there":
        yield "http://127.0.0.1:1"
        return
    async with running() as fake:
        fake.world.chat(PERSON).started = True
        if says in FAULTS:
            fake.world.fail("sendMessage", FAULTS[says])
        yield fake.address


FORGED = (
    Hook("POST", {}),
    tg.hook(tg.update(text="a"), secret=None),
    tg.hook(tg.update(text="a"), secret=""),
    tg.hook(tg.update(text="a"), secret="another"),
    tg.hook(tg.update(text="a"), secret=f"{tg.SECRET} "),
    tg.hook(tg.update(text="a"), secret="\u00e9\ud800"),
)
DEEP = b'{"update_id":1,"message":' * 3000 + b"1" + b"}" * 3000
BROKEN = tuple(
    tg.hook(body)
    for body in (
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b"1" * 60_000,
        b"[" * 30_000 + b"]" * 30_000,
        DEEP,
        b" " * 20_000_000,
        json.dumps(tg.update(text="x" * 300_000)).encode(),
        {"update_id": 1},
        {"update_id": 1, "message": None},
        {"update_id": 1, "message": "a"},
        {"update_id": 1, "message": {}},
        {"update_id": 1, "message": tg.message(text="a", chat={})},
        {"update_id": 1, "message": tg.message(text="a", chat={"id": "x", "type": "private"})},
        {"update_id": 1, "message": tg.message(text="a", chat={"id": True, "type": "private"})},
        {"update_id": 1, "message": tg.message(text="a", chat={"id": [], "type": {}})},
        {"update_id": 1, "message": tg.message(text="a", **{"from": None})},
        {"update_id": 1, "message": tg.message(text="a", date="yesterday")},
        {"update_id": 1, "message": tg.message(photo=[{"file_id": 7}])},
        {"update_id": 1, "message": tg.message(photo=[{"file_id": "../x", "width": 1, "height": 1}])},
        {"update_id": 1, "message": tg.message(text="@a b", entities=[{"type": "mention"}])},
        {"update_id": 1, "message": tg.message(text="a", **{"from": tg.user(is_bot=True)})},
        {"update_id": True, "message": tg.message(text="a")},
        {"update_id": "1", "message": tg.message(text="a")},
        {"message": tg.message(text="a")},
        {"update_id": -1, "message": tg.message(text="a")},
        {"update_id": 1, "callback_query": {"id": "1", "from": tg.user(), "data": 5}},
        {"update_id": 1, "callback_query": {"id": 5, "from": tg.user(), "data": "/check"}},
        {"update_id": 1, "my_chat_member": {"chat": tg.talk()}},
        {"update_id": 1, "channel_post": tg.message(text="a")},
        {"update_id": 1, "made_up": {"text": "a"}},
    )
)
