"""What the page sends and gets, as strict models."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.base import Inbound, Refuse, accept_text, refusal_of

CHAT_LIMIT = 5_000  # characters of one message
SESSION_ID = 128  # characters of a session id


class ChatRequest(BaseModel):
    """A typed ``text`` or the ``payload`` of a pressed button, one of the two.

    Whoever knows ``session_id`` can read that conversation's own numbers back: make it long and random.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    session_id: str = Field(min_length=1, max_length=SESSION_ID)
    text: str | None = Field(default=None, description="1 to 5,000 characters")
    payload: str | None = Field(default=None, max_length=300, description="as it stood in a button")


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


def parse_chat(channel: str, headers: Mapping[str, str], body: bytes) -> Inbound:
    """Return the message in ``body``. Raises ``Refuse``."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refuse("content_type_wrong", 415)
    try:
        body.decode("utf-8")
        request = ChatRequest.model_validate_json(body)
    except UnicodeDecodeError:
        raise Refuse("body_not_utf8", 400) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise refusal_of(first["type"], first["loc"]) from None
    if (request.text is None) == (request.payload is None):
        raise Refuse("field_missing")
    text = None if request.text is None else accept_text(request.text, CHAT_LIMIT)
    return Inbound(channel, request.session_id, text, request.payload)
