"""The methods of api.telegram.org that the assistant may call, strict about what they take.

A fault is one of: ``refusal`` (status, description), ``retry_after`` (429), ``status`` (a page of HTML, not taken), ``delay``
(seconds, then as usual), ``silent`` (taken, never answered), ``hang up`` (taken, the line breaks), ``raw`` (taken,
answered with this).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.fakes.telegram.checks import checked_markup, checked_text
from tests.fakes.telegram.world import EVERYTHING, SECRET, Refusal, Webhook, World

Body = Mapping[str, Any]
Method = Callable[[Body], Awaitable[Any]]
MOST_FILE = 20 * 1024 * 1024
ACTIVE = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
OTHER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


class Api:
    """The methods, by name."""

    def __init__(self, world: World, pushed: Callable[[], None]) -> None:
        self.world = world
        self._pushed = pushed
        self.methods: dict[str, Method] = {
            name.lower(): getattr(self, name)
            for name in dir(self)
            if not name.startswith("_")
            and name[0].islower()
            and asyncio.iscoroutinefunction(getattr(self, name))
        }

    def routes(self) -> list[Route]:
        """Return the routes of methods and files."""
        return [
            Route("/bot{token}/{method}", self.call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self.file),
        ]

    def file(self, request: Request) -> Response:
        """Return a file that ``getFile`` named."""
        if request.path_params["token"] != self.world.account.token:
            return JSONResponse(Refusal(404, "Not Found").body, 404)
        found = next(
            (data for path, data in self.world.files.values() if path == request.path_params["path"]), None
        )
        return Response(b"", 404) if found is None else Response(found, media_type="application/octet-stream")

    async def call(self, request: Request) -> Response:
        """Answer one call."""
        name = request.path_params["method"].lower()
        line = self.world.note("api", method=name)
        try:
            if request.path_params["token"] != self.world.account.token:
                raise Refusal(401, "Unauthorized")
            method = self.methods.get(name)
            if method is None:
                raise Refusal(404, "Not Found: method not found")
            fault = self.world.fault(name) or {}
            await self._before(fault)
            if "status" in fault:
                return Response(b"<html>trouble</html>", int(fault["status"]))
            result = {"ok": True, "result": await method(await _body(request))}
            if fault.get("silent"):
                await asyncio.sleep(60)
            if fault.get("hang up"):
                return StreamingResponse(_broken(), headers={"Content-Length": "1000"})
            if "raw" in fault:
                return Response(str(fault["raw"]).encode(), media_type="application/json")
            return JSONResponse(result)
        except Refusal as refusal:
            line["error"] = refusal.body["description"]
            return JSONResponse(refusal.body, refusal.status)

    async def getMe(self, _: Body) -> Any:
        account = self.world.account
        return {"id": account.number, "is_bot": True, "first_name": "fanzha", "username": account.username}

    async def getUpdates(self, body: Body) -> Any:
        world = self.world
        if world.webhook.url:
            raise Refusal(409, ACTIVE)
        if body.get("allowed_updates"):
            world.allowed = tuple(json.loads(body["allowed_updates"])) or EVERYTHING
        world.polls += 1
        mine, until = world.polls, asyncio.get_running_loop().time() + float(body.get("timeout") or 0)
        world.confirm(int(body.get("offset") or 0))
        while not world.waiting() and (left := until - asyncio.get_running_loop().time()) > 0:
            world.came.clear()
            try:
                async with asyncio.timeout(min(left, 0.2)):
                    await world.came.wait()
            except TimeoutError:
                pass
            if mine != world.polls:
                raise Refusal(409, OTHER)
        return world.waiting()[: int(body.get("limit") or 100)]

    async def setWebhook(self, body: Body) -> Any:
        url, secret = str(body.get("url") or ""), str(body.get("secret_token") or "")
        if not url.startswith("https://") and not (
            self.world.account.plain_http and url.startswith("http://")
        ):
            raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if "secret_token" in body and not SECRET.fullmatch(secret):
            raise Refusal(400, "Bad Request: secret token contains illegal characters")
        connections = int(body.get("max_connections") or 40)
        if not 1 <= connections <= 100:
            raise Refusal(400, "Bad Request: max_connections must be between 1 and 100")
        allowed = tuple(json.loads(body.get("allowed_updates") or "[]")) or EVERYTHING
        self.world.webhook = Webhook(url, secret, connections, allowed)
        self.world.allowed = allowed
        self.world.came.set()
        self._pushed()
        return True

    async def deleteWebhook(self, body: Body) -> Any:
        self.world.webhook = Webhook()
        if str(body.get("drop_pending_updates")).lower() == "true":
            self.world.updates.clear()
        return True

    async def getWebhookInfo(self, _: Body) -> Any:
        hook = self.world.webhook
        info = {
            "url": hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.world.updates),
        }
        return info | ({"last_error_message": hook.last_error} if hook.last_error else {})

    async def sendMessage(self, body: Body) -> Any:
        chat = self.world.writable(body.get("chat_id"))
        text = checked_text(body.get("text"), body.get("parse_mode"))
        rows = checked_markup(body.get("reply_markup"))
        preview = not json.loads(body.get("link_preview_options") or "{}").get("is_disabled", False)
        answers = json.loads(body.get("reply_parameters") or "{}").get("message_id")
        seen = {"from": "bot", "text": text, "buttons": rows, "preview": preview, "answers": answers}
        number = self.world.number()
        chat.phone.append(seen)
        chat.typing = 0
        self.world.note("custom", chat.number, text=text)
        shown = {"id": chat.number, "type": chat.kind, "first_name": "x"}
        return {"message_id": number, "date": int(self.world.now()), "chat": shown, "text": text}

    async def sendChatAction(self, body: Body) -> Any:
        chat = self.world.writable(body.get("chat_id"))
        if body.get("action") != "typing":
            raise Refusal(400, "Bad Request: wrong parameter action in request")
        chat.typing += 1
        self.world.note("typing", chat.number)
        return True

    async def answerCallbackQuery(self, body: Body) -> Any:
        query = str(body.get("callback_query_id"))
        if self.world.queries.get(query, True):
            raise Refusal(400, OLD)
        self.world.queries[query] = True
        return True

    async def getFile(self, body: Body) -> Any:
        number = str(body.get("file_id"))
        if number not in self.world.files:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        path, data = self.world.files[number]
        if len(data) > MOST_FILE:
            raise Refusal(400, "Bad Request: file is too big")
        return {"file_id": number, "file_unique_id": number, "file_size": len(data), "file_path": path}

    async def setMyCommands(self, body: Body) -> Any:
        listed = json.loads(str(body.get("commands")))
        for one in listed:
            if not 1 <= len(one["command"]) <= 32 or not 1 <= len(one["description"]) <= 256:
                raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
        if len(listed) > 100:
            raise Refusal(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
        scope = json.loads(str(body.get("scope") or '{"type":"default"}'))["type"]
        self.world.commands[f"{scope}/{body.get('language_code') or ''}"] = listed
        return True

    async def _before(self, fault: Mapping[str, Any]) -> None:
        if "delay" in fault:
            await asyncio.sleep(float(fault["delay"]))
        if "retry_after" in fault:
            after = int(fault["retry_after"])
            raise Refusal(429, f"Too Many Requests: retry after {after}", retry_after=after)
        if "refusal" in fault:
            raise Refusal(*fault["refusal"])


async def _body(request: Request) -> Body:
    if request.headers.get("content-type", "").startswith("application/json"):
        found = await request.json()
        return found if isinstance(found, dict) else {}
    return {**request.query_params, **{name: str(value) for name, value in (await request.form()).items()}}


async def _broken() -> Any:
    yield b"{"
    raise ConnectionResetError
