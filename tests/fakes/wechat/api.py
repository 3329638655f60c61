"""The routes of api.weixin.qq.com that the assistant may call, strict about what they take."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.fakes.wechat.account import Desk
from tests.fakes.wechat.codes import Code
from tests.fakes.wechat.mass import Mass
from tests.fakes.wechat.world import World

MOST_BYTES = 2048
Body = Mapping[str, Any]
Handler = Callable[[Body, Request], Mapping[str, Any] | Response]


def routes(world: World, mass: Mass) -> list[Route]:
    """Return the API's routes."""
    desk = Desk(world)

    def stable_token(body: Body, _: Request) -> Mapping[str, Any]:
        if body.get("grant_type") != "client_credential":
            raise Code(47001)
        world.check_client(body.get("appid"), body.get("secret"))
        token, seconds = world.stable_token(bool(body.get("force_refresh")))
        return {"access_token": token, "expires_in": seconds}

    def token(_: Body, request: Request) -> Mapping[str, Any]:
        world.check_client(request.query_params.get("appid"), request.query_params.get("secret"))
        new, seconds = world.plain_token()
        return {"access_token": new, "expires_in": seconds}

    def send(body: Body, _: Request) -> Mapping[str, Any]:
        person = world.follower(body.get("touser"))
        kind = body.get("msgtype")
        if kind not in {"text", "news", "image", "voice", "msgmenu", "miniprogrampage"}:
            raise Code(48008)
        content = body.get(str(kind))
        if not isinstance(content, dict):
            raise Code(47001)
        text = str(content.get("content") or "") if kind == "text" else f"[{kind}]"
        if not text:
            raise Code(44004)
        if len(text.encode()) > MOST_BYTES:
            raise Code(45002)
        if kind == "news" and len(content.get("articles") or ()) != 1:
            raise Code(45002)
        world.push(person)
        person.typing_until = 0.0
        person.phone.append({"from": "custom", "text": text})
        world.note("custom", person.openid, text=text)
        return {}

    def typing(body: Body, _: Request) -> Mapping[str, Any]:
        if world.account.kind == "unverified":
            raise Code(48001)
        person = world.follower(body.get("touser"))
        if body.get("command") not in {"Typing", "CancelTyping"}:
            raise Code(45072)
        if world.now() - person.last_spoke > 30:
            raise Code(45080)
        if body["command"] == "Typing" and person.typing_until > world.now():
            raise Code(45081)
        person.typing_until = world.now() + 15 if body["command"] == "Typing" else 0.0
        world.note("typing", person.openid)
        return {}

    def media_get(_: Body, request: Request) -> Mapping[str, Any] | Response:
        world.spend("media/get")
        found = world.media.get(request.query_params.get("media_id", ""))
        if found is None or found[2] < world.now():
            raise Code(40007)
        if found[0].startswith("video"):
            return {"video_url": "http://127.0.0.1:1/never-fetch-this"}
        return Response(found[1], media_type=found[0])

    async def media_upload(request: Request) -> Response:
        world.spend("media/upload")
        form = await request.form()
        upload = form.get("media")
        if upload is None or isinstance(upload, str):
            raise Code(41001 if upload is None else 44002)
        media_id = f"media-{world.number()}"
        data = await upload.read()
        world.media[media_id] = (upload.content_type or "image/jpeg", data, world.now() + 3 * 86_400)
        return JSONResponse({"type": request.query_params.get("type"), "media_id": media_id})

    async def add_material(request: Request) -> Response:
        world.spend("material/add_material")
        form = await request.form(max_part_size=32 * 1024 * 1024)
        upload = form.get("media")
        if upload is None or isinstance(upload, str):
            raise Code(41001 if upload is None else 44002)
        kind = request.query_params.get("type", "")
        return JSONResponse(mass.box.keep(kind, upload.content_type or "", await upload.read()))

    handlers: dict[str, tuple[str, Handler]] = {
        "/cgi-bin/stable_token": ("POST", stable_token),
        "/cgi-bin/token": ("GET", token),
        "/cgi-bin/message/custom/send": ("POST", send),
        "/cgi-bin/message/custom/typing": ("POST", typing),
        "/cgi-bin/media/get": ("GET", media_get),
        "/cgi-bin/message/mass/sendall": ("POST", lambda body, _: mass.send(body, everybody=True)),
        "/cgi-bin/message/mass/send": ("POST", lambda body, _: mass.send(body, everybody=False)),
        "/cgi-bin/message/mass/get": ("POST", lambda body, _: mass.status(body.get("msg_id"))),
        "/cgi-bin/message/mass/preview": ("POST", lambda body, _: mass.preview(body)),
        "/cgi-bin/message/subscribe/bizsend": ("POST", lambda body, _: mass.notice(body)),
        "/cgi-bin/clear_quota": ("POST", lambda body, _: world.clear_quota(body.get("appid"))),
        "/cgi-bin/message/mass/delete": ("POST", lambda body, _: mass.delete(body)),
        "/cgi-bin/draft/add": ("POST", lambda body, _: mass.box.add(body)),
        "/cgi-bin/draft/get": ("POST", lambda body, _: mass.box.get(body)),
        "/cgi-bin/draft/delete": ("POST", lambda body, _: mass.box.delete(body)),
        "/cgi-bin/draft/batchget": ("POST", lambda body, _: mass.box.listed(body)),
        "/cgi-bin/draft/count": ("GET", lambda _, __: {"total_count": len(mass.drafts)}),
        "/cgi-bin/freepublish/submit": ("POST", lambda body, _: mass.box.publish(body)),
        "/cgi-bin/freepublish/get": ("POST", lambda body, _: mass.box.status(body)),
        "/cgi-bin/freepublish/batchget": ("POST", lambda body, _: mass.box.published(body)),
        **desk.handlers(),
    }
    made = [
        Route(path, _endpoint(world, path, handler), methods=[method])
        for path, (method, handler) in handlers.items()
    ]
    uploads = {"/cgi-bin/media/upload": media_upload, "/cgi-bin/material/add_material": add_material}
    return [
        *made,
        *(Route(path, _guarded(world, path, take), methods=["POST"]) for path, take in uploads.items()),
    ]


