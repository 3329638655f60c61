"""The postman: pushes what is due in the outbox, with care for what the platform may have taken already."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError

from channels.answers import log_bug
from channels.base import Channel, Delivery, Outcome, Outgoing, Push
from channels.metrics import Metrics
from channels.outbox import Letter, Outbox
from channels.persist import persist
from channels.privacy import Vault
from channels.slips import Slips
from channels.threads import Threads
from channels.transitions import LEASE_SECONDS, Next, State

MOST_AT_ONCE = 32
LOOK_SECONDS = 0.5  # a campaign is to begin within a second of its time
GATHER_SECONDS = 0.05  # between two looks at least
NOTE_SECONDS = 12.0  # how long it tries to write down what happened; the lease is longer
REQUEST_SECONDS = LEASE_SECONDS * 0.75  # whatever takes longer counts as unknown, before the lease is over
log = logging.getLogger("fanzha.postman")


class Postman:
    """Sends for the channels that can be pushed to."""

    def __init__(
        self,
        outbox: Outbox,
        vault: Vault,
        threads: Threads,
        channels: Mapping[str, Channel],
        metrics: Metrics,
        slips: Slips,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._slips = slips
        self._outbox = outbox
        self._vault = vault
        self._threads = threads
        self._channels = {
            name: channel for name, channel in channels.items() if channel.capabilities.push is not Push.NEVER
        }
        self._metrics = metrics
        self._clock = clock
        self._due = asyncio.Event()
        self._paused: dict[tuple[str, str], float] = {}
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()

    def nudge(self) -> None:
        """Look into the outbox now."""
        self._due.set()

    async def run(self) -> None:
        """Send for ever."""
        while not self._closing and self._channels:
            try:
                self._idle.clear()
                busy = await self.round()
            except SQLAlchemyError as error:
                log.warning("postman: the database failed with %s", type(error).__name__)
                busy = False
            finally:
                self._idle.set()
            if not busy:
                await self._pause()

    async def round(self) -> bool:
        """Send what is due now, one message of each person; False when nothing was."""
        letters = await self._threads.run(self._claim)
        async with asyncio.TaskGroup() as group:
            for letter in letters:
                group.create_task(self._try(letter))
        return bool(letters)

    async def close(self, seconds: float) -> None:
        """Claim nothing new, and let requests on their way come back, for at most ``seconds``."""
        self._closing = True
        self.nudge()
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            log.warning("postman: requests were still on their way at the end")

    def _claim(self) -> list[Letter]:
        self._slips.settle()  # who was told something while the database was away gets no second answer
        return self._outbox.claim_push(list(self._channels), MOST_AT_ONCE, self._clock())

    async def _try(self, letter: Letter) -> None:
        try:
            await self._deliver(letter)
        except SQLAlchemyError as error:  # the lease runs out, and the rules of recovery say what follows
            log.warning("postman: the database failed with %s", type(error).__name__)

    async def _deliver(self, letter: Letter) -> None:
        channel = self._channels[letter.person.channel]
        now = self._clock()
        over = self._paused.get((channel.name, letter.person.account), 0.0)
        if over > now:
            await self._threads.run(self._outbox.let_go, letter, over)
            return
        if not letter.person.reachable:
            self._note(letter, await self._threads.run(self._outbox.drop, letter, "left", now))
            return
        shown = await self._threads.run(self._vault.unmask, letter.person.owner, (letter.reply,))
        if not await self._start(letter, channel, now):
            return
        person = letter.person
        outgoing = Outgoing(
            letter.key, person.account, person.sender, shown[0], letter.attempt + 1, person.route
        )
        delivery = await self._attempt(channel, outgoing)
        if delivery.pause:
            self._paused[channel.name, person.account] = self._clock() + delivery.pause
        step = await persist(
            lambda: self._threads.run(self._outbox.settle, letter, delivery, self._clock()), NOTE_SECONDS
        )
        self._metrics.deliveries.labels(channel.name, delivery.outcome).inc()
        self._note(letter, step)

    async def _start(self, letter: Letter, channel: Channel, now: float) -> bool:
        """Note that the request goes out; when that breaks off, it does not, and the letter is given back."""
        try:
            can = channel.capabilities
            return await self._threads.run(self._outbox.start, letter, can.push, now, can.pace)
        except SQLAlchemyError:
            await persist(lambda: self._threads.run(self._outbox.let_go, letter, now), NOTE_SECONDS)
            return False

    def _note(self, letter: Letter, step: Next) -> None:
        if step.state in {State.DEAD, State.UNKNOWN}:
            name = letter.person.channel
            self._metrics.dead_letters.labels(name, step.state, step.cause).inc()
            log.warning("postman: a message is %s, channel=%s cause=%s", step.state, name, step.cause)

    async def _attempt(self, channel: Channel, outgoing: Outgoing) -> Delivery:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await channel.deliver(outgoing)
        except TimeoutError:
            return Delivery(Outcome.UNKNOWN, "timeout")
        except Exception as error:  # our bug, at a time when the request may have gone out
            log_bug(error, channel.name)
            return Delivery(Outcome.UNKNOWN, "bug")

    async def _pause(self) -> None:
        """Wait for a nudge, some time at most; nudges that come close together lead to one look."""
        looked = time.monotonic()
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._due.wait()
        except TimeoutError:
            return
        await asyncio.sleep(max(0.0, looked + GATHER_SECONDS - time.monotonic()))
        self._due.clear()
