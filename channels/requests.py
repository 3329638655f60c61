"""Read a JSON request strictly from its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.accept import SESSION_PATTERN, accept_text, refusal_of
from channels.base import Refuse

M = TypeVar("M", bound=BaseModel)
CHECK_LIMIT = 10_000  # characters; a long chat history fits, a book does not


class CheckRequest(BaseModel):
    """A text to judge: the message as received, the story told, or the talk as a transcript."""

    model_config = ConfigDict(extra="forbid", strict=True)
    text: str = Field(description="1 to 10,000 characters")


class ForgetRequest(BaseModel):
    """The conversation to delete."""

    model_config = ConfigDict(extra="forbid", strict=True)
    session_id: str = Field(pattern=SESSION_PATTERN)


def require_json(headers: Mapping[str, str], body: bytes) -> None:
    """Raise ``Refuse`` unless ``body`` is announced as JSON and is UTF-8."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refuse("content_type_wrong", 415)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refuse("body_not_utf8", 400) from None


def read(model: type[M], headers: Mapping[str, str], body: bytes) -> M:
    """Return ``body`` as ``model``. Raises ``Refuse``."""
    require_json(headers, body)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise refusal_of(first["type"], first["loc"]) from None


def read_check(headers: Mapping[str, str], body: bytes) -> str:
    """Return the text to judge. Raises ``Refuse``."""
    return accept_text(read(CheckRequest, headers, body).text, CHECK_LIMIT)
