"""A strict, stateful fake of Telegram's Bot API, as its own process on loopback: ``python -m tests.fakes.telegram``.

It serves the API and the files, and pushes updates to the webhook that was set. ``/control/…`` moves the people.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.telegram.api import Api
from tests.fakes.telegram.people import People
from tests.fakes.telegram.pusher import Pusher
from tests.fakes.telegram.world import Account, World

Body = Mapping[str, Any]


def create_app(account: Account, scale: float = 1.0) -> Starlette:
    """Return the fake; its parts are in ``app.state``."""
    world = World(account)
    pusher = Pusher(world, scale)
    people = People(world, pusher)
    api = Api(world, pusher.go)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await pusher.client.aclose()

    acts: dict[str, Callable[[Body], Any]] = {
        "start": lambda body: people.start(int(body["chat"]), str(body.get("payload", ""))),
        "say": lambda body: people.say(int(body["chat"]), str(body["text"])),
        "send": lambda body: people.send(int(body["chat"]), **dict(body["fields"])),
        "picture": lambda body: people.picture(int(body["chat"]), base64.b64decode(body["file"])),
        "press": lambda body: people.press(int(body["chat"]), str(body["data"])),
        "crowd": lambda body: people.crowd(int(body["first"]), int(body["count"])),
        "block": lambda body: people.block(int(body["chat"])),
        "group_say": lambda body: people.group_say(int(body["group"]), int(body["chat"]), str(body["text"])),
        "fault": lambda body: world.fail(str(body["method"]), dict(body["fault"]), int(body.get("times", 1))),
    }
    routes = [Route(f"/control/{name}", _act(act), methods=["POST"]) for name, act in acts.items()]
    app = Starlette(
        routes=[
            *routes,
            Route("/control/waiting", lambda _: JSONResponse(len(world.waiting()))),
            Route("/control/ledger", lambda _: JSONResponse(world.ledger)),
            Route(
                "/control/phone/{chat}", lambda one: JSONResponse(world.chat(one.path_params["chat"]).phone)
            ),
            *api.routes(),
        ],
        lifespan=lifespan,
    )
    app.state.world, app.state.pusher, app.state.people = world, pusher, people
    return app


def _act(act: Callable[[Body], Any]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        return JSONResponse({"result": act(await request.json())})

    return answer


def main() -> None:
    """Serve until ended."""
    known = Account()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8789)
    parser.add_argument("--token", default=known.token)
    parser.add_argument("--scale", type=float, default=1.0, help="shortens the pauses between repetitions")
    options = parser.parse_args()
    app = create_app(Account(options.token, plain_http=True), options.scale)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
