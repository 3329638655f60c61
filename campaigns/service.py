"""The campaigns' worker: begins waves when they are due and works on them until they end.

``python -m campaigns.service``; one is enough, and on PostgreSQL several share the work. It takes about 150 MB
(docs/campaigns.md), whatever the size of the audience. SIGTERM ends it: rounds on their way get some seconds, and what
is cut off is taken up at the next start.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import time
from dataclasses import dataclass

import httpx
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot import quiet_log
from campaigns import consent, outfit
from campaigns.alive import Pulse
from campaigns.knowledge import Knowledge
from campaigns.report import answers
from campaigns.runner import Desk, Runner
from campaigns.store import Store
from campaigns.workflow import Workflows, system_url
from channels.keys import load_keys
from channels.settings import Settings, load_settings
from storage.engine import default_url, open_engine
from storage.migrate import upgrade

KEEP_SECONDS = 3600.0  # between two looks for waves whose figures of the day after are to be stored
CLOSE_SECONDS = 5.0  # the supervisor kills after 10
log = logging.getLogger("fanzha.campaigns")


@dataclass(frozen=True, slots=True)
class Worker:
    """Everything the worker is made of."""

    settings: Settings
    engine: Engine
    client: httpx.AsyncClient
    workflows: Workflows
    pulse: Pulse

    async def run(self, over: asyncio.Event) -> None:
        """Work until ``over`` is set, then end in order."""
        url = system_url(self.settings.database_url, self.settings.data_dir)
        self.workflows.launch(url, socket.gethostname())
        keeping = asyncio.create_task(self._keep())
        try:
            await self.workflows.run(over, self.pulse.beat)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await asyncio.to_thread(self.workflows.close, CLOSE_SECONDS)
            await self.client.aclose()
            self.pulse.close()
            self.engine.dispose()

    async def _keep(self) -> None:
        """Store the figures of the day after in time, again and again."""
        while True:
            try:
                await asyncio.to_thread(answers.keep, self.engine, time.time())
            except SQLAlchemyError as error:
                log.warning("campaigns: figures were not stored: %s", type(error).__name__)
            await asyncio.sleep(KEEP_SECONDS)


def build(settings: Settings) -> Worker:
    """Return the worker; the database is opened and brought up to date.

    Raises ``SettingsError``, ``KeyFault``, ``StorageError``, ``ContentError``, and ``OSError`` when the port is taken.
    """
    engine = open_engine(settings.database_url or default_url(settings.data_dir))
    upgrade(engine)
    keys = load_keys(settings.vault_key, settings.data_dir)
    client = httpx.AsyncClient(trust_env=False)
    found = outfit.load(settings, client)
    knowledge = Knowledge(found)

    def opted_out(campaign: str) -> int:
        with engine.connect() as connection:
            return consent.opted_out_since(connection, campaign, 0.0, time.time())

    made = found.senders(engine, keys, settings.data_dir)
    desk = Desk(engine, keys, Store(engine), made, knowledge.check, opted_out, time.time, found.letters)
    pulse = Pulse(settings.campaigns_host, settings.campaigns_port)
    return Worker(settings, engine, client, Workflows(Runner(desk), engine, time.time), pulse)


async def serve(settings: Settings) -> None:
    """Build the worker and let it run until SIGTERM or SIGINT."""
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    await build(settings).run(over)


def main() -> None:
    """Run as a process."""
    settings = load_settings()
    quiet_log.set_up(as_json=settings.log_json)
    # httpx tells every address it calls, and tokens are part of some.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
