"""The line to Telegram's API below python-telegram-bot: limited in time and size, and it says how far a request came.

The library's own request class reads answers of any size, logs what it cannot read (an answer quotes our message), and
its client would follow the environment's proxies.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

import httpx
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

SECONDS = 8.0  # of one request; with the wait for our own rate limit less than the outbox waits
WAIT_SECONDS = 2.0  # for our own rate limit
MOST_BYTES = 9 * 1024 * 1024  # of an answer: a picture, or twenty updates


class TooLarge(NetworkError):
    """What came is larger than it may be."""


@dataclass
class Trip:
    """How far the requests within ``watched`` came. ``status`` is HTTP's of the last answer, 0 without one."""

    limit: asyncio.Timeout
    began: bool = False
    status: int = 0

    def begin(self, seconds: float) -> None:
        """Note that a request goes out now; from here on the line's own limit counts."""
        self.began = True
        self.limit.reschedule(asyncio.get_running_loop().time() + seconds + 0.5)


TRIP: ContextVar[Trip | None] = ContextVar("trip", default=None)


@contextmanager
def watched(limit: asyncio.Timeout) -> Iterator[Trip]:
    """Give the trip of the requests made within; ``limit`` ends the wait for the rate limit."""
    trip = Trip(limit)
    token = TRIP.set(trip)
    try:
        yield trip
    finally:
        TRIP.reset(token)


class Line(BaseRequest):
    """Sends for the library over ``client``, which belongs to somebody else."""

    __slots__ = ("_client", "_seconds")

    def __init__(self, client: httpx.AsyncClient, seconds: float = SECONDS) -> None:
        self._client = client
        self._seconds = seconds

    @property
    def read_timeout(self) -> float:
        """Return how long an answer may take, in seconds."""
        return self._seconds

    async def initialize(self) -> None:
        """Do nothing: the client is open."""

    async def shutdown(self) -> None:
        """Do nothing: whoever opened the client closes it."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Return the answer. Raises ``TelegramError``, and says nothing of what stood in it."""
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError):
            raise TelegramError("an answer that cannot be read") from None
        if not isinstance(answer, dict) or ("result" not in answer and answer.get("ok") is not False):
            raise TelegramError("an answer that cannot be read")
        return cast("dict[str, Any]", answer)

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Return status and body. Raises ``TimedOut`` and ``NetworkError``, caused by httpx's errors."""
        # Only fetching updates asks for a time of its own; the library's default is no number.
        seconds = float(read_timeout) if isinstance(read_timeout, int | float) else self._seconds
        trip = TRIP.get()
        if trip is not None:
            trip.begin(seconds)
        # Address and TLS each take at most a quarter: the limit of all never ends a mere attempt to connect.
        times = httpx.Timeout(seconds, connect=min(3.0, seconds / 4), pool=min(1.0, seconds / 4))
        data = request_data.json_parameters if request_data else None
        try:
            async with (
                asyncio.timeout(seconds),
                self._client.stream(method, url, data=data, timeout=times, follow_redirects=False) as found,
            ):
                if trip is not None:
                    trip.status = found.status_code
                content = bytearray()
                async for piece in found.aiter_bytes():
                    content += piece
                    if len(content) > MOST_BYTES:
                        raise TooLarge("an answer that is too long")
                return found.status_code, bytes(content)
        except TimeoutError:
            raise TimedOut from None
        except httpx.TimeoutException as error:
            raise TimedOut from error
        except httpx.HTTPError as error:
            raise NetworkError(type(error).__name__) from error
