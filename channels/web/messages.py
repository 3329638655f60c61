"""What the page sends and gets, as strict models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.accept import SESSION_PATTERN, accept_text, refusal_of
from channels.base import Inbound, Kind, Refuse

CHAT_LIMIT = 5_000  # characters of one message


class ChatRequest(BaseModel):
    """A typed ``text`` or the ``payload`` of a pressed button, one of the two.

    Whoever knows ``session_id`` can read that conversation's own numbers back: make it long and random.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    session_id: str = Field(pattern=SESSION_PATTERN)
    text: str | None = Field(default=None, description="1 to 5,000 characters")
    payload: str | None = Field(default=None, max_length=300, description="as it stood in a button")
    message_id: str | None = Field(
        default=None,
        min_length=8,
        max_length=64,
        pattern="^[A-Za-z0-9_-]+$",
        description="the same when the same message is sent again; it is then answered with the same answer",
    )
    scene: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_:.-]{1,64}$",
        description="what the QR code says that led here (poster:<campaign>); with the first message of a session",
    )


M = TypeVar("M", bound=ChatRequest)


class ButtonModel(BaseModel):
    """A thing to press."""

    title: str
    payload: str


class ReplyModel(BaseModel):
    """One answer; ``card`` is a verdict or a guide to render, see ``kind``."""

    text: str
    buttons: list[ButtonModel]
    card: dict[str, object] | None


class ChatAnswer(BaseModel):
    """All answers; ``degraded`` while the dialogue engine is down and only the fallback speaks."""

    replies: list[ReplyModel]
    degraded: bool = False
    talk: str = Field(default="bot", description="who talks: bot, waiting (for a human), human")
    pending: bool = Field(default=False, description="true: more is to come, ask for news")


def read_chat(model: type[M], headers: Mapping[str, str], body: bytes) -> M:
    """Return the request in ``body``. Raises ``Refuse``."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refuse("content_type_wrong", 415)
    try:
        body.decode("utf-8")
        return model.model_validate_json(body)
    except UnicodeDecodeError:
        raise Refuse("body_not_utf8", 400) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise refusal_of(first["type"], first["loc"]) from None


def message_of(channel: str, request: ChatRequest) -> Inbound:
    """Return the message that ``request`` brings. Raises ``Refuse``."""
    if (request.text is None) == (request.payload is None):
        raise Refuse("field_missing")
    text = None if request.text is None else accept_text(request.text, CHAT_LIMIT)
    key = dedupe_key(request)
    kind = Kind.TEXT if request.payload is None else Kind.BUTTON
    scene = request.scene or ""
    return Inbound(channel, request.session_id, text, request.payload, dedupe_key=key, kind=kind, scene=scene)


def dedupe_key(request: ChatRequest) -> str:
    """Return the key of a message that may be sent again, empty without ``message_id``."""
    # The key belongs to the session: nobody can take another session's answer by guessing its numbers.
    return f"{request.session_id}|{request.message_id}" if request.message_id else ""
