"""How many requests one conversation and one network address may send."""

from __future__ import annotations

import ipaddress
import logging
import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from channels.base import Refuse
from channels.settings import Settings, SettingsError

REDIS_SECONDS = 0.5
REST_SECONDS = 2.0  # after a failure Redis is left alone
log = logging.getLogger("fanzha.rates")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from: a network address, or the first 64 bits of an IPv6 one (one household)."""

    address: str


def visitor(host: str | None) -> Visitor:
    """Return the visitor at ``host``; what is no address counts as one common visitor."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return Visitor("unknown")
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return Visitor(str(address.ipv4_mapped))
        return Visitor(str(ipaddress.ip_network((address, 64), strict=False)))
    return Visitor(str(address))


class Rates:
    """Sliding windows by minute and by day, in memory or in Redis; in memory too while Redis is away."""

    def __init__(self, settings: Settings) -> None:
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = _shared(settings.redis_url) if settings.redis_url else None
        self._shared_after = 0.0
        self._person = _limits(settings.rate_per_minute, settings.rate_per_day)
        self._address = _limits(settings.rate_ip_per_minute, settings.rate_ip_per_day)

    async def spend_address(self, who: Visitor) -> None:
        """Count a request of ``who``. Raises ``Refuse`` with the seconds to wait."""
        await self._spend(self._address, "address", who.address)

    async def spend_person(self, pseudonym: str) -> None:
        """Count a message of the person ``pseudonym``. Raises ``Refuse`` with the seconds to wait."""
        await self._spend(self._person, "person", pseudonym)

    async def may_be_told(self, pseudonym: str) -> bool:
        """Return True once a minute: a person who writes too fast is told so, not each time."""
        return await self._hit(RateLimitItemPerMinute(1), "told", pseudonym) is None

    async def _spend(self, limits: tuple[RateLimitItem, ...], kind: str, key: str) -> None:
        for limit in limits:
            if (until := await self._hit(limit, kind, key)) is not None:
                raise Refuse("rate_limited", 429, retry_after=max(1, math.ceil(until - time.time())))

    async def _hit(self, limit: RateLimitItem, kind: str, key: str) -> float | None:
        """Count; return None when there was room, else when (Unix seconds) there will be."""
        if self._shared is not None and time.monotonic() >= self._shared_after:
            try:
                return await _count(self._shared, limit, kind, key)
            except StorageError as error:  # nobody may go unanswered because the counting is broken
                log.warning("rates: Redis failed with %s", type(error.storage_error).__name__)
                self._shared_after = time.monotonic() + REST_SECONDS
        return await _count(self._own, limit, kind, key)


async def _count(
    limiter: SlidingWindowCounterRateLimiter, limit: RateLimitItem, kind: str, key: str
) -> float | None:
    if await limiter.hit(limit, kind, key):
        return None
    return (await limiter.get_window_stats(limit, kind, key)).reset_time


def _shared(url: str) -> SlidingWindowCounterRateLimiter:
    try:
        storage = storage_from_string(
            f"async+{url}",
            implementation="redispy",
            wrap_exceptions=True,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
        )
    except (ConfigurationError, ValueError) as error:
        raise SettingsError("FANZHA_REDIS_URL: no client for such a server is installed") from error
    return SlidingWindowCounterRateLimiter(storage)


def _limits(per_minute: int, per_day: int) -> tuple[RateLimitItem, ...]:
    minute = (RateLimitItemPerMinute(per_minute),) if per_minute else ()
    return minute + ((RateLimitItemPerDay(per_day),) if per_day else ())
