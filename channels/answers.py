"""How the gateway says no: a status, a machine code and a sentence for people."""

from __future__ import annotations

import json
import logging
import traceback

from pydantic import BaseModel, Field
from starlette.responses import Response

from channels.base import Refuse
from channels.wording import Wording

log = logging.getLogger("fanzha.gateway")


class ErrorDetail(BaseModel):
    """Why not: ``code`` for machines, ``message`` for people."""

    code: str = Field(description="fixed machine code, a key of channels/wording.yml")
    message: str = Field(description="a Chinese sentence to show")


class ErrorAnswer(BaseModel):
    """Every answer that is not a success."""

    error: ErrorDetail


def json_answer(body: bytes, status: int = 200) -> Response:
    """Return ``body``, which is JSON already."""
    return Response(body, status, media_type="application/json")


def refusal(refuse: Refuse, wording: Wording) -> Response:
    """Return the answer for ``refuse``."""
    answer = failure(refuse.status, refuse.code, wording)
    if refuse.retry_after is not None:
        answer.headers["Retry-After"] = str(refuse.retry_after)
    return answer


def failure(status: int, code: str, wording: Wording) -> Response:
    """Return ``{"error": {"code", "message"}}``."""
    body = {"error": {"code": code, "message": wording.error(code)}}
    return json_answer(json.dumps(body, ensure_ascii=False).encode(), status)


def log_bug(error: Exception, route: str) -> None:
    """Log what broke and where. Never the exception's message: it may quote a person."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
    log.error("bug: %s at %s (route %s)", type(error).__name__, where or "unknown", route)
