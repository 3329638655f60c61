"""What the door does while the database is away: nobody is left without an answer, nobody gets two."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from cachetools import TTLCache
from sqlalchemy.exc import SQLAlchemyError

from channels.base import Channel, Hook, HookAnswer, Inbound, Kind, Push, Reply, Turn
from channels.chat import Chat
from channels.deposits import digest
from channels.outbox import Outbox
from channels.persist import persist
from channels.postman import Postman
from channels.slips import Slip, Slips
from channels.taken import Taken
from channels.threads import Threads

MOST_RECENT, RECENT_SECONDS = 20_000, 60.0
HOLD_SECONDS = 1.0  # beyond the platform's limit, so that it gives up on the request and sends it again
GIVE_BACK_SECONDS = 120.0  # so long it tries to say that an answer was not written to the line
AGAIN = HookAnswer(b"", "text/plain", 503)
Name = tuple[str, str, str]
log = logging.getLogger("fanzha.door")


@dataclass(frozen=True, slots=True)
class Help:
    """What is needed of the house."""

    threads: Threads
    slips: Slips
    outbox: Outbox
    postman: Postman
    chat: Chat
    clock: Callable[[], float] = time.time


class Outage:
    """Remembers for a minute what was stored and what was answered, and answers when the database cannot be asked."""

    def __init__(self, parts: Help) -> None:
        self._parts = parts
        self._stored: TTLCache[Name, bool] = TTLCache(MOST_RECENT, RECENT_SECONDS)
        self._given: TTLCache[Name, Turn] = TTLCache(MOST_RECENT, RECENT_SECONDS)
        self._tasks: set[asyncio.Task[None]] = set()

    def recall(self, names: Iterable[Name]) -> None:
        """Remember what was stored before this process began, and is answered by a push."""
        for name in names:
            self._stored[name] = True

    def stored(self, message: Inbound) -> None:
        """Remember that the database has ``message``."""
        self._stored[name_of(message)] = True

    def given(self, message: Inbound, turn: Turn) -> None:
        """Remember which answer the request with ``message`` carried."""
        self._given[name_of(message)] = turn

    async def answer(
        self, channel: Channel, hook: Hook, message: Inbound, before: tuple[Reply, ...], carrier: str
    ) -> HookAnswer:
        """Answer a request whose message could not be stored; ``carrier`` names the request.

        What this process answered already did not arrive, so it is said again; what it stored is pushed later. All others
        get the fallback, and a slip says so. A platform that can only be answered later is to send it again.
        """
        name = name_of(message)
        if not channel.capabilities.passive_seconds or message.kind in {Kind.REPORT, Kind.LEAVE}:
            return AGAIN
        if (given := self._given.get(name)) is not None:
            return channel.answer(hook, given)
        if name in self._stored:
            return channel.answer(hook, Turn((), pending=True))
        said = await self._parts.chat.without_engine(message.text, "database")
        turn = replace(said.turn, replies=(*before, *said.turn.replies))
        slip = Slip(message, tuple(channel.split(turn)), self._parts.clock(), carrier)
        await asyncio.to_thread(self._parts.slips.write, slip)
        return channel.answer(hook, replace(turn, replies=slip.replies))

    async def answer_later(self, channel: Channel, hook: Hook, taken: Taken, arrived: float) -> HookAnswer:
        """Answer a request whose message is stored, while what became of it cannot be read."""
        can = channel.capabilities
        if taken.deliveries <= can.repeats:  # asked again, the answer may ride yet
            until = arrived + can.passive_seconds + HOLD_SECONDS
            # The platform is to hang up by itself: an answer that is none may be shown to the person as a fault.
            await asyncio.sleep(max(0.0, until - self._parts.clock()))
            return AGAIN
        return channel.answer(hook, Turn((), pending=True))

    def give_back(self, channel: Channel, taken: Taken) -> None:
        """Have what was to ride on a request, and surely was not written to the line, sent in another way."""
        parts = self._parts
        never = channel.capabilities.push is Push.NEVER

        async def give_back() -> None:
            call = partial(parts.threads.run, parts.outbox.not_sent, taken, None if never else parts.clock())
            try:
                await persist(call, GIVE_BACK_SECONDS)
            except SQLAlchemyError as error:
                log.error("door: an answer could not be given back: %s", type(error).__name__)
            parts.postman.nudge()

        task = asyncio.create_task(give_back())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def name_of(message: Inbound) -> Name:
    """Return what tells a message from all others; a message that is never sent again has none of its own."""
    return message.channel, message.account, digest(message.dedupe_key)
