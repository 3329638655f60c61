"""WeChat on one side, the gateway and its database on the other: what the tests of the whole chain stand on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import wechat_requests as wx
from sqlalchemy import create_engine, text
from wechat_fake import Fake, running

from channels.base import Reply
from channels.dialogue import Answer

Open = Callable[..., contextlib.AbstractAsyncContextManager["Street"]]


class Slow:
    """A dialogue engine that takes its time."""

    def __init__(self, seconds: float = 0.0, *answers: Answer | Exception) -> None:
        self.seconds = seconds
        self.answers = list(answers)
        self.asked: list[str] = []
        self.gate: asyncio.Event | None = None  # holds answers back until it is set

    async def ask(self, sender_id: str, message: str) -> Answer:
        self.asked.append(message)
        await asyncio.sleep(self.seconds)
        if self.gate is not None:
            await self.gate.wait()
        answer = self.answers.pop(0) if self.answers else Answer((Reply(f"答：{message}"),))
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Street:
    """WeChat on one side, the gateway and its database on the other."""

    fake: Fake
    gateway: Any
    dialogue: Slow
    database: str

    async def say(self, words: str, who: str = wx.OPENID) -> str:
        number = self.fake.world.number()
        self.person(who).subscribed = True
        self.person(who).last_spoke = self.fake.world.now()
        self.fake.world.opens(who, "message", (5, 48 * 3600.0))
        return await self.fake.pusher.push(who, "text", {"Content": words, "MsgId": number})

    async def event(self, name: str, who: str = wx.OPENID, **fields: Any) -> str:
        if name == "subscribe":
            self.person(who).subscribed = True
        self.fake.world.opens(who, name, (3, 60.0))
        return await self.fake.pusher.push(who, "event", {"Event": name, **fields})

    def person(self, who: str = wx.OPENID) -> Any:
        return self.fake.world.person(who)

    def seen(self, who: str = wx.OPENID) -> list[tuple[str, str]]:
        return [(one["from"], one["text"]) for one in self.person(who).phone]

    def delivered(self) -> list[int]:
        return [line["delivery"] for line in self.fake.world.ledger if line["way"] == "callback"]

    def rows(self, query: str) -> list[Any]:
        engine = create_engine(self.database)
        with engine.connect() as connection:
            found = list(connection.execute(text(query)))
        engine.dispose()
        return found

    async def until(self, done: Callable[[], object], seconds: float = 25.0) -> None:
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, self.seen()
            await asyncio.sleep(0.02)


def opener(open_gateway: Callable[..., Any], folder: Path) -> Open:
    """Return what opens a street; ``wait``: seconds a request may wait, ``scale``: of WeChat's patience."""

    @contextlib.asynccontextmanager
    async def open_(
        dialogue: Slow | None = None,
        kind: str = "service",
        wait: float = 4.5,
        scale: float = 1.0,
        **more: Any,
    ) -> AsyncIterator[Street]:
        slow = dialogue or Slow()
        async with running(kind, scale=scale) as fake:
            channel = wx.channel(wechat_api_base=fake.address, wechat_account=kind, seconds=3)
            channel.capabilities = replace(channel.capabilities, passive_seconds=wait)
            settings = {"burst_seconds": 0, "rate_per_minute": 0, **more}
            async with open_gateway(dialogue=slow, more=[channel], **settings) as gateway:
                fake.pusher.clients = repeat(gateway.client)
                fake.pusher.callback = "http://gateway/webhooks/wechat"
                yield Street(fake, gateway, slow, f"sqlite:///{folder / 'fanzha.db'}")

    return open_
