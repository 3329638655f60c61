"""The desk: takes waiting messages person by person, has them answered, and writes the answers into the outbox.

The answer and "answered" are one transaction, fenced by the worker's lease: however often a process dies, each message
is answered once. What is asked twice then is the dialogue engine, never the person.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from channels import erasure, handover, inbox, posting
from channels.answers import log_bug
from channels.base import Channel, Inbound, Kind, Push, Reply, Turn
from channels.chat import Chat, Said
from channels.envelopes import Unreadable
from channels.inbox import Claim, Inbox, LeaseLost, Waiting, merged
from channels.keys import Keys, Owner
from channels.lane import Lane
from channels.metrics import Metrics
from channels.noting import noted
from channels.people import Person, Talk
from channels.persist import persist
from channels.sight import Seen
from channels.slips import Slips
from channels.subscribing import Subscribing
from channels.threads import Threads

LOOK_SECONDS = 1.0  # for what other processes left; its own messages are told to it at once
PASSIVE_SLACK_SECONDS = 1.0  # an answer waits so much longer for the request before it is pushed
log = logging.getLogger("fanzha.desk")


class Reading(Protocol):
    """Whoever turns what came along (pictures) into words; ``channels/media.py``."""

    async def look(self, channel: Channel, message: Inbound, owner: Owner) -> Seen:
        """Return the words, masked, and what the person is told about them."""


@dataclass(frozen=True, slots=True)
class Staff:
    """What the desk needs of the house. ``words`` is None when there are no operators to hand over to."""

    engine: Engine
    keys: Keys
    threads: Threads
    inbox: Inbox
    chat: Chat
    channels: Mapping[str, Channel]
    metrics: Metrics
    words: handover.Words | None
    reading: Reading
    subscribing: Subscribing
    to_postman: Callable[[], None]
    lane: Lane
    slips: Slips
    clock: Callable[[], float] = time.time


class Desk:
    """One worker pool of one process; any number of processes may have one on the same database."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff
        self._merge = [name for name, channel in staff.channels.items() if channel.capabilities.merges]
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchers: dict[int, list[asyncio.Event]] = {}
        self._closing = False

    def nudge(self, person_id: int, wait: float = 0.0) -> None:
        """Answer ``person_id`` in ``wait`` seconds; does nothing when by then somebody else did."""
        if self._closing:
            return
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self.nudge, person_id)
            return
        self._begin(self._serve_one(person_id))

    @contextmanager
    def watch(self, inbox_id: int) -> Iterator[asyncio.Event]:
        """Give an event that is set when this process has answered the message."""
        event = asyncio.Event()
        self._watchers.setdefault(inbox_id, []).append(event)
        try:
            yield event
        finally:
            self._watchers[inbox_id].remove(event)
            if not self._watchers[inbox_id]:
                del self._watchers[inbox_id]

    async def run(self) -> None:
        """Look for due people for ever: those whose process died, or whose burst ended."""
        while not self._closing:
            try:
                await self._take_up()
                await self._look_for_watchers()
            except SQLAlchemyError as error:
                log.warning("desk: the database failed with %s", type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def close(self, seconds: float) -> None:
        """Take nothing new, and let what is being answered come to its end, for at most ``seconds``."""
        self._closing = True
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=seconds)

    async def _take_up(self) -> None:
        """Begin to answer people whom nobody nudged, as many as there are places; in a crowd one at a time."""
        free = self._staff.lane.free()
        if not free:
            return
        for claim in await self._staff.threads.run(self._claim, free, None):
            self._begin(self._in_place(claim))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_for_watchers(self) -> None:
        """Wake whoever waits for an answer that another process has written; one question for all of them."""
        waited = {
            one for one, events in self._watchers.items() if not all(event.is_set() for event in events)
        }
        if waited:
            answered = await self._staff.threads.run(self._staff.inbox.answered_of, waited)
            for inbox_id in answered:
                self._wake(inbox_id)

    def _wake(self, inbox_id: int) -> None:
        for event in self._watchers.get(inbox_id, ()):
            event.set()

    async def _serve_one(self, person_id: int) -> None:
        await self._staff.lane.wait()
        async with self._staff.lane.place():  # before the lease, which would run out in the queue
            try:
                claims = await self._staff.threads.run(self._claim, 1, person_id)
            except SQLAlchemyError as error:
                log.warning("desk: the database failed with %s", type(error).__name__)
                return
            for claim in claims:
                await self._serve(claim)

    async def _in_place(self, claim: Claim) -> None:
        async with self._staff.lane.place():
            await self._serve(claim)

    def _claim(self, most: int, person_id: int | None) -> list[Claim]:
        staff = self._staff
        staff.slips.settle()  # who was told something while the database was away is not answered again
        return staff.inbox.claim(staff.clock(), most, person_id, staff.channels)

    async def _serve(self, claim: Claim) -> None:
        beat = asyncio.create_task(self._hold(claim))
        try:
            later = await self._answer_next(claim)
        except LeaseLost:
            return
        except Exception as error:  # the lease runs out and the message is tried again, a few times
            log_bug(error, "desk")
            return
        finally:
            beat.cancel()
        if later is not None:
            self.nudge(claim.person_id, max(0.0, later - self._staff.clock()))

    async def _hold(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(inbox.LEASE_SECONDS / 3)
            try:
                await self._staff.threads.run(self._staff.inbox.prolong, claim, self._staff.clock())
            except SQLAlchemyError as error:
                log.warning("desk: a lease could not be prolonged: %s", type(error).__name__)

    async def _answer_next(self, claim: Claim) -> float | None:
        staff = self._staff
        try:
            who, batch = await staff.threads.run(staff.inbox.waiting, claim, self._merge)
        except Unreadable:
            return await staff.threads.run(self._drop, claim)
        if not batch:
            return await staff.threads.run(self._let_go, claim)
        try:
            said = await self._said(who, batch)
        except SQLAlchemyError:
            raise
        except Exception as error:  # the person gets the hotlines now, not after some tries
            log_bug(error, "desk")
            said = await staff.chat.without_engine(batch[-1].message.text, "bug")
        later = await persist(
            lambda: staff.threads.run(self._write, claim, who, batch, said), inbox.LEASE_SECONDS / 2
        )
        if said.forget:
            staff.chat.drop_pictures(who.owner)
        if due_at(staff.channels[who.channel], batch[-1].received_at, now := staff.clock()) == now:
            staff.to_postman()  # else the answer has its time to ride on the request
        for waiting in batch:
            self._wake(waiting.inbox_id)
        return later

    async def _said(self, who: Person, batch: Sequence[Waiting]) -> Said:
        """Return the answer. Leaving comes first of all: whoever else talks, and whatever is down."""
        said_no = [self._staff.subscribing.leaving(waiting.message) for waiting in batch]
        if not any(said_no):
            return await self._answered(who, batch)
        leave, left = await self._staff.threads.run(self._staff.subscribing.sorted, who, said_no)
        said = await self._answered(who, [batch[at] for at in left]) if left else Said(Turn(()))
        return replace(said, leave=leave)

    async def _answered(self, who: Person, batch: Sequence[Waiting]) -> Said:
        message = merged(batch)
        words = self._staff.words
        if message.kind is Kind.COLLECT:
            return Said(Turn(()))
        if words is not None and message.kind is not Kind.MEDIA and words.asks(message):
            return Said(Turn(()), handover=True)
        if who.talk is Talk.HUMAN and words is not None:
            return Said(Turn(()))
        if max(waiting.attempts for waiting in batch) > inbox.MOST_ATTEMPTS:
            return await self._staff.chat.without_engine(None, "poison")
        if message.media:
            return await self._look(who, message)
        return await self._staff.chat.answer(message, who.owner)

    async def _look(self, who: Person, message: Inbound) -> Said:
        """Have what came along read, and its words answered with those that were typed with it."""
        seen = await self._staff.reading.look(self._staff.channels[who.channel], message, who.owner)
        read = seen.reading.text if seen.reading is not None else ""
        words = "\n".join(filter(None, (message.text, read)))
        if not words:
            return Said(Turn(seen.replies, degraded=seen.down))
        said = await self._staff.chat.answer(replace(message, text=words), who.owner)
        # What to do comes first: where a platform lets us say one thing only, it must not be what was read.
        return replace(said, turn=replace(said.turn, replies=(*said.turn.replies, *seen.replies)))

    def _write(self, claim: Claim, who: Person, batch: Sequence[Waiting], said: Said) -> float | None:
        staff, now = self._staff, self._staff.clock()
        channel = staff.channels[who.channel]
        ids = [waiting.inbox_id for waiting in batch]
        with staff.engine.begin() as connection:
            inbox.fence(connection, claim)
            if not inbox.finish(connection, ids, now):  # answered meanwhile, by a slip
                noted(connection, staff.subscribing, who, replace(said, wishes=()), now)  # a no counts
                return inbox.release(connection, claim, now)
            due = due_at(channel, batch[-1].received_at, now)
            posting.wake(
                connection, who.id, due
            )  # the oldest may ride on the request, so it waits for it too
            later = inbox.release(connection, claim, now)
            said = noted(connection, staff.subscribing, who, said, now)
            replies = said.turn.replies
            if said.forget:
                receipt = erasure.erase(connection, who.channel, who.account, who.owner, now, True)
                replies = said.in_her_script((Reply(erasure.receipt_text(receipt)),))
            else:
                staff.chat.close_turn(connection, said, who.channel, who.owner)
            if said.handover and staff.words is not None:
                replies = said.in_her_script((handover.queue(connection, staff.words, who, now),))
            parts = channel.split(Turn(replies, said.turn.degraded)) if replies else ()
            stored = [(reply, said.turn.degraded) for reply in parts]
            posting.add(connection, staff.keys, who.id, stored, now, due, inbox_id=ids[-1])
        staff.metrics.reply_seconds.labels(who.channel).observe(now - batch[0].received_at)
        return later

    def _let_go(self, claim: Claim) -> float | None:
        with self._staff.engine.begin() as connection:
            inbox.fence(connection, claim)
            return inbox.release(connection, claim, self._staff.clock())

    def _drop(self, claim: Claim) -> float | None:
        """Give up what no key opens any more: an operator dropped a key too early."""
        log.error("desk: a person's messages cannot be read, a key was dropped too early")
        with self._staff.engine.begin() as connection:
            inbox.fence(connection, claim)
            inbox.give_up(connection, claim, self._staff.clock())
            return inbox.release(connection, claim, self._staff.clock())


def due_at(channel: Channel, received_at: float, now: float) -> float | None:
    """Return when an answer may be pushed: after the request had its chance to carry it; never, where none is."""
    can = channel.capabilities
    if can.push is Push.NEVER:
        return None
    if not can.passive_seconds:
        return now
    return max(now, received_at + can.passive_seconds + PASSIVE_SLACK_SECONDS)
