"""Telegram on one side, the gateway and its database on the other: what the tests of the whole chain stand on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import telegram_requests as tg
from sqlalchemy import create_engine, text
from telegram_fake import Fake, running
from wechat_street import Slow

Open = Callable[..., contextlib.AbstractAsyncContextManager["Street"]]
CALLBACK = "http://gateway/webhooks/telegram"


@dataclass
class Street:
    """Telegram on one side, the gateway and its database on the other."""

    fake: Fake
    gateway: Any
    dialogue: Slow
    database: str

    def say(self, words: str, who: int = tg.PERSON, **more: Any) -> int | None:
        return self.fake.people.say(who, words, **more)

    def seen(self, who: int = tg.PERSON) -> list[str]:
        return [str(one["text"]) for one in self.fake.world.chat(who).phone]

    def phone(self, who: int = tg.PERSON) -> list[dict[str, Any]]:
        return self.fake.world.chat(who).phone

    def lines(self, way: str, **wanted: Any) -> list[dict[str, Any]]:
        ledger = [line for line in self.fake.world.ledger if line["way"] == way]
        return [line for line in ledger if all(line.get(name) == value for name, value in wanted.items())]

    def rows(self, query: str) -> list[Any]:
        engine = create_engine(self.database)
        with engine.connect() as connection:
            found = list(connection.execute(text(query)))
        engine.dispose()
        return found

    async def until(self, done: Callable[[], object], seconds: float = 25.0) -> None:
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, (self.seen(), self.fake.world.ledger[-8:])
            await asyncio.sleep(0.02)


def opener(open_gateway: Callable[..., Any], folder: Path) -> Open:
    """Return what opens a street; ``secret`` empty: updates are fetched."""

    @contextlib.asynccontextmanager
    async def open_(
        dialogue: Slow | None = None, secret: str = tg.SECRET, fake: Fake | None = None, **more: Any
    ) -> AsyncIterator[Street]:
        slow = dialogue or Slow()
        async with contextlib.AsyncExitStack() as stack:
            there = fake or await stack.enter_async_context(running())
            client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
            channel = tg.channel(client, 3.0, telegram_api_base=there.address, telegram_secret=secret)
            settings = {"burst_seconds": 0, "rate_per_minute": 0, **more}
            gateway = await stack.enter_async_context(open_gateway(dialogue=slow, more=[channel], **settings))
            street = Street(there, gateway, slow, f"sqlite:///{folder / 'fanzha.db'}")
            if secret:
                there.pusher.client = gateway.client
                there.world.webhook.url, there.world.webhook.secret = CALLBACK, secret
            await street.until(lambda: street.lines("api", method="getme"))
            yield street

    return open_
