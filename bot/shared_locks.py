"""One message of a conversation at a time over all dialogue engines: a lock in Redis, taken in one step.

Runs inside Rasa (Python 3.10). Rasa's own ``RedisLockStore`` reads, counts and writes back in three steps, so that two
engines may get the same ticket (RasaHQ/rasa#11256, taken back in #11428), waits a second between two looks, and leaves
the locks of dead engines in Redis for ever. The lock here is redis-py's: set-if-absent with a time limit, released by
its owner only.

The gateway sends one message of a person at a time anyway (a lease in its database); this is the second fence, for
the seconds in which a gateway died and another one asks again. So when Redis is away, work goes on behind locks in
this process: a talk that stops because a second fence is down would be the worse fault.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockError
from rasa.utils.endpoints import EndpointConfig
from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PREFIX = "fanzha:talk:"
REDIS_SECONDS = 1.0
LOOK_SECONDS = 0.05
WAIT_SECONDS = 3.0  # for the message before; the gateway gives up after 3.5


class SharedLocks(InMemoryLockStore):  # type: ignore[misc]
    """Locks by conversation: in Redis, and in this process while Redis is away."""

    def __init__(self, endpoint_config: EndpointConfig) -> None:
        """Take the address of Redis from ``endpoint_config.url`` (``redis://…`` or ``rediss://…``)."""
        super().__init__()
        self._redis: Any = Redis.from_url(
            endpoint_config.url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        )

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = 1
    ) -> AsyncIterator[TicketLock]:
        """Hold the conversation's lock. Raises ``LockError`` when another message held it too long."""
        name = f"{PREFIX}{conversation_id}"
        shared = self._redis.lock(name, lock_lifetime, sleep=LOOK_SECONDS, blocking_timeout=WAIT_SECONDS)
        try:
            taken = await shared.acquire()
        except (RedisError, OSError) as error:
            logger.warning("locks: Redis failed with %s; locks in this process only", type(error).__name__)
            async with super().lock(conversation_id, lock_lifetime, wait_time_in_seconds) as own:
                yield own
            return
        if not taken:
            raise LockError("another message of this conversation is still being answered")
        try:
            yield TicketLock(conversation_id)
        finally:
            await _release(shared)


async def _release(lock: Lock) -> None:
    try:
        await lock.release()
    except (RedisError, OSError) as error:  # it ends by its time limit
        logger.warning("locks: a lock could not be given back: %s", type(error).__name__)
