"""The access token: fetched once for all tasks, renewed once when WeChat refuses it.

``stable_token`` in its normal mode gives every process the same token and never makes an older one invalid, so no store
is shared. ``force_refresh`` is never used: it takes the token from under the other processes, 20 times a day.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

EARLY_SECONDS = 300.0  # WeChat itself renews five minutes before the end
RENEWAL_SECONDS = 30.0  # a refusal so soon after a renewal is no matter of the token's age
Fetch = Callable[[], Awaitable[tuple[str, float]]]  # returns the token and for how many seconds it is valid


class Tokens:
    """One token, shared by all tasks of this process."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._until = 0.0
        self._renewed = -RENEWAL_SECONDS

    async def get(self) -> str:
        """Return a token. Raises what ``fetch`` raises."""
        if self._valid():
            return self._token
        async with self._lock:
            if not self._valid():
                await self._fetch_one()
            return self._token

    async def renew(self, refused: str) -> str | None:
        """Return another token than ``refused``, None when there is none to be had now.

        Whoever comes with the same refused token gets the one that was fetched meanwhile: one fetch for all.
        """
        async with self._lock:
            if self._token and self._token != refused:
                return self._token
            if self._clock() < self._renewed + RENEWAL_SECONDS:
                return None
            self._renewed = self._clock()
            await self._fetch_one()
            return self._token if self._token != refused else None

    def _valid(self) -> bool:
        return bool(self._token) and self._clock() < self._until

    async def _fetch_one(self) -> None:
        token, seconds = await self._fetch()
        self._token = token
        self._until = self._clock() + max(seconds - EARLY_SECONDS, seconds / 2)