def _endpoint(world: World, path: str, handler: Handler) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        body: Body = {}
        if request.method == "POST":
            raw = await request.body()
            if not raw:
                raise Code(44002)
            try:
                body = json.loads(raw.decode("utf-8"))
            except ValueError:
                raise Code(47001) from None
            if not isinstance(body, dict):
                raise Code(47001)
            if rb"\u" in raw:
                raise Code(40033)
        found = handler(body, request)
        if isinstance(found, Response):
            return found
        return JSONResponse(
            {"errcode": 0, "errmsg": "ok", **found} if path.startswith(PLAIN) else dict(found)
        )

    return _guarded(world, path, answer)


PLAIN = ("/cgi-bin/message", "/cgi-bin/menu", "/cgi-bin/tags/members", "/cgi-bin/tags/delete")


def _guarded(world: World, path: str, real: Callable[[Request], Any]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        line = world.note("api", path=path)
        try:
            fault = world.fault(path)
            if fault and "delay" in fault:
                await asyncio.sleep(float(fault["delay"]))
            if fault and "errcode" in fault:
                raise Code(int(fault["errcode"]))
            if fault and "status" in fault:
                return Response(b"<html>busy</html>", int(fault["status"]))
            if not path.endswith("token"):
                world.check_token(request.query_params.get("access_token"))
            found: Response = await real(request)
            if fault and fault.get("silent"):
                await asyncio.sleep(60)
            if fault and fault.get("hang up"):
                return StreamingResponse(_broken(), headers={"Content-Length": "1000"})
            return found
        except Code as code:
            line["errcode"] = code.body["errcode"]
            return JSONResponse(code.body)

    return answer


async def _broken() -> Any:
    yield b"{"
    raise ConnectionResetError
