"""The routes of qyapi.weixin.qq.com that the assistant may call, strict about what they take."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.wecom.guard import Code, guarded, read
from tests.fakes.wecom.world import MEMBER_LIMITS, ROBOT_LIMIT, World

TEXT_BYTES, MARKDOWN_BYTES = 2048, 4096
OK = {"errcode": 0, "errmsg": "ok"}


def routes(world: World) -> list[Route]:
    """Return the API's routes."""

    async def get_token(request: Request) -> Response:
        query = request.query_params
        token, seconds = world.get_token(query.get("corpid"), query.get("corpsecret"))
        return JSONResponse({**OK, "access_token": token, "expires_in": seconds})

    async def send(request: Request) -> Response:
        world.check_token(request.query_params.get("access_token"))
        raw, body = await read(request)
        if body.get("agentid") != world.corp.agent_id:
            raise Code(40056)
        text = _text(body)
        people = [one for one in str(body.get("touser") or "").split("|") if one]
        if not people:
            raise Code(82001)
        reached = [world.members[one] for one in people if one in world.members]
        reached = [one for one in reached if one.in_scope]
        if not reached:
            raise Code(81013)
        answer: dict[str, Any] = {**OK, "msgid": world.number()}
        if lost := sorted(set(people) - {one.userid for one in reached}):
            answer["invaliduser"] = "|".join(lost)
        if unlicensed := [one.userid for one in reached if not one.licensed]:
            return JSONResponse({**answer, "unlicenseduser": "|".join(unlicensed)})
        interval = float(body.get("duplicate_check_interval", 1800))
        if interval > 4 * 3600:
            raise Code(40058)
        if body.get("enable_duplicate_check") == 1 and world.is_repeated(raw, interval):
            world.note("dropped", why="repeated")
            return JSONResponse(answer)
        for one in reached:
            if world.is_too_fast(one.pushed, MEMBER_LIMITS):
                world.note("dropped", why="too fast")
            else:
                one.phone.append({"from": "app", "text": text})
        return JSONResponse(answer)

    async def menu(request: Request) -> Response:
        world.check_token(request.query_params.get("access_token"))
        if request.query_params.get("agentid") != str(world.corp.agent_id):
            raise Code(40056)
        _, body = await read(request)
        tops = body.get("button")
        if not isinstance(tops, list) or not 1 <= len(tops) <= 3:
            raise Code(40016)
        for top in tops:
            below = top.get("sub_button") or []
            if len(top["name"].encode()) > 16 or len(below) > 5:
                raise Code(40018)
            if any(len(one["name"].encode()) > 40 or len(one["key"].encode()) > 128 for one in below):
                raise Code(40018)
        world.menu = body
        return JSONResponse(OK)

    async def media(request: Request) -> Response:
        world.check_token(request.query_params.get("access_token"))
        found = world.media.get(request.query_params.get("media_id", ""))
        if found is None:
            raise Code(40007)
        return Response(found[1], media_type=found[0])

    async def robot(request: Request) -> Response:
        group = world.groups.get(request.query_params.get("key", ""))
        if group is None:
            raise Code(93000)
        _, body = await read(request)
        text = _text(body, Code(40058))
        if world.is_too_fast(group.times, (ROBOT_LIMIT,)):
            raise Code(45009)
        everybody = (body.get("text") or {}).get("mentioned_list") or []
        group.rings += "<@" in text or "@all" in text or "@all" in everybody
        group.said.append({"kind": body["msgtype"], "text": text})
        return JSONResponse(OK)

    handlers = {
        "/cgi-bin/gettoken": ("GET", get_token),
        "/cgi-bin/message/send": ("POST", send),
        "/cgi-bin/menu/create": ("POST", menu),
        "/cgi-bin/media/get": ("GET", media),
        "/cgi-bin/webhook/send": ("POST", robot),
    }
    return [
        Route(path, guarded(world, path, handler), methods=[method])
        for path, (method, handler) in handlers.items()
    ]


def _text(body: dict[str, Any], too_long: Code | None = None) -> str:
    """Return what is said. Raises ``Code``."""
    kind = body.get("msgtype")
    content = body.get(str(kind))
    if kind not in {"text", "markdown", "news"} or not isinstance(content, dict):
        raise Code(40008)
    if kind == "news":
        return str(content["articles"][0]["title"])
    text = content.get("content")
    if not isinstance(text, str) or not text:
        raise Code(44004)
    if len(text.encode()) > (TEXT_BYTES if kind == "text" else MARKDOWN_BYTES):
        raise too_long or Code(45002)
    return text
