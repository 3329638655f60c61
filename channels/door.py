"""The door: what a request of a platform goes through, from its bytes to its answer.

Verified, limited, masked, committed under its dedupe key, acknowledged. The answer rides on the request when it is
ready within the platform's limit; else the outbox sends it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from cachetools import TTLCache
from sqlalchemy.exc import SQLAlchemyError

from channels import people
from channels.base import Channel, Hook, HookAnswer, Inbound, Kind, Push, Refuse, Reply, Retry, Turn
from channels.chat import Chat
from channels.crowd import Crowd
from channels.desk import Desk
from channels.inbox import Inbox
from channels.keys import Keys, Owner
from channels.lane import Lane
from channels.ledge import Ledge
from channels.metrics import Metrics
from channels.outage import AGAIN, HOLD_SECONDS, MOST_RECENT, RECENT_SECONDS, Help, Outage, name_of
from channels.outbox import Letter, Outbox
from channels.payloads import AllowList
from channels.persist import persist
from channels.postman import Postman
from channels.privacy import Vault
from channels.rates import Rates
from channels.sight import MOST_FROM_PICTURE, Sight
from channels.slips import Slips
from channels.taken import Taken
from channels.threads import Threads
from channels.wording import Wording

NOTE_SECONDS = 12.0  # below a letter's lease
PUSHED_SECONDS = 0.1  # so long a request waits at a time for an older message that is being pushed
LATE_SECONDS = 0.4  # beyond the time a request waits, still within the platform's own limit
log = logging.getLogger("fanzha.door")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the door needs of the house; ``burst_seconds`` is how long a burst of messages may pause.

    ``pages``: the channels whose people see our own page, where cards can be fetched as pictures.
    """

    keys: Keys
    threads: Threads
    vault: Vault
    inbox: Inbox
    lane: Lane
    ledge: Ledge
    slips: Slips
    outbox: Outbox
    desk: Desk
    postman: Postman
    chat: Chat
    allowed: AllowList
    rates: Rates
    metrics: Metrics
    wording: Wording
    burst_seconds: float
    sight: Sight
    pages: Collection[str]
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer for the line, and the letters it carries: to be given to ``Door.sent`` once it is written."""

    answer: HookAnswer
    letters: tuple[Letter, ...] = ()
    turn: Turn = field(default=Turn(()), repr=False)


class Door:
    """Takes requests and, for channels that poll, messages."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._crowd = Crowd()
        self._recent: TTLCache[tuple[str, str, str], bool] = TTLCache(MOST_RECENT, RECENT_SECONDS)
        self._outage = Outage(
            Help(parts.threads, parts.slips, parts.outbox, parts.postman, parts.chat, parts.clock)
        )

    async def recall(self) -> None:
        """Learn what was stored shortly before this process began. Raises the database's error."""
        since = self._parts.clock() - RECENT_SECONDS
        self._outage.recall(await self._parts.threads.run(self._parts.inbox.stored_since, since))

    async def hear(self, channel: Channel, hook: Hook) -> Answered:
        """Answer one request. Raises ``Forged``, and ``Refuse`` on channels that tell errors by HTTP."""
        arrived = self._parts.clock()
        channel.verify(hook)
        return await self.carry(channel, hook, channel.parse(hook), arrived)

    async def see(self, channel: Channel, hook: Hook, message: Inbound) -> Answered:
        """Answer a request that brought a picture: it is read now, since it is kept nowhere, and its words are the message.

        Raises ``Refuse``.
        """
        parts = self._parts
        owner = parts.keys.owner(message.channel, message.sender, message.account)
        await parts.rates.spend_person(owner.current)
        seen = await parts.sight.see(message.picture or b"", MOST_FROM_PICTURE)
        if seen.reading is None:
            turn = Turn(seen.replies, degraded=seen.down, talk=await self._talk(message, owner))
            return Answered(channel.answer(hook, turn))
        key = message.dedupe_key or secrets.token_hex(16)
        words = replace(message, picture=None, text=seen.reading.text, kind=Kind.MEDIA, dedupe_key=key)
        self._repeated(words)  # it was counted above
        return await self.carry(channel, hook, [words], parts.clock(), seen.replies)

    async def carry(
        self,
        channel: Channel,
        hook: Hook,
        messages: Sequence[Inbound],
        arrived: float,
        before: tuple[Reply, ...] = (),
    ) -> Answered:
        """Answer a request whose ``messages`` are known; ``arrived`` is when it came, ``before`` opens the answer.

        Raises ``Refuse`` like ``hear``.
        """
        parts = self._parts
        carrier = secrets.token_hex(16)
        try:
            stored = [await self.admit(channel, message, arrived, carrier) for message in messages]
            taken = [one for one in stored if one is not None]
        except SQLAlchemyError as error:
            log.warning("door: the database failed with %s", type(error).__name__)
            return Answered(await self._outage.answer(channel, hook, messages[-1], before, carrier))
        parts.metrics.ack_seconds.labels(channel.name).observe(parts.clock() - arrived)
        reports = messages[-1:] and messages[-1].kind in {Kind.REPORT, Kind.LEAVE}
        if not taken or not channel.capabilities.passive_seconds or reports:
            return Answered(channel.answer(hook, Turn(())))
        who = parts.keys.owner(messages[-1].channel, messages[-1].sender, messages[-1].account)
        try:
            if not channel.capabilities.tells_errors:
                answered = await self._answer(channel, hook, taken[-1], arrived, before)
            else:
                with self._crowd.enter(who.current):
                    answered = await self._answer(channel, hook, taken[-1], arrived, before)
        except SQLAlchemyError as error:
            log.warning("door: the database failed with %s", type(error).__name__)
            self._outage.give_back(channel, taken[-1])
            return Answered(await self._outage.answer_later(channel, hook, taken[-1], arrived))
        if answered.letters:
            self._outage.given(messages[-1], answered.turn)
        return answered

    async def take(self, channel: Channel, messages: Sequence[Inbound]) -> None:
        """Store messages that a channel fetched itself. Raises ``Retry`` when they could not be stored."""
        try:
            for message in messages:
                await self.admit(channel, message, self._parts.clock(), secrets.token_hex(16))
        except SQLAlchemyError as error:
            raise Retry("the database does not take it", 1.0) from error

    async def admit(self, channel: Channel, message: Inbound, now: float, carrier: str) -> Taken | None:
        """Check and store one message; None when it was dropped. Raises ``Refuse``, or the database's error.

        ``carrier`` is a random name of the request that brought it.
        """
        parts = self._parts
        owner = parts.keys.owner(message.channel, message.sender, message.account)
        refused: Refuse | None = None
        try:
            message = await self._checked(message, owner)
        except Refuse as refuse:
            if channel.capabilities.tells_errors:
                raise
            parts.metrics.refusals.labels(refuse.code).inc()
            if refuse.code == "rate_limited" and not await parts.rates.may_be_told(owner.current):
                return None
            refused = refuse
        wait = parts.burst_seconds if channel.capabilities.merges and message.kind is Kind.TEXT else 0.0
        taken = await parts.ledge.store(channel, message, owner, now, wait, refused, carrier)
        self._outage.stored(message)
        if taken.fresh and not taken.done:
            parts.desk.nudge(taken.person_id, wait)
        if refused is not None:
            parts.postman.nudge()
        return taken

    async def sent(self, letters: Sequence[Letter]) -> None:
        """Note that the answer that carried ``letters`` was written to the line."""
        parts = self._parts
        await persist(lambda: parts.threads.run(parts.outbox.sent, letters, parts.clock()), NOTE_SECONDS)

    async def show(self, letters: Sequence[Letter], talk: str, pending: bool = False) -> Turn:
        """Return letters of one person as a turn, with her own originals back and cards ready to be saved."""
        replies = tuple(letter.reply for letter in letters)
        if letters:
            owner = letters[0].person.owner
            replies = await self._parts.threads.run(self._parts.vault.unmask, owner, replies)
            if letters[0].person.channel in self._parts.pages:
                replies = self._parts.chat.offer_pictures(owner, replies)
        return Turn(replies, any(letter.degraded for letter in letters), talk, pending)

    async def _answer(
        self, channel: Channel, hook: Hook, taken: Taken, arrived: float, before: tuple[Reply, ...]
    ) -> Answered:
        parts, can = self._parts, channel.capabilities
        pushes = can.push is not Push.NEVER
        # In a crowd no answer is ready in time: who waits for it holds a connection for nothing.
        waits = not (pushes and parts.lane.crowded())
        until = arrived + can.passive_seconds
        answered = taken.done or (waits and await self._wait(taken, until, pushes))
        if not answered and can.push is Push.NEVER and taken.deliveries <= can.repeats:
            await asyncio.sleep(HOLD_SECONDS)
            return Answered(AGAIN)
        if not answered and pushes:  # it is pushed; nothing has to be looked up for that
            return Answered(channel.answer(hook, Turn(before, pending=True)))
        letters = await self._letters(channel, taken, arrived)
        if letters:
            talk = people.shown(letters[0].person.talk)
        else:
            talk = await parts.threads.run(parts.inbox.talk, taken.person_id)
        turn = await self.show(letters, talk, pending=not answered)
        if letters and self._too_late(channel, arrived):
            self._outage.give_back(channel, taken)
            letters, turn = [], Turn((), talk=talk, pending=True)
        turn = replace(turn, replies=(*before, *turn.replies))
        return Answered(channel.answer(hook, turn), tuple(letters), turn)

    async def _letters(self, channel: Channel, taken: Taken, arrived: float) -> Sequence[Letter]:
        """Return what rides on the answer to this request; what does not is pushed soon, where that is possible."""
        parts, can = self._parts, channel.capabilities
        pushes, letters = can.push is not Push.NEVER, None
        while letters is None and not self._too_late(channel, arrived):
            now = parts.clock()
            letters = await parts.threads.run(
                parts.outbox.claim_passive, taken, can.passive_messages, now, pushes
            )
            if letters is None and now >= arrived + can.passive_seconds:
                break
            if letters is None:
                await asyncio.sleep(PUSHED_SECONDS)
        if pushes:
            parts.postman.nudge()
        return letters or []

    def _too_late(self, channel: Channel, arrived: float) -> bool:
        """Return True when the platform will have hung up: what can be pushed must not ride any more."""
        can = channel.capabilities
        until = arrived + can.passive_seconds + LATE_SECONDS
        return can.push is not Push.NEVER and self._parts.clock() > until

    async def _wait(self, taken: Taken, until: float, pushes: bool) -> bool:
        """Return True as soon as the message is answered, False when the time is over."""
        parts = self._parts
        with parts.desk.watch(taken.inbox_id) as event:
            try:
                async with asyncio.timeout(until - parts.clock()):
                    await event.wait()
                return True
            except TimeoutError:
                if pushes:  # a look every second tells what other processes answered
                    return False
                return await parts.threads.run(parts.inbox.answered, taken.inbox_id)

    async def _checked(self, message: Inbound, owner: Owner) -> Inbound:
        """Return the message with its payload in canonical form. Raises ``Refuse``."""
        if message.kind in {Kind.TEXT, Kind.BUTTON, Kind.MEDIA} and not self._repeated(message):
            await self._parts.rates.spend_person(owner.current)  # made-up buttons count too
        if message.payload is None:
            return message
        payload = self._parts.allowed.accept(message.payload)
        if payload is None:
            raise Refuse("payload_unknown")
        return replace(message, payload=payload)

    def _repeated(self, message: Inbound) -> bool:
        """Return True when the platform just sent the same message: that counts against nobody's limit."""
        key = name_of(message)
        if not message.dedupe_key:
            return False
        if key in self._recent:
            return True
        self._recent[key] = True
        return False

    async def _talk(self, message: Inbound, owner: Owner) -> str:
        parts = self._parts
        try:
            return await parts.threads.run(parts.inbox.talk_of, message.channel, message.account, owner)
        except SQLAlchemyError:  # what the person reads does not hang on it
            return Turn(()).talk
