"""How many requests one conversation and one network address may send."""

from __future__ import annotations

import ipaddress
import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from channels.base import Refuse
from channels.settings import Settings, SettingsError


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
    """Sliding windows by minute and by day, in memory or in Redis."""

    def __init__(self, settings: Settings) -> None:
        try:
            storage = storage_from_string(f"async+{settings.redis_url or 'memory://'}")
        except (ConfigurationError, ValueError) as error:
            raise SettingsError("FANZHA_REDIS_URL: no client for such a server is installed") from error
        self._limiter = SlidingWindowCounterRateLimiter(storage)
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
        return await self._limiter.hit(RateLimitItemPerMinute(1), "told", pseudonym)

    async def _spend(self, limits: tuple[RateLimitItem, ...], kind: str, key: str) -> None:
        for limit in limits:
            if not await self._limiter.hit(limit, kind, key):
                stats = await self._limiter.get_window_stats(limit, kind, key)
                raise Refuse(
                    "rate_limited", 429, retry_after=max(1, math.ceil(stats.reset_time - time.time()))
                )


def _limits(per_minute: int, per_day: int) -> tuple[RateLimitItem, ...]:
    minute = (RateLimitItemPerMinute(per_minute),) if per_minute else ()
    return minute + ((RateLimitItemPerDay(per_day),) if per_day else ())
