"""What people may ask about themselves: news for the page, a copy of their data, and that it be deleted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask
from starlette.responses import Response

from channels.accept import is_session
from channels.answers import failure, json_answer, log_bug
from channels.base import Channel, Forged, Hook, Refuse
from channels.door import Door
from channels.own_data import OwnData
from channels.rates import Rates, visitor
from channels.requests import ForgetRequest, read
from channels.routes.documented import body_of, errors
from channels.schemas import NewsAnswer, OwnDataAnswer, ReceiptAnswer
from channels.wording import Wording

NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Page:
    """The channel whose people hold a session id, and what is done for them."""

    channel: Channel
    data: OwnData
    door: Door


def own_data_routes(page: Page, rates: Rates, wording: Wording) -> APIRouter:
    """Return the three routes: news below the page's address, the two others beside it."""
    router = APIRouter(tags=["chat"])
    path = page.channel.path
    root = path.rpartition("/")[0]

    async def count(request: Request) -> None:
        await rates.spend_address(visitor(request.client.host if request.client else None))

    @router.get(
        f"{path}/news",
        summary=wording.docs["news_summary"],
        response_model=NewsAnswer,
        responses=errors(403, 422, 429, 503),
    )
    async def news(
        request: Request,
        session_id: Annotated[str, Query(description="better as the header X-Session-Id: logs")] = "",
        after: Annotated[str, Query(description="the number of the last answer; 0 at first")] = "0",
    ) -> Response:
        await count(request)
        try:
            page.channel.verify(Hook("GET", request.headers))
        except Forged:
            return failure(403, "origin_wrong", wording)
        session_id = request.headers.get("x-session-id", session_id)
        if not is_session(session_id) or NUMBER.fullmatch(after) is None:
            raise Refuse("field_missing")
        letters, talk = await page.data.news(session_id, int(after))
        turn = await page.door.show(letters, talk)
        body = json.loads(page.channel.answer(Hook("GET", {}), turn).body)
        body["after"] = max([int(after), *(letter.id for letter in letters)])
        written = BackgroundTask(page.door.sent, letters) if letters else None
        content = json.dumps(body, ensure_ascii=False).encode()
        return Response(content, media_type="application/json", background=written)

    @router.post(
        f"{root}/me",
        summary=wording.docs["me_summary"],
        response_model=OwnDataAnswer,
        responses=errors(400, 415, 422, 429, 503),
        openapi_extra=body_of(ForgetRequest.model_json_schema()),
    )
    async def me(request: Request) -> Response:
        await count(request)
        who = read(ForgetRequest, request.headers, await request.body())
        answer = json_answer(json.dumps(await page.data.copy(who.session_id), ensure_ascii=False).encode())
        answer.headers["Content-Disposition"] = 'attachment; filename="fanzha.json"'
        return answer

    @router.post(
        f"{root}/forget",
        summary=wording.docs["forget_summary"],
        response_model=ReceiptAnswer,
        responses=errors(400, 415, 422, 429, 503),
        openapi_extra=body_of(ForgetRequest.model_json_schema()),
    )
    async def forget(request: Request) -> Response:
        await count(request)
        who = read(ForgetRequest, request.headers, await request.body())
        try:
            receipt = await page.data.forget(who.session_id)
        except SQLAlchemyError as error:
            log_bug(error, "forget")
            return failure(503, "forget_failed", wording)
        return json_answer(json.dumps(receipt, ensure_ascii=False).encode())

    return router
