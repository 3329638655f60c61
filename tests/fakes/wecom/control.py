"""What a test in another process does: write as a member, order faults, move the clock, read phones and the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.wecom.pusher import Pusher
from tests.fakes.wecom.world import Group, World


def routes(world: World, pusher: Pusher) -> list[Route]:
    """Return the routes below /control."""

    async def say(body: dict[str, Any]) -> Any:
        world.member(body["userid"])
        return await pusher.push(body["userid"], "text", {"Content": body["text"], "MsgId": world.number()})

    async def fault(body: dict[str, Any]) -> Any:
        world.order(body["path"], body["fault"], int(body.get("times", 1)))

    async def advance(body: dict[str, Any]) -> Any:
        world.offset += float(body["seconds"])

    async def robot(body: dict[str, Any]) -> Any:
        world.groups[body["key"]] = Group()

    acts = {"say": say, "fault": fault, "advance": advance, "robot": robot}

    def act(real: Callable[[dict[str, Any]], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            return JSONResponse({"result": await real(await request.json())})

        return answer

    async def ledger(_: Request) -> Response:
        return JSONResponse(world.lines)

    async def phone(request: Request) -> Response:
        return JSONResponse(world.member(request.path_params["userid"]).phone)

    async def groups(_: Request) -> Response:
        return JSONResponse({key: asdict(group) for key, group in world.groups.items()})

    return [
        *(Route(f"/control/{name}", act(real), methods=["POST"]) for name, real in acts.items()),
        Route("/control/ledger", ledger),
        Route("/control/phone/{userid}", phone),
        Route("/control/groups", groups),
    ]
