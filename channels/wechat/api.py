"""The client of WeChat's API: a token, one retry with a new one, error codes as exceptions. All times are limited."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

import httpx

from channels.wechat.errors import ApiError, BadAnswer, NoToken, Table
from channels.wechat.tokens import Tokens

SECONDS = (
    3.0  # of one request; token, sending, new token and sending again must end before the outbox gives up
)
MOST_ANSWER = 1024 * 1024  # bytes of a JSON answer
MOST_MEDIA = 10 * 1024 * 1024  # bytes; WeChat's own limit for pictures
UPLOAD_SECONDS = 30.0  # of a picture's way there; nobody waits for it
Answer = Mapping[str, Any]
File = tuple[str, bytes, str]  # name, content, media type
T = TypeVar("T")


class TooLarge(Exception):
    """What came is larger than it may be."""


class Api:
    """Talks to one host, ``base``, and follows no redirects."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        base: str,
        app_id: str,
        secret: str,
        table: Table,
        seconds: float = SECONDS,
    ) -> None:
        self._client = client
        self._base = base
        self._app_id = app_id
        self._secret = secret
        self._table = table
        self._timeout = httpx.Timeout(seconds, connect=min(2.0, seconds))
        self._tokens = Tokens(self._fetch_token)

    async def post(self, path: str, body: object, **more: str) -> Answer:
        """Return the answer to a POST of JSON, with ``more`` in its query.

        Raises ``NoToken``, ``ApiError``, ``BadAnswer`` or httpx's errors.
        """
        data = json.dumps(body, ensure_ascii=False).encode()  # WeChat shows \\uXXXX as it stands (40033)

        async def once(token: str) -> Answer:
            query = {"access_token": token, **more}
            found, content = await self._send("POST", path, query, data, MOST_ANSWER)
            return read_json(found, content)

        return await self._with_token(once)

    async def get(self, path: str) -> Answer:
        """Return the answer to a GET. Raises as ``post``."""

        async def once(token: str) -> Answer:
            found, content = await self._send("GET", path, {"access_token": token}, None, MOST_ANSWER)
            return read_json(found, content)

        return await self._with_token(once)

    async def upload(self, path: str, file: File, **query: str) -> Answer:
        """Return the answer to a POST of ``file`` as the form's field ``media``. Raises as ``post``."""

        async def once(token: str) -> Answer:
            params = {"access_token": token, **query}
            found, content = await self._send("POST", path, params, None, MOST_ANSWER, file)
            return read_json(found, content)

        return await self._with_token(once)

    async def check(self) -> None:
        """Have a token fetched. Raises ``NoToken``."""
        await self._token(self._tokens.get())

    async def media(self, media_id: str, most: int = MOST_MEDIA) -> bytes:
        """Return a picture or a voice that somebody sent. Raises as ``post``, and ``TooLarge``."""

        async def once(token: str) -> bytes:
            params = {"access_token": token, "media_id": media_id}
            found, content = await self._send("GET", "/cgi-bin/media/get", params, None, most)
            kind = found.headers.get("content-type", "")
            if "json" in kind or "text" in kind or content[:1] == b"{":
                read_json(found, content)
                raise BadAnswer(found.status_code)  # a video: only its address, which nobody fetches
            if found.status_code != 200:
                raise BadAnswer(found.status_code)
            return content

        return await self._with_token(once)

    async def _with_token(self, once: Callable[[str], Awaitable[T]]) -> T:
        token = await self._token(self._tokens.get())
        try:
            return await once(token)
        except ApiError as error:
            meaning = self._table.get(error.code)
            if meaning is None or meaning.do != "token":
                raise
            fresh = await self._token(self._tokens.renew(token))
            if fresh is None:
                raise
        return await once(fresh)

    async def _token(self, wanted: Awaitable[T]) -> T:
        try:
            return await wanted
        except ApiError as error:
            raise NoToken(error.code) from None
        except (httpx.HTTPError, BadAnswer):
            raise NoToken from None

    async def _fetch_token(self) -> tuple[str, float]:
        wanted = {"grant_type": "client_credential", "appid": self._app_id, "secret": self._secret}
        body = json.dumps(wanted).encode()
        found, content = await self._send("POST", "/cgi-bin/stable_token", {}, body, MOST_ANSWER)
        answer = read_json(found, content)
        try:
            return str(answer["access_token"]), float(answer["expires_in"])
        except (KeyError, ValueError, TypeError):
            raise BadAnswer(found.status_code) from None

    async def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: bytes | None,
        most: int,
        file: File | None = None,
    ) -> tuple[httpx.Response, bytes]:
        headers = {"Content-Type": "application/json; charset=utf-8"} if body is not None else {}
        async with self._client.stream(
            method,
            f"{self._base}{path}",
            params=params,
            content=body,
            files={"media": file} if file is not None else None,
            headers=headers,
            timeout=self._timeout if file is None else UPLOAD_SECONDS,
            follow_redirects=False,
        ) as found:
            content = bytearray()
            async for piece in found.aiter_bytes():
                content += piece
                if len(content) > most:
                    raise TooLarge
            return found, bytes(content)


def read_json(found: httpx.Response, content: bytes) -> Answer:
    """Return the answer without an error code. Raises ``ApiError`` and ``BadAnswer``."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        raise BadAnswer(found.status_code) from None
    if not isinstance(answer, dict):
        raise BadAnswer(found.status_code)
    code = answer.get("errcode", 0)
    if code:
        raise ApiError(code if isinstance(code, int) else 0, str(answer.get("msg_id") or ""))
    if found.status_code != 200:
        raise BadAnswer(found.status_code)
    return cast("Answer", answer)
