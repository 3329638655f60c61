"""POST of each channel's messages, and the GET by which a platform checks our address."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from channels.answers import failure
from channels.base import Channel, Forged, Hook
from channels.door import Answered, Door
from channels.rates import Rates, visitor
from channels.routes.documented import answer_of, body_of, errors
from channels.wording import Wording

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def chat_routes(door: Door, channels: Sequence[Channel], rates: Rates, wording: Wording) -> APIRouter:
    """Return the routes of each channel that has a webhook."""
    router = APIRouter(tags=["chat"])
    for channel in channels:
        if not channel.path:
            continue
        documented = bool(channel.contract.request)
        responses = {**answer_of(channel.contract.response), **errors(400, 403, 413, 415, 422, 429, 503)}
        router.add_api_route(
            channel.path,
            _post(door, channel, rates, wording),
            methods=["POST"],
            summary=channel.contract.summary,
            name=channel.name,
            response_model=None,
            responses=responses,
            openapi_extra=body_of(channel.contract.request),
            include_in_schema=documented,
        )
        if not documented:
            router.add_api_route(
                channel.path, _get(channel, rates, wording), methods=["GET"], include_in_schema=False
            )
    return router


def webhooks(door: Door, channels: Sequence[Channel], rates: Rates, wording: Wording) -> dict[str, Endpoint]:
    """Return what takes the POSTs of platforms, by path: of the channels whose endpoint is on no page for programmers."""
    return {
        channel.path: _post(door, channel, rates, wording)
        for channel in channels
        if channel.path and not channel.contract.request
    }


def _post(door: Door, channel: Channel, rates: Rates, wording: Wording) -> Endpoint:
    async def take(request: Request) -> Response:
        if channel.capabilities.tells_errors:  # a platform's own machines send for everybody
            await rates.spend_address(visitor(request.client.host if request.client else None))
        try:
            return carried(door, await door.hear(channel, await hook_of(request)))
        except Forged:
            return failure(403, "origin_wrong", wording)

    return take


def _get(channel: Channel, rates: Rates, wording: Wording) -> Endpoint:
    async def greet(request: Request) -> Response:
        await rates.spend_address(visitor(request.client.host if request.client else None))
        try:
            answer = channel.greet(await hook_of(request))
        except Forged:
            return failure(403, "origin_wrong", wording)
        if answer is None:
            return failure(405, "method_wrong", wording)
        return Response(answer.body, answer.status, media_type=answer.media_type)

    return greet


async def hook_of(request: Request) -> Hook:
    """Return a request as channels read it."""
    return Hook(request.method, request.headers, dict(request.query_params), await request.body())


def carried(door: Door, answered: Answered) -> Response:
    """Return the answer for the line; once it is written, the letters it carries are noted as sent."""
    answer, letters = answered.answer, answered.letters
    written = BackgroundTask(door.sent, letters) if letters else None
    return Response(answer.body, answer.status, media_type=answer.media_type, background=written)
