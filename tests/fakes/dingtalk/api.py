"""The routes of api.dingtalk.com and oapi.dingtalk.com that the assistant may call, strict about what they take."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.dingtalk.world import World
from tests.fakes.wecom.guard import Code, guarded, read

TEXT_BYTES, MARKDOWN_BYTES = 2048, 4096
OK = {"errcode": 0, "errmsg": "ok"}


def routes(world: World) -> list[Route]:
    """Return the routes."""

    async def access_token(request: Request) -> Response:
        _, body = await read(request)
        made = world.new_token(body.get("appKey"), body.get("appSecret"))
        if made is None:
            return JSONResponse({"code": "invalidClientIdOrSecret", "message": "no"}, 400)
        return JSONResponse({"accessToken": made[0], "expireIn": made[1]})

    async def download(request: Request) -> Response:
        if not world.knows_token(request.headers.get("x-acs-dingtalk-access-token")):
            return JSONResponse({"code": "InvalidAuthentication", "message": "no"}, 400)
        _, body = await read(request)
        found = world.codes.get(body.get("downloadCode", ""))
        if found is None or body.get("robotCode") != world.app.key:
            return JSONResponse({"code": "invalidParameter", "message": "no"}, 400)
        base = str(request.base_url).rstrip("/")
        return JSONResponse({"downloadUrl": world.file_address or f"{base}/files/{found[0]}?Signature=abc"})

    async def file(request: Request) -> Response:
        for name, kind, content in world.codes.values():
            if name == request.path_params["name"]:
                return Response(content, media_type=kind)
        return Response(b"", 404)

    async def by_session(request: Request) -> Response:
        session = world.sessions.get(request.query_params.get("session", ""))
        if session is None or session.until <= world.now():
            raise Code(300001)
        _, body = await read(request)
        text = _text(body)
        world.check_pace(session.times)
        at = body.get("at") or {}
        seen = {
            "from": "robot",
            "text": text,
            "at": at.get("atUserIds") or [],
            "all": at.get("isAtAll", False),
        }
        world.talks.setdefault(session.conversation, []).append(seen)
        return JSONResponse(OK)

    async def robot(request: Request) -> Response:
        group = world.groups.get(request.query_params.get("access_token", ""))
        if group is None:
            raise Code(300001)
        _, body = await read(request)
        text = _text(body)
        query = request.query_params
        world.check_robot(group, query.get("timestamp"), query.get("sign"))
        if group.keywords and not any(word in text for word in group.keywords):
            raise Code(310000)
        group.rings += bool((body.get("at") or {}).get("isAtAll")) or "@all" in text or "@所有人" in text
        group.said.append({"kind": body["msgtype"], "text": text})
        return JSONResponse(OK)

    handlers = {
        "/v1.0/oauth2/accessToken": ("POST", access_token),
        "/v1.0/robot/messageFiles/download": ("POST", download),
        "/files/{name}": ("GET", file),
        "/robot/sendBySession": ("POST", by_session),
        "/robot/send": ("POST", robot),
    }
    return [
        Route(path, guarded(world, path, handler), methods=[method])
        for path, (method, handler) in handlers.items()
    ]


def _text(body: dict[str, Any]) -> str:
    """Return what is said. Raises ``Code``."""
    kind = body.get("msgtype")
    content = body.get(str(kind))
    if kind not in {"text", "markdown"} or not isinstance(content, dict):
        raise Code(400105)
    text = content.get("content" if kind == "text" else "text")
    if not isinstance(text, str) or not text or (kind == "markdown" and not content.get("title")):
        raise Code(400105)
    if len(text.encode()) > (TEXT_BYTES if kind == "text" else MARKDOWN_BYTES):
        raise Code(400105)
    return text
