"""The outermost layer of the app: body limits, security headers, figures, and no fault ever shown to people.

A header that an answer brings itself stays as it is (``channels/routes/pages.py``: who may frame a page).

Pure ASGI: Starlette's BaseHTTPMiddleware costs more than the whole check is allowed to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.answers import failure, log_bug, refusal
from channels.base import MOST_PICTURE_BYTES, Refuse
from channels.metrics import Metrics
from channels.wording import Wording

MOST_BODY_BYTES = 64 * 1024
UPLOAD_BYTES = MOST_PICTURE_BYTES + 16 * 1024  # a picture and the form around it
UPLOAD_SECONDS = 60.0  # for a picture on a poor line
MOST_UPLOADS = 8  # pictures being received at once: a slow upload holds its bytes in memory
BODY_SECONDS = 10.0  # a phone on a poor line sends 64 KiB in less; a slow-loris client does not
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors "
)
HEADERS = (
    (b"content-security-policy", f"{CSP}'none'".encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """Wraps the app. Unknown routes share one metrics label, so that a scanner cannot fill the memory.

    ``uploads`` are the paths that take a picture; all others take no more than a long text, save those whose beginning
    stands in ``roomy`` with how many bytes they take.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        wording: Wording,
        uploads: frozenset[str] = frozenset(),
        roomy: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._wording = wording
        self._uploads = uploads
        self._roomy = dict(roomy)
        self._uploading = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": _with_headers(message, scope["path"])}
            await send(message)

        try:
            await self._app(scope, await self._body(scope, receive), answer)
        except Refuse as refuse:
            await refusal(refuse, self._wording)(scope, receive, answer)
        except Exception as error:  # the last net: people get a sentence, never a trace
            log_bug(error, _route(scope))
            if not status:
                await failure(503, "unavailable", self._wording)(scope, receive, answer)
        finally:
            self._metrics.requests.labels(_route(scope), str(status)).inc()
            self._metrics.seconds.labels(_route(scope)).observe(time.perf_counter() - started)

    async def _body(self, scope: Scope, receive: Receive) -> Receive:
        if scope["path"] not in self._uploads:
            mine = (most for start, most in self._roomy.items() if scope["path"].startswith(start))
            most = next(mine, MOST_BODY_BYTES)
            return await _whole_body(scope, receive, most, BODY_SECONDS, "body_too_large")
        if self._uploading >= MOST_UPLOADS:
            raise Refuse("busy", 429, retry_after=5)
        self._uploading += 1
        try:
            return await _whole_body(scope, receive, UPLOAD_BYTES, UPLOAD_SECONDS, "picture_too_large")
        finally:
            self._uploading -= 1


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "other"))


def _with_headers(message: MutableMapping[str, Any], path: str) -> list[tuple[bytes, bytes]]:
    own = list(message.get("headers", ()))
    names = {name for name, _ in own}
    if b"content-security-policy" in names:  # it says who may frame; DENY would win over it in old browsers
        names.add(b"x-frame-options")
    headers = own + [header for header in HEADERS if header[0] not in names]
    if path.startswith("/api/") and b"cache-control" not in names:
        headers.append((b"cache-control", b"no-store"))  # answers quote what people sent
    return headers


async def _whole_body(scope: Scope, receive: Receive, most: int, seconds: float, too_large: str) -> Receive:
    """Read the body, at most ``most`` bytes of it, and return a ``receive`` that gives it once more.

    Raises ``Refuse``: by the announced length before a byte is read, and by the bytes that really come.
    """
    if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
        return receive
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    if not announced.isdigit() or int(announced) > most:
        raise Refuse(too_large, 413)
    body = bytearray()
    more = True
    try:
        async with asyncio.timeout(seconds):
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise Refuse("body_too_slow", 408)
                body += message.get("body", b"")
                if len(body) > most:
                    raise Refuse(too_large, 413)
                more = message.get("more_body", False)
    except TimeoutError:
        raise Refuse("body_too_slow", 408) from None
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return replay
