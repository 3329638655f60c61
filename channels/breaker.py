"""A circuit breaker around the dialogue engine: while it is down, people get the fallback at once."""

from __future__ import annotations

import time
from collections.abc import Callable

from channels.dialogue import Answer, Dialogue, DialogueDown
from channels.metrics import Metrics

FAILURES_TO_OPEN = 5  # in a row; a single slow message is not an outage
FIRST_PAUSE_SECONDS = 2.0  # the engine restarts within seconds after a new model
LONGEST_PAUSE_SECONDS = 30.0
OUTAGES = frozenset({"timeout", "unreachable", "error_status", "empty"})  # a malformed answer is no outage


class Breaker:
    """Passes questions on until several fail in a row; then lets a single one through now and then."""

    def __init__(
        self, dialogue: Dialogue, metrics: Metrics, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._dialogue = dialogue
        self._metrics = metrics
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0
        self._probing = False

    async def ask(self, sender_id: str, message: str) -> Answer:
        """Return the engine's answer. Raises ``DialogueDown``; cause ``breaker`` when it was not even asked."""
        probe = self._failures >= FAILURES_TO_OPEN
        if probe:
            if self._probing or self._clock() < self._open_until:
                raise DialogueDown("breaker")
            self._probing = True
        try:
            answer = await self._dialogue.ask(sender_id, message)
        except DialogueDown as error:
            if error.cause in OUTAGES:
                self._failed()
            raise
        else:
            self._failures = 0
            self._metrics.breaker.set(0)
            return answer
        finally:
            if probe:
                self._probing = False

    def _failed(self) -> None:
        self._failures += 1
        beyond = self._failures - FAILURES_TO_OPEN
        if beyond >= 0:
            pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(beyond, 10))
            self._open_until = self._clock() + pause
            self._metrics.breaker.set(1)
