"""How many requests wait for answers at the same time: from one person, and at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from channels.base import Refuse

MOST_WAITING = 5  # a person does not type more than this ahead; a script does
MOST_AT_ALL = 500  # requests waiting in this process; beyond it newcomers are told to wait (shedding)


class Crowd:
    """Counts who waits. For channels whose requests wait; others are stored and acknowledged at once."""

    def __init__(self) -> None:
        self._waiting: dict[str, int] = {}
        self._total = 0

    @contextmanager
    def enter(self, key: str) -> Iterator[None]:
        """Count one request of ``key`` while it waits. Raises ``Refuse`` when too many wait already."""
        if self._waiting.get(key, 0) > MOST_WAITING or self._total >= MOST_AT_ALL:
            raise Refuse("busy", 429, retry_after=5)
        self._waiting[key] = self._waiting.get(key, 0) + 1
        self._total += 1
        try:
            yield
        finally:
            self._total -= 1
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]
