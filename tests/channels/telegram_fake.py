"""The fake Telegram in this process, behind a real socket: for tests that look into its world."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import uvicorn

from tests.fakes.telegram.__main__ import create_app
from tests.fakes.telegram.people import People
from tests.fakes.telegram.pusher import Pusher
from tests.fakes.telegram.world import Account, World


@dataclass
class Fake:
    """A running fake."""

    address: str
    world: World
    pusher: Pusher
    people: People


@contextlib.asynccontextmanager
async def running(scale: float = 0.05) -> AsyncIterator[Fake]:
    """Run the fake on a free port of loopback."""
    app = create_app(Account(plain_http=True), scale)
    config = uvicorn.Config(
        app, "127.0.0.1", 0, log_level="critical", access_log=False, timeout_graceful_shutdown=0
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Fake(f"http://127.0.0.1:{port}", app.state.world, app.state.pusher, app.state.people)
    finally:
        server.should_exit = True
        server.force_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await task
