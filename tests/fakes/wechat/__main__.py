"""A strict, stateful fake of WeChat, as its own process on loopback: ``python -m tests.fakes.wechat --callback URL``.

It serves the API, pushes signed and encrypted callbacks, and at ``/`` a page that plays the phone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import uvicorn
from starlette.applications import Starlette

from tests.fakes.wechat.api import routes
from tests.fakes.wechat.control import Control
from tests.fakes.wechat.mass import Mass
from tests.fakes.wechat.pusher import Pusher
from tests.fakes.wechat.world import Account, World

WORK_SECONDS = 0.1
HELPER = "mphelper"  # the sender of reports that are of no person's making


def create_app(account: Account, callback: str, scale: float = 1.0) -> Starlette:
    """Return the fake; its parts are in ``app.state``."""
    world = World(account)
    pusher = Pusher(world, callback, scale)

    def tell(event: str, fields: Mapping[str, Any]) -> None:
        pusher.later(HELPER, "event", {"Event": event, **fields})

    mass = Mass(world, tell)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async def work() -> None:
            while True:
                mass.work()
                await asyncio.sleep(WORK_SECONDS)

        task = asyncio.create_task(work())
        yield
        task.cancel()

    control = Control(world, mass, pusher)
    app = Starlette(routes=[*routes(world, mass), *control.routes()], lifespan=lifespan)
    app.state.world, app.state.pusher, app.state.mass = world, pusher, mass
    return app


def main() -> None:
    """Serve until ended."""
    known = Account()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8788)
    parser.add_argument("--callback", default="http://127.0.0.1:8000/webhooks/wechat")
    parser.add_argument("--kind", choices=["service", "subscription", "unverified"], default=known.kind)
    parser.add_argument("--scale", type=float, default=1.0, help="shortens WeChat's five seconds")
    options = parser.parse_args()
    app = create_app(Account(kind=options.kind), options.callback, options.scale)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
