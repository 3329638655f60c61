"""The lane: who is answered now. Acknowledging comes before answering, in one interpreter above all.

An answer costs several times what storing a message costs. When more messages come than can be answered at once, those
who wait go one by one, with a pause after each, in the order in which they came; else everybody goes at once.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

MOST_AT_ONCE = 64  # people answered at the same time by one process
CROWD = 60  # messages within a second: about what one gateway can answer when it does nothing else
PAUSE_SECONDS = 0.25  # between two answers in a crowd; at 0.1 acknowledging at 200/s was late more often


class Lane:
    """Lets answers begin. Belongs to one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._busy = 0
        self._came: deque[float] = deque(maxlen=CROWD + 1)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._usher: asyncio.Task[None] | None = None

    def came(self) -> None:
        """Note that a message came."""
        self._came.append(self._clock())

    def crowded(self) -> bool:
        """Return True while more messages come than can be answered."""
        return len(self._came) > CROWD and self._came[0] > self._clock() - 1.0

    def free(self) -> int:
        """Return how many more people can be answered now; in a crowd one at most."""
        return min(MOST_AT_ONCE - self._busy, 1 if self.crowded() else MOST_AT_ONCE)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold one of the places in which people are answered; wait until one is free."""
        async with self._places:
            self._busy += 1
            try:
                yield
            finally:
                self._busy -= 1

    async def wait(self) -> None:
        """Return when it is this person's turn; at once, when there is no crowd."""
        if not self._waiting and not self.crowded():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if self._usher is None:
            self._usher = asyncio.create_task(self._call())
        await turn

    async def _call(self) -> None:
        while self._waiting:
            if self.crowded():
                await asyncio.sleep(PAUSE_SECONDS)
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
        self._usher = None
