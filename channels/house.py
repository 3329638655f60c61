"""The parts of the gateway put together, and what runs in its background."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from channels import handover, retention
from channels.answers import log_bug
from channels.asking import Asking
from channels.base import Channel, Inbound, Push
from channels.breaker import Breaker
from channels.cases import Cases, Office
from channels.chat import Chat, Memory
from channels.conversations import Conversations
from channels.desk import Desk, Staff
from channels.dialogue import Dialogue
from channels.door import Door, Parts
from channels.erasure import Erasures
from channels.fallback import Fallback
from channels.feedback import Feedback
from channels.follow_ups import FollowUps
from channels.inbox import Inbox
from channels.keys import load_keys
from channels.lane import Lane
from channels.ledge import Ledge
from channels.media import Eyes
from channels.metrics import Metrics
from channels.operators import Operators, load_operators
from channels.outbox import Outbox
from channels.overdue import unsent_since
from channels.own_data import OwnData
from channels.payloads import AllowList
from channels.pictures_out.shelf import Shelf
from channels.postman import Postman
from channels.privacy import Vault
from channels.rates import Rates
from channels.readiness import Probe
from channels.school_codes import known_schools
from channels.schools import Schools
from channels.settings import Settings
from channels.sight import Sight
from channels.slips import Slips
from channels.subscribing import Subscribing
from channels.subscribing import load_words as load_subscribing
from channels.threads import Threads
from channels.wording import Wording

SWEEP_SECONDS = 600.0  # expired originals are unreadable at once; this is when they are also deleted
TEND_SECONDS = 5.0  # leases of dead workers, figures, erasures, operators who fell silent
CLOSE_SECONDS = 8.0  # the supervisor kills after 10
RESTART_SECONDS = 5.0  # after a channel's background work failed
log = logging.getLogger("fanzha.house")


@dataclass(frozen=True, slots=True)
class Yard:
    """What the house stands on."""

    settings: Settings
    engine: Engine
    client: httpx.AsyncClient
    dialogue: Dialogue
    fallback: Fallback
    allowed: AllowList
    actions_up: Probe
    metrics: Metrics
    wording: Wording
    channels: Sequence[Channel]
    sight: Sight


class House:
    """Everything between a channel's request and the dialogue engine."""

    def __init__(self, yard: Yard) -> None:
        settings, engine = yard.settings, yard.engine
        self._yard = yard
        self.rates = Rates(settings)
        self.threads = Threads(engine)
        self.operators: Operators = load_operators(settings.operators)
        self._keys = load_keys(settings.vault_key, settings.data_dir)
        self._limits = retention.Limits(
            settings.keep_messages_hours * 3600, settings.keep_people_days * 86_400
        )
        self._vault = Vault(engine, self._keys, settings.vault_ttl_hours * 3600)
        self._conversations = Conversations(engine)
        self._inbox, self._outbox = Inbox(engine, self._keys), Outbox(engine, self._keys)
        dialogue = Breaker(yard.dialogue, yard.metrics)
        self._erasures = Erasures(engine, self.threads, dialogue)
        self._channels = {channel.name: channel for channel in yard.channels}
        self._follow_ups = FollowUps(engine, self._keys)
        self._asking = Asking(engine, self._keys, yard.wording.follow_up_question())
        self.pictures = Shelf(yard.wording.picture)
        reaches = [one.name for one in yard.channels if one.capabilities.push is not Push.NEVER]
        codes = known_schools(settings)
        subscribing = Subscribing(engine, self._keys, load_subscribing(), reaches, codes)
        memory = Memory(
            self._vault,
            self._conversations,
            Feedback(engine),
            Schools(engine),
            self._follow_ups,
            self.pictures,
            subscribing,
        )
        chat = Chat(
            dialogue,
            yard.fallback,
            memory,
            yard.allowed,
            yard.metrics,
            yard.wording,
            yard.actions_up,
            self.threads,
        )
        words = handover.load_words()
        self._words = words if len(self.operators) else None
        slips = Slips(settings.data_dir / "slips", engine, self._keys)
        self.postman = Postman(self._outbox, self._vault, self.threads, self._channels, yard.metrics, slips)
        lane = Lane()
        ledge = Ledge(self.threads, self._vault, self._inbox, yard.wording, lane, slips)
        self._desk = Desk(
            Staff(
                engine,
                self._keys,
                self.threads,
                self._inbox,
                chat,
                self._channels,
                yard.metrics,
                self._words,
                Eyes(yard.sight, self._vault, self.threads, yard.metrics, yard.wording),
                subscribing,
                self.postman.nudge,
                lane,
                slips,
            )
        )
        self.door = Door(
            Parts(
                self._keys,
                self.threads,
                self._vault,
                self._inbox,
                lane,
                ledge,
                slips,
                self._outbox,
                self._desk,
                self.postman,
                chat,
                yard.allowed,
                self.rates,
                yard.metrics,
                yard.wording,
                settings.burst_seconds,
                yard.sight,
                frozenset(channel.name for channel in yard.channels if channel.assets()),
            )
        )
        office = Office(engine, self._keys, self._vault, self._outbox, self._channels, words)
        self.cases = Cases(office)

    def own_data(self, channel: str) -> OwnData:
        """Return what people of ``channel``, a page, may ask about themselves."""
        return OwnData(
            self._yard.engine,
            self._keys,
            self.threads,
            self._vault,
            self._outbox,
            self._erasures,
            self.pictures,
            channel,
        )

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Run what works in the background; at the end let begun work finish, for some seconds."""
        work: list[Coroutine[None, None, None]] = [
            self._desk.run(),
            self.postman.run(),
            self._tend_for_ever(),
            self._sweep_for_ever(),
            *(self._channel_for_ever(channel) for channel in self._channels.values()),
        ]
        tasks = [asyncio.create_task(one) for one in work]
        try:
            yield
        finally:
            await self._desk.close(CLOSE_SECONDS / 2)
            await self.postman.close(CLOSE_SECONDS / 2)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.threads.close()

    async def tend(self) -> None:
        """Do what is due every few seconds."""
        now = time.time()
        idempotent = [name for name, channel in self._channels.items() if channel.capabilities.idempotent]
        await self.threads.run(self._outbox.recover, idempotent, now, self._channels)
        await self.threads.run(self._outbox.expire, now)
        await self._erasures.work(now)
        if self._words is not None:
            await self.threads.run(self._give_up_waiting, now)
        if await self.threads.run(self._asking.push, self._channels.values()):
            self.postman.nudge()
        await self._measure(now)

    async def sweep(self) -> None:
        """Delete what is past its time."""
        await self.threads.run(self._vault.sweep)
        await self.threads.run(self._conversations.sweep)
        await self.threads.run(self._follow_ups.sweep)
        await self.threads.run(retention.sweep, self._yard.engine, self._limits, time.time())

    async def _measure(self, now: float) -> None:
        """Set the figures that are read from the database, the disk and the channels.

        Ages are of the channels that are switched on: what waits for another one is `fanzha doctor`'s to tell.
        """
        metrics, threads = self._yard.metrics, self.threads
        metrics.queue_age.set(_age(await threads.run(self._inbox.oldest, self._channels), now))
        unsent = await threads.run(unsent_since, self._yard.engine, self._channels, now)
        metrics.outbox_age.set(_age(unsent, now))
        for gauge, counts in (
            (metrics.inbox, self._inbox.counts),
            (metrics.outbox, self._outbox.counts),
            (metrics.talks, self.cases.counts),
        ):
            for state, count in (await threads.run(counts)).items():
                gauge.labels(state).set(count)
        metrics.disk_free.set(free_bytes(self._yard.settings.data_dir))
        for channel in self._channels.values():
            for name, left in channel.quota().items():
                metrics.quota.labels(channel.name, name).set(left)

    def _give_up_waiting(self, now: float) -> None:
        assert self._words is not None
        with self._yard.engine.begin() as connection:
            handover.give_up_waiting(connection, self._keys, self._words, now)

    async def _tend_for_ever(self) -> None:
        while True:
            try:
                await self.tend()
            except SQLAlchemyError as error:
                log.warning("tending failed with %s", type(error).__name__)
            except Exception as error:  # the next round must come
                log_bug(error, "tend")
            await asyncio.sleep(TEND_SECONDS)

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                await self.sweep()
            except SQLAlchemyError as error:
                log.warning("sweep failed with %s; next try in %d s", type(error).__name__, SWEEP_SECONDS)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _channel_for_ever(self, channel: Channel) -> None:
        async def take(messages: Sequence[Inbound]) -> None:
            await self.door.take(channel, messages)

        while True:
            try:
                await channel.run(take)
            except Exception as error:  # one channel's trouble must not end the others
                log_bug(error, channel.name)
                await asyncio.sleep(RESTART_SECONDS)
            else:
                return


def free_bytes(folder: Path) -> int:
    """Return the free bytes of the disk that ``folder`` lies on, or will lie on."""
    whole = folder.absolute()
    return shutil.disk_usage(next(one for one in (whole, *whole.parents) if one.exists())).free


def _age(since: float | None, now: float) -> float:
    """Return the seconds since ``since``, 0 when there is nothing."""
    return 0.0 if since is None else max(0.0, now - since)
