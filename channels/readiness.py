"""Is every part there? Asked by /readyz, by the page while the line is down, and by whoever starts us."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import httpx

from channels.metrics import Metrics

FRESH_SECONDS = 1.0  # many pages ask at once when the line is down; the parts are asked once a second
PROBE_SECONDS = 1.5

Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Part:
    """One part's state; ``cause`` is a fixed word, empty when it is up."""

    up: bool
    cause: str = ""


class Readiness:
    """Asks all parts side by side and remembers the answer for a moment."""

    def __init__(
        self, probes: Mapping[str, Probe], metrics: Metrics, spare: Collection[str] = frozenset()
    ) -> None:
        """Take the parts' probes; without those in ``spare`` the others still do the work."""
        self._probes = probes
        self._spare = spare
        self._metrics = metrics
        self._lock = asyncio.Lock()
        self._asked_at = float("-inf")
        self._parts: dict[str, Part] = {}

    async def parts(self) -> dict[str, Part]:
        """Return the state of each part."""
        async with self._lock:
            if time.monotonic() - self._asked_at >= FRESH_SECONDS:
                states = await asyncio.gather(*(_ask(probe) for probe in self._probes.values()))
                self._parts = dict(zip(self._probes, states, strict=True))
                self._asked_at = time.monotonic()
                for name, part in self._parts.items():
                    self._metrics.parts.labels(name).set(part.up)
        return self._parts

    def ready(self, parts: Mapping[str, Part]) -> bool:
        """Return True when all is there that the work needs."""
        return all(part.up for name, part in parts.items() if name not in self._spare)


def answers(client: httpx.AsyncClient, *urls: str) -> Probe:
    """Return a probe that is up when one of ``urls`` answers with a 2xx."""

    async def asked(url: str) -> bool:
        return (await client.get(url)).is_success

    async def probe() -> bool:
        found = await asyncio.gather(*(asked(url) for url in urls), return_exceptions=True)
        if any(one is True for one in found):
            return True
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return False

    return probe


def actions_health(url: str) -> str:
    """Return the health address of the actions whose webhook is ``url`` (rasa-sdk serves it as /health)."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/health", "", ""))


def campaigns_health(url: str) -> str:
    """Return the health address of the campaigns' worker at ``url``."""
    return f"{url}/healthz"


async def _ask(probe: Probe) -> Part:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return Part(True) if await probe() else Part(False, "wrong answer")
    except TimeoutError:
        return Part(False, "no answer in time")
    except Exception as error:  # whatever is wrong with a part, the others must still be reported
        return Part(False, type(error).__name__)
