"""POST of each channel's messages, and "forget me"."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from channels.answers import failure, log_bug
from channels.base import Channel, Forged
from channels.chat import Chat
from channels.forms import FORM
from channels.rates import Rates, visitor
from channels.requests import ForgetRequest, read
from channels.routes.documented import answer_of, body_of, errors
from channels.wording import Wording

JSON = "application/json"
PAGE_PATH = "/api/v1/chat"  # the channel whose people hold a session id, by which they can be forgotten
Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def chat_routes(chat: Chat, channels: Sequence[Channel], rates: Rates, wording: Wording) -> APIRouter:
    """Return one route for each channel, and the route that deletes a web conversation."""
    router = APIRouter(tags=["chat"])
    for channel in channels:
        router.add_api_route(
            channel.path,
            _endpoint(chat, channel, rates, wording),
            methods=["POST"],
            summary=channel.contract.summary,
            name=channel.name,
            response_model=None,
            responses={**answer_of(channel.contract.response), **errors(400, 403, 413, 415, 422, 429, 503)},
            openapi_extra=body_of(channel.contract.request, FORM if channel.contract.upload else JSON),
        )

    page = next(channel for channel in channels if channel.path == PAGE_PATH)

    @router.post(
        "/api/v1/forget",
        summary=wording.docs["forget_summary"],
        status_code=204,
        response_model=None,
        responses=errors(400, 415, 422, 429, 503),
        openapi_extra=body_of(ForgetRequest.model_json_schema()),
    )
    async def forget(request: Request) -> Response:
        await rates.spend_address(visitor(request.client.host if request.client else None))
        who = read(ForgetRequest, request.headers, await request.body())
        try:
            await chat.forget(page.name, who.session_id)
        except SQLAlchemyError as error:
            log_bug(error, "forget")
            return failure(503, "forget_failed", wording)
        return Response(status_code=204)

    return router


def _endpoint(chat: Chat, channel: Channel, rates: Rates, wording: Wording) -> Endpoint:
    async def take(request: Request) -> Response:
        await rates.spend_address(visitor(request.client.host if request.client else None))
        body = await request.body()
        try:
            channel.verify(request.headers, body)
        except Forged:
            return failure(403, "origin_wrong", wording)
        turn = await chat.take(channel.parse(request.headers, body))
        return Response(channel.render(turn), media_type="application/json")

    return take
