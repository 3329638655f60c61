"""Where blocking calls to the database run, so that the event loop never waits."""

from __future__ import annotations

import asyncio
import functools
import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Engine

P = ParamSpec("P")
R = TypeVar("R")
POSTGRES_THREADS = 4  # below the engine's ten connections; each takes the interpreter from the event loop
FIRST, NEXT, LAST = 0, 1, 2


class Threads:
    """A pool for one database, with a fast lane: acknowledging must not wait behind the work of answering.

    SQLite lets one writer in at a time, and whoever finds it busy sleeps and tries again: one thread, in which calls
    queue in the order they came, is faster than several that get in each other's way.
    """

    def __init__(self, engine: Engine) -> None:
        size = 1 if engine.dialect.name == "sqlite" else POSTGRES_THREADS
        self._queue: queue.PriorityQueue[tuple[int, int, Future[Any] | None, Callable[[], Any]]]
        self._queue = queue.PriorityQueue()
        self._number = itertools.count()
        self._threads = [
            threading.Thread(target=self._work, name=f"database-{number}", daemon=True)
            for number in range(size)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what ``call`` returns, called in the pool."""
        return await self._submit(NEXT, functools.partial(call, *args, **kwargs))

    async def first(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Like ``run``, before everything that was handed in with ``run``."""
        return await self._submit(FIRST, functools.partial(call, *args, **kwargs))

    def close(self) -> None:
        """Do what was handed in, then end."""
        for _ in self._threads:
            self._queue.put((LAST, next(self._number), None, bool))
        for thread in self._threads:
            thread.join()

    async def _submit(self, lane: int, call: Callable[[], R]) -> R:
        future: Future[R] = Future()
        self._queue.put((lane, next(self._number), future, call))
        return await asyncio.wrap_future(future)

    def _work(self) -> None:
        while True:
            _, _, future, call = self._queue.get()
            if future is None:
                return
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # whatever it is, it belongs to whoever waits for the result
                future.set_exception(error)
