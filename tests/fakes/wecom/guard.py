"""What the fakes of WeCom and DingTalk have in common: a ledger, faults to order, and the breaking of answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

Real = Callable[[Request], Awaitable[Response]]


class Code(Exception):
    """An answer with an error code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Ledger:
    """Everything that happened, and the faults that the next calls meet. Its clock can be put forward."""

    def __init__(self) -> None:
        self.offset = 0.0
        self.lines: list[dict[str, Any]] = []
        self.faults: dict[str, deque[dict[str, Any]]] = {}

    def now(self) -> float:
        """Return the time of this world, in Unix seconds."""
        return time.time() + self.offset

    def note(self, way: str, **more: Any) -> dict[str, Any]:
        """Write a line, and return it."""
        line = {"at": self.now(), "way": way, **more}
        self.lines.append(line)
        return line

    def order(self, path: str, fault: dict[str, Any], times: int = 1) -> None:
        """Have the next ``times`` calls of ``path`` meet ``fault``."""
        self.faults.setdefault(path, deque()).extend(dict(fault) for _ in range(times))

    def calls(self, path: str) -> int:
        """Return how often ``path`` was called."""
        return sum(line["way"] == "api" and line["path"] == path for line in self.lines)


def guarded(ledger: Ledger, path: str, real: Real) -> Real:
    """Return ``real`` with its faults: errcode, answer (any JSON), status, silent, hang up.

    The last two take the message; then no answer comes, or it breaks.
    """

    async def answer(request: Request) -> Response:
        line = ledger.note("api", path=path)
        waiting = ledger.faults.get(path)
        fault = waiting.popleft() if waiting else {}
        if "errcode" in fault:
            return refusal(line, fault["errcode"])
        if "answer" in fault:
            return JSONResponse(fault["answer"])
        if "status" in fault:
            return Response(b"<html>busy</html>", fault["status"])
        try:
            found = await real(request)
        except Code as code:
            return refusal(line, code.code)
        if fault.get("silent"):
            await asyncio.sleep(60)
        if fault.get("hang up"):
            return StreamingResponse(_broken(), headers={"Content-Length": "1000"})
        return found

    return answer


def refusal(line: dict[str, Any], code: int) -> Response:
    """Return an error, noted in the call's line."""
    line["errcode"] = code
    return JSONResponse({"errcode": code, "errmsg": "error, hint: [1], from ip: 0.0.0.0"})


async def read(request: Request) -> tuple[bytes, dict[str, Any]]:
    """Return the raw body and its JSON object. Raises ``Code``."""
    raw = await request.body()
    try:
        body = json.loads(raw.decode("utf-8"))
    except ValueError:
        raise Code(47001) from None
    if not isinstance(body, dict):
        raise Code(47001)
    return raw, body


async def _broken() -> Any:
    yield b"{"
    raise ConnectionResetError
