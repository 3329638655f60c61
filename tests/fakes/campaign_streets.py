"""Telegram and a DingTalk group for the campaign demo: both fakes, and the gateway's outbox and postman between."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import Engine, select

from channels.base import Channel
from channels.keys import Keys
from channels.metrics import Metrics
from channels.outbox import Outbox
from channels.postman import Postman
from channels.privacy import Vault
from channels.registry import build_channels
from channels.settings import Settings
from channels.slips import Slips
from channels.threads import Threads
from storage.tables import person
from tests.channels import telegram_fake
from tests.channels.robot_server import served
from tests.fakes.dingtalk.__main__ import create_app
from tests.fakes.dingtalk.world import App, Group
from tests.fakes.telegram.crowd import subscribed
from tests.fakes.telegram.world import Account

ROBOT, KEY, SECRET = "community", "demo-access-token-01", "SEC-demo-secret"
FIRST_CHAT = 777_000_000
VAULT_SECONDS = 72 * 3600.0


@dataclass
class Streets:
    """``group``: what the DingTalk group sees. The Telegram people are numbers from ``FIRST_CHAT`` on."""

    telegram: telegram_fake.Fake
    group: Group
    postman: Postman
    engine: Engine
    keys: Keys

    def crowd(self, count: int, now: float) -> None:
        """Let people start the bot, and say yes."""
        self.telegram.people.crowd(FIRST_CHAT, count)
        subscribed(self.engine, self.keys, range(FIRST_CHAT, FIRST_CHAT + count), "", now)

    def block(self, number: int) -> None:
        """Let one of them block the bot; nobody tells us before we write."""
        self.telegram.world.chat(FIRST_CHAT + number).blocked = True

    async def post(self) -> None:
        """Send what is due, as the gateway does all the time."""
        while await self.postman.round():
            pass

    def phones(self) -> int:
        """Return how many messages arrived on Telegram."""
        return sum(len(chat.phone) for chat in self.telegram.world.chats.values())

    def away(self) -> int:
        """Return how many of them cannot be reached any more, as we know."""
        gone = select(person.c.id).where(person.c.channel == "telegram", ~person.c.reachable)
        with self.engine.connect() as connection:
            return len(connection.execute(gone).all())


@contextlib.asynccontextmanager
async def streets(engine: Engine, keys: Keys, clock: Callable[[], float]) -> AsyncIterator[Streets]:
    """Open both; ``clock`` is the demo's."""
    ding = create_app(App(), "http://127.0.0.1:1/", "")
    group = ding.state.world.groups.setdefault(KEY, Group(secret=SECRET))
    robots = [{"name": ROBOT, "kind": "dingtalk", "key": KEY, "secret": SECRET}]
    async with (
        telegram_fake.running() as telegram,
        served(ding) as address,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # known to pydantic-settings only
            telegram_token=Account().token,
            telegram_secret="demo-secret",
            telegram_api_base=telegram.address,
            dingtalk_webhook_base=address,
            robots=json.dumps(robots),
        )
        built: tuple[Channel, ...] = build_channels(
            settings, client, ("channels.telegram", "channels.robots")
        )
        threads = Threads(engine)
        postman = Postman(
            Outbox(engine, keys),
            Vault(engine, keys, VAULT_SECONDS),
            threads,
            {channel.name: channel for channel in built},
            Metrics(),
            Slips(Path(engine.url.database or "").parent / "slips", engine, keys),
            clock,
        )
        yield Streets(telegram, group, postman, engine, keys)
        threads.close()
