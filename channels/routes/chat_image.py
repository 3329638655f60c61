"""POST …/image below a page's address: one picture of its conversation. The answers are those of a text."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from channels.accept import SESSION_PATTERN, is_session
from channels.answers import failure
from channels.base import Channel, Forged, Hook, Inbound, Refuse
from channels.door import Door
from channels.forms import FORM, read_form
from channels.rates import Rates, visitor
from channels.routes.chat import carried, hook_of
from channels.routes.documented import answer_of, body_of, errors
from channels.wording import Wording

FIELDS, MORE = frozenset({"session_id", "file"}), frozenset({"message_id"})
LONGEST_ID = 64
SCHEMA = {
    "type": "object",
    "properties": {
        "session_id": {"type": "string", "pattern": SESSION_PATTERN},
        "file": {"type": "string", "format": "binary", "description": "PNG, JPEG, WebP, BMP or GIF, 8 MB"},
        "message_id": {
            "type": "string",
            "maxLength": LONGEST_ID,
            "description": "the same when the same picture is sent again; it is then answered with the same answer",
        },
    },
    "required": sorted(FIELDS),
}


def image_path(page: Channel) -> str:
    """Return where ``page`` sends its pictures."""
    return f"{page.path}/image"


def chat_image_routes(page: Channel, door: Door, rates: Rates, wording: Wording) -> APIRouter:
    """Return the route for ``page``, the channel whose people hold a session id."""
    router = APIRouter(tags=["chat"])

    @router.post(
        image_path(page),
        summary=wording.docs["chat_image_summary"],
        response_model=None,
        responses={**answer_of(page.contract.response), **errors(400, 403, 413, 415, 422, 429, 503)},
        openapi_extra=body_of(SCHEMA, FORM),
    )
    async def chat_image(request: Request) -> Response:
        await rates.spend_address(visitor(request.client.host if request.client else None))
        hook = await hook_of(request)
        try:
            page.verify(hook)
        except Forged:
            return failure(403, "origin_wrong", wording)
        return carried(door, await door.see(page, hook, _message(page.name, hook)))

    return router


def _message(channel: str, hook: Hook) -> Inbound:
    """Return the message in a form. Raises ``Refuse``."""
    form = read_form(hook.headers, hook.body, FIELDS, MORE)
    try:
        session = form["session_id"].decode("utf-8")
        number = form.get("message_id", b"").decode("ascii")
    except UnicodeDecodeError:
        raise Refuse("body_not_utf8", 400) from None
    if not is_session(session) or len(number) > LONGEST_ID:
        raise Refuse("field_wrong_type")
    if not form["file"]:
        raise Refuse("picture_empty")
    # The key belongs to the session: nobody can take another session's answer by guessing its numbers.
    key = f"{session}|{number}" if number else ""
    return Inbound(channel, session, picture=form["file"], dedupe_key=key)
