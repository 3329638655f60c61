"""A strict, stateful fake of WeCom, as its own process on loopback: ``python -m tests.fakes.wecom --callback URL``."""

from __future__ import annotations

import argparse

import uvicorn
from starlette.applications import Starlette

from tests.fakes.wecom import api, control
from tests.fakes.wecom.pusher import Pusher
from tests.fakes.wecom.world import Corp, World


def create_app(corp: Corp, callback: str, scale: float = 1.0) -> Starlette:
    """Return the fake; its parts are in ``app.state``."""
    world = World(corp)
    pusher = Pusher(world, callback, scale)
    app = Starlette(routes=[*api.routes(world), *control.routes(world, pusher)])
    app.state.world, app.state.pusher = world, pusher
    return app


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8789)
    parser.add_argument("--callback", default="http://127.0.0.1:8000/webhooks/wecom")
    parser.add_argument("--scale", type=float, default=1.0, help="shortens WeCom's five seconds")
    options = parser.parse_args()
    app = create_app(Corp(), options.callback, options.scale)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
