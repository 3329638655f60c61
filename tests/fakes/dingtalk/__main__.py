"""A strict, stateful fake of DingTalk, as its own process on loopback: ``python -m tests.fakes.dingtalk --callback URL``."""

from __future__ import annotations

import argparse

import uvicorn
from starlette.applications import Starlette

from tests.fakes.dingtalk import api, control
from tests.fakes.dingtalk.pusher import Pusher
from tests.fakes.dingtalk.world import App, World


def create_app(app: App, callback: str, base: str) -> Starlette:
    """Return the fake; its parts are in ``app.state``."""
    world = World(app)
    pusher = Pusher(world, callback, base)
    made = Starlette(routes=[*api.routes(world), *control.routes(world, pusher)])
    made.state.world, made.state.pusher = world, pusher
    return made


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8790)
    parser.add_argument("--callback", default="http://127.0.0.1:8000/webhooks/dingtalk")
    options = parser.parse_args()
    app = create_app(App(), options.callback, f"http://127.0.0.1:{options.port}")
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
