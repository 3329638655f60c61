"""Several dialogue engines as one: each person's messages go to the same engine while it lives, else to the next.

The engines share what they remember (``bot/durable_tracker_store.py``), so any of them can go on with any conversation;
staying with one keeps the conversation in its memory and lets one engine at a time work on it. An engine may have two
addresses, of which one answers at a time: so it is replaced while people write (``fanzha reload``).
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx

from channels.dialogue import Answer, Dialogue, DialogueDown, RasaDialogue

FIRST_REST_SECONDS = 0.5  # a refused connection costs a millisecond, so an engine that is back is found soon
LONGEST_REST_SECONDS = 15.0
FAILURES_TO_REST = 3  # in a row, of an engine that takes connections and then says nothing
SLACK_SECONDS = 0.1  # beyond the time limit of one engine; a second one gets what the first left of the time


@dataclass(slots=True)
class _Place:
    """One address. ``resting_until``: not asked before, unless there is nobody else."""

    dialogue: Dialogue
    failures: int = 0
    resting_until: float = 0.0


class RasaWorkers:
    """Asks the engine that the person belongs to; whoever cannot be reached is passed over."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        workers: Sequence[Sequence[str]],
        timeout_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take each engine's addresses; ``timeout_seconds`` is what one message may take in all."""
        self._workers = [
            [_Place(RasaDialogue(client, address, timeout_seconds)) for address in addresses]
            for addresses in workers
        ]
        self._timeout = timeout_seconds
        self._clock = clock

    async def ask(self, sender_id: str, message: str) -> Answer:
        """Return the answer to ``message``. Raises ``DialogueDown`` when no engine gave one in time.

        An engine that could not be reached has not answered, so the next one is asked; should it have died over the
        message, the next one reads it anew. An engine that was too slow is not followed by another: the time is over.
        """
        try:
            async with asyncio.timeout(self._timeout + SLACK_SECONDS):
                return await self._ask(sender_id, message)
        except TimeoutError:
            raise DialogueDown("timeout") from None

    async def _ask(self, sender_id: str, message: str) -> Answer:
        places = list(self._order(sender_id))
        # Once more the first one: it may have closed, for its age, just the connection that was taken.
        for place in [*places, places[0]]:
            try:
                answer = await place.dialogue.ask(sender_id, message)
            except DialogueDown as error:
                self._failed(place, error.cause)
                if error.cause != "unreachable":
                    raise
            else:
                place.failures, place.resting_until = 0, 0.0
                return answer
        raise DialogueDown("unreachable")

    def _order(self, sender_id: str) -> Iterator[_Place]:
        """Yield all places, the person's own engine first, those that rest last."""
        ranks = {number: _rank(sender_id, number) for number in range(len(self._workers))}
        places = [
            place for number in sorted(ranks, key=lambda one: ranks[one]) for place in self._workers[number]
        ]
        now = self._clock()
        yield from (place for place in places if place.resting_until <= now)
        yield from (place for place in places if place.resting_until > now)

    def _failed(self, place: _Place, cause: str) -> None:
        if cause == "malformed":  # it answers
            return
        place.failures += 1
        beyond = place.failures - (1 if cause == "unreachable" else FAILURES_TO_REST)
        if beyond >= 0:
            rest = min(LONGEST_REST_SECONDS, FIRST_REST_SECONDS * 2 ** min(beyond, 10))
            place.resting_until = self._clock() + rest


def _rank(sender_id: str, worker: int) -> bytes:
    """Return a person's liking of an engine: who is lost or added moves only his own share (rendezvous hashing)."""
    return hashlib.blake2b(f"{worker}|{sender_id}".encode(), digest_size=8).digest()
