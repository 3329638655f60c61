"""What must be written although the database is away for some seconds: a restart, a move to another server."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

T = TypeVar("T")
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 0.5
log = logging.getLogger("fanzha.persist")


async def persist(call: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Return what ``call`` returns; where the database fails, call again for ``seconds``. Raises its last error.

    When a commit breaks off, nobody knows whether it counted: ``call`` must change nothing when it already did.
    """
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await call()
        except SQLAlchemyError as error:
            if time.monotonic() + pause > deadline:
                raise
            log.warning("the database failed with %s; trying again", type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
