"""The warnings that pages and feeds show: the table ``warning``, read again every few seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from channels.threads import Threads
from storage.campaign_tables import warning as table
from storage.engine import reading

KEEP_SECONDS = 10.0  # so long a withdrawn warning may still be shown
MOST_SHOWN = 200  # the newest; a feed that is longer is read by nobody


@dataclass(frozen=True, slots=True)
class Shown:
    """One warning, public text. ``scenes``: codes of schools whose pages show the banner, empty for all pages.

    ``body`` is empty when it is in no feed, ``banner`` when it hangs on no page. Times are Unix seconds.
    """

    id: str
    title: str
    body: str
    banner: str
    scenes: frozenset[str]
    published_at: float
    until: float | None


class Warnings:
    """The warnings that are not withdrawn, newest first, for any number of requests at the same time."""

    def __init__(self, engine: Engine, threads: Threads, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._threads = threads
        self._clock = clock
        self._known: tuple[Shown, ...] = ()
        self._read_at: float | None = None
        self._lock = asyncio.Lock()

    async def listed(self) -> tuple[Shown, ...]:
        """Return what the feeds hold. Raises SQLAlchemy's error when it could never be read."""
        return tuple(one for one in await self._all() if one.body)

    async def banner(self, school: str) -> Shown | None:
        """Return what the pages of ``school`` (a code, or empty) show now, the newest; None for nothing."""
        now = self._clock()
        for one in await self._all():
            here = not one.scenes or school in one.scenes
            if one.banner and here and (one.until is None or one.until > now):
                return one
        return None

    async def _all(self) -> tuple[Shown, ...]:
        async with self._lock:  # one of many requests reads, the others wait for it
            if self._read_at is None or not 0 <= self._clock() - self._read_at < KEEP_SECONDS:
                try:
                    self._known = await self._threads.run(self._read)
                except SQLAlchemyError:
                    if self._read_at is None:
                        raise
                self._read_at = self._clock()  # a database that is down is asked no more often
            return self._known

    def _read(self) -> tuple[Shown, ...]:
        wanted = (
            select(table)
            .where(table.c.withdrawn_at.is_(None), table.c.published_at <= self._clock())
            .order_by(table.c.published_at.desc(), table.c.id.desc())
            .limit(MOST_SHOWN)
        )
        with reading(self._engine).connect() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            Shown(
                f"{row.campaign}-{row.wave}",
                row.title,
                row.body,
                row.banner,
                frozenset(row.scenes.split()),
                row.published_at,
                row.until,
            )
            for row in rows
        )
