"""One message of a person at a time, in the order they came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.base import Refuse

MOST_WAITING = 5  # a person does not type more than this ahead; a script does
MOST_AT_ALL = 500  # turns in flight in this process; beyond it newcomers are told to wait (shedding)


class Turns:
    """A queue for each person; asyncio's lock is fair, so the order of arrival is kept."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}
        self._total = 0

    @asynccontextmanager
    async def take(self, key: str) -> AsyncIterator[None]:
        """Wait for the turn of ``key``. Raises ``Refuse`` when too many wait already."""
        if self._waiting.get(key, 0) > MOST_WAITING or self._total >= MOST_AT_ALL:
            raise Refuse("busy", 429, retry_after=5)
        lock = self._locks.setdefault(key, asyncio.Lock())
        self._waiting[key] = self._waiting.get(key, 0) + 1
        self._total += 1
        try:
            async with lock:
                yield
        finally:
            self._total -= 1
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key], self._locks[key]
