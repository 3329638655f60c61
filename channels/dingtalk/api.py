"""The client of DingTalk's API: answers to a session, and the pictures people send. All times and sizes are limited."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from channels.base import GiveUp, Retry
from channels.dingtalk.session import Hosts
from channels.wechat.api import MOST_ANSWER, MOST_MEDIA, TooLarge, read_json
from channels.wechat.tokens import Tokens

SECONDS = 3.0
TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105  # a header's name
TOKEN_REFUSED = b"InvalidAuthentication"  # DingTalk's code for a token that is over
LATER = {429, 500, 502, 503, 504}  # of what only reads
Answer = Mapping[str, Any]


class Api:
    """Talks to DingTalk's hosts only and follows no redirects."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        base: str,
        hosts: Hosts,
        app: tuple[str, str],
        robot_code: str,
        seconds: float = SECONDS,
    ) -> None:
        self._client = client
        self._base = base
        self._hosts = hosts
        self._app = app
        self._robot_code = robot_code
        self._timeout = httpx.Timeout(seconds, connect=min(2.0, seconds))
        self._tokens = Tokens(self._fetch_token)

    async def answer(self, address: str, body: object) -> None:
        """Send ``body`` to the session's ``address``. Raises ``ApiError``, ``BadAnswer``, ``TooLarge``, httpx's errors."""
        data = json.dumps(body, ensure_ascii=False).encode()
        found, content = await self._send("POST", address, {}, data, MOST_ANSWER)
        read_json(found, content)

    async def picture(self, code: str) -> bytes:
        """Return the picture of a download code. Raises ``Retry`` or ``GiveUp``."""
        try:
            token = await self._tokens.get()
            found, content = await self._ask_for(code, token)
            if found.status_code == 401 or TOKEN_REFUSED in content:
                fresh = await self._tokens.renew(token)
                if fresh is not None:
                    found, content = await self._ask_for(code, fresh)
            address = _address(found, content)
            if not self._hosts.has_file(address):
                raise GiveUp("a file that is not on DingTalk's own hosts")
            found, content = await self._send("GET", address, {}, None, MOST_MEDIA)
        except TooLarge:
            raise GiveUp("too large") from None
        except httpx.HTTPError:
            raise Retry("the line broke", 2.0) from None
        if found.status_code in LATER:
            raise Retry(f"status {found.status_code}", 2.0)
        if found.status_code != 200 or not content:
            raise GiveUp(f"status {found.status_code}")
        return content

    async def check(self) -> str | None:
        """Return what an operator must mend before DingTalk gives us an access token, None when it does."""
        try:
            await self._tokens.get()
        except GiveUp:
            return "DingTalk refuses FANZHA_DINGTALK_APP_KEY and FANZHA_DINGTALK_APP_SECRET"
        except (Retry, TooLarge, httpx.HTTPError) as error:
            return f"DingTalk's API cannot be reached ({type(error).__name__})"
        return None

    async def _ask_for(self, code: str, token: str) -> tuple[httpx.Response, bytes]:
        body = json.dumps({"downloadCode": code, "robotCode": self._robot_code}).encode()
        where = f"{self._base}/v1.0/robot/messageFiles/download"
        return await self._send("POST", where, {TOKEN_HEADER: token}, body, MOST_ANSWER)

    async def _fetch_token(self) -> tuple[str, float]:
        key, secret = self._app
        body = json.dumps({"appKey": key, "appSecret": secret}).encode()
        found, content = await self._send(
            "POST", f"{self._base}/v1.0/oauth2/accessToken", {}, body, MOST_ANSWER
        )
        answer = _object(found, content)
        try:
            return str(answer["accessToken"]), float(answer["expireIn"])
        except (KeyError, ValueError, TypeError):
            raise GiveUp(f"no access token: status {found.status_code}") from None

    async def _send(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None, most: int
    ) -> tuple[httpx.Response, bytes]:
        kind = {"Content-Type": "application/json; charset=utf-8"} if body is not None else {}
        async with self._client.stream(
            method,
            address,
            content=body,
            headers={**kind, **headers},
            timeout=self._timeout,
            follow_redirects=False,
        ) as found:
            content = bytearray()
            async for piece in found.aiter_bytes():
                content += piece
                if len(content) > most:
                    raise TooLarge
            return found, bytes(content)


def _address(found: httpx.Response, content: bytes) -> str:
    address = _object(found, content).get("downloadUrl")
    if not isinstance(address, str):
        raise GiveUp(f"no address: status {found.status_code}")
    return address


def _object(found: httpx.Response, content: bytes) -> Answer:
    """Return DingTalk's newer answers, whose errors are HTTP's. Raises ``Retry`` or ``GiveUp``."""
    if found.status_code in LATER:
        raise Retry(f"status {found.status_code}", 2.0)
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    if found.status_code != 200 or not isinstance(answer, dict):
        raise GiveUp(f"status {found.status_code}")
    return answer
