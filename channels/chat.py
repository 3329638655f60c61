"""One message in, one turn out: limits, order, masking, dialogue engine, fallback, unmasking."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from sqlalchemy.exc import SQLAlchemyError

from channels.base import Button, Inbound, JsonObject, Refuse, Reply, Turn
from channels.conversations import Conversation, Conversations
from channels.dialogue import Answer, Dialogue, DialogueDown
from channels.fallback import Fallback
from channels.feedback import Feedback
from channels.follow_ups import FollowUps
from channels.keys import Keys, Owner
from channels.metrics import Metrics
from channels.payloads import AllowList, by_number, neutralise
from channels.pictures_out.shelf import Shelf
from channels.privacy import Vault
from channels.rates import Rates
from channels.readiness import Probe
from channels.schools import Schools
from channels.script import in_script, script_of
from channels.sight import Sight
from channels.turns import Turns
from channels.wording import Wording

MOST_FROM_PICTURE = 5_000  # characters: as much as may be typed
FORGET_PAYLOAD = "/delete_data"  # the intent by which the dialogue engine drops what it remembers
log = logging.getLogger("fanzha.chat")


@dataclass(frozen=True, slots=True)
class Memory:
    """The tables a turn touches."""

    vault: Vault
    conversations: Conversations
    feedback: Feedback
    schools: Schools
    follow_ups: FollowUps
    pictures: Shelf


class Chat:
    """Takes a person's messages to the dialogue engine and back."""

    def __init__(
        self,
        dialogue: Dialogue,
        fallback: Fallback,
        memory: Memory,
        keys: Keys,
        allowed: AllowList,
        rates: Rates,
        metrics: Metrics,
        wording: Wording,
        actions_up: Probe,
        sight: Sight,
    ) -> None:
        self._dialogue = dialogue
        self._fallback = fallback
        self._memory = memory
        self._keys = keys
        self._allowed = allowed
        self._rates = rates
        self._metrics = metrics
        self._wording = wording
        self._actions_up = actions_up
        self._sight = sight
        self._turns = Turns()

    async def take(self, message: Inbound) -> Turn:
        """Return the answer to ``message``. Raises ``Refuse``; a part that is down leads to the fallback."""
        owner = self._keys.owner(message.channel, message.sender)
        payload = self._allowed.accept(message.payload) if message.payload is not None else None
        if message.payload is not None and payload is None:
            raise Refuse("payload_unknown")
        await self._rates.spend_person(owner.current)
        async with self._turns.take(owner.current):
            if message.picture is None:
                return await self._answer(message, owner, payload)
            seen = await self._sight.see(message.picture, MOST_FROM_PICTURE)
            if not seen.text:
                return Turn(seen.replies, degraded=seen.down)
            # From here on a picture is the words in it; a number on it presses no button.
            turn = await self._answer(replace(message, text=seen.text), owner, None)
            return replace(turn, replies=(*seen.replies, *turn.replies))

    async def _answer(self, message: Inbound, owner: Owner, payload: str | None) -> Turn:
        try:
            turn = await self._turn(message, owner, payload)
        except DialogueDown as error:
            return await self._down(message, owner, error.cause)
        except SQLAlchemyError:
            return await self._down(message, owner, "database")
        self._metrics.turns.labels("answered").inc()
        return turn

    async def forget(self, channel: str, sender: str) -> None:
        """Delete all that is kept of a person, whether the dialogue engine is up or not."""
        owner = self._keys.owner(channel, sender)
        async with self._turns.take(owner.current):
            sender_id = await asyncio.to_thread(self._forget, channel, owner)
        payload = self._allowed.accept(FORGET_PAYLOAD)
        if sender_id and payload:
            try:
                await self._dialogue.ask(sender_id, payload)
            except DialogueDown as error:
                # Nobody can link that sender id to a person any more; the engine drops idle talks itself.
                log.warning("forget: dialogue engine not told, cause=%s", error.cause)

    async def _turn(self, message: Inbound, owner: Owner, payload: str | None) -> Turn:
        talk, words = await asyncio.to_thread(self._prepare, message, owner, payload)
        answer = await self._dialogue.ask(talk.sender_id, words)
        if message.text and not _has_card(answer) and not await self._actions_up():
            # The engine hides dead actions behind a sentence of its own; a judgement made here helps more.
            raise DialogueDown("actions")
        replies = tuple(self._without_dead_buttons(reply) for reply in answer.replies)
        shown = await asyncio.to_thread(self._finish, message, owner, talk, replies, answer)
        return Turn(self._memory.pictures.offer(owner.current, shown))

    def _prepare(self, message: Inbound, owner: Owner, payload: str | None) -> tuple[Conversation, str]:
        talk = self._memory.conversations.open(message.channel, owner)
        if payload is not None:
            return talk, payload
        text = message.text or ""
        talk = replace(talk, script=script_of(text, talk.script))
        pressed = None if message.picture else by_number(text, self._wording.choice, talk.buttons)
        pressed = self._allowed.accept(pressed) if pressed else None
        return talk, pressed or neutralise(self._memory.vault.mask(owner, text))

    def _finish(
        self, message: Inbound, owner: Owner, talk: Conversation, replies: tuple[Reply, ...], answer: Answer
    ) -> tuple[Reply, ...]:
        forgotten = False
        for command in answer.commands:
            forgotten |= self._obey(command, message, owner)
        if not forgotten:
            replies = self._with_follow_up(message.channel, owner, replies)
        shown = in_script(self._memory.vault.unmask(owner, replies), talk.script)
        if not forgotten:
            payloads = [button.payload for reply in replies for button in reply.buttons]
            self._memory.conversations.close_turn(talk, payloads)
        return shown

    def _with_follow_up(self, channel: str, owner: Owner, replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
        """Add the question that the person wished to be asked, where there is room for a message."""
        words = self._wording.follow_up
        room = len(replies) < 2 or not any(reply.card for reply in replies)
        if not room or not self._memory.follow_ups.take_due(channel, owner):
            return replies
        return (*replies[:1], Reply(words["text"], (Button(words["button"], words["payload"]),)))

    def _obey(self, command: JsonObject, message: Inbound, owner: Owner) -> bool:
        """Do what the dialogue engine asks; True when the person is forgotten now."""
        if command.get("command") == "forget":
            self._forget(message.channel, owner)
            return True
        if command.get("command") == "follow_up":
            if command.get("value") == "yes":
                self._memory.follow_ups.wish(message.channel, owner, message.sender)
            else:
                self._memory.follow_ups.drop(message.channel, owner)
            return False
        if command.get("command") == "school_topic":
            school, topic = command.get("school"), command.get("topic")
            if (
                isinstance(school, str)
                and isinstance(topic, str)
                and self._memory.schools.count(school, topic)
            ):
                return False
        value = command.get("value")
        if (
            command.get("command") == "feedback"
            and isinstance(value, str)
            and self._memory.feedback.count(value)
        ):
            self._metrics.feedback.labels(value).inc()
        else:
            log.error("the dialogue engine sent a command nobody knows")
        return False

    def _forget(self, channel: str, owner: Owner) -> str | None:
        self._memory.vault.forget(owner)
        self._memory.follow_ups.drop(channel, owner)
        self._memory.pictures.forget(owner.current)
        return self._memory.conversations.forget(channel, owner)

    def _without_dead_buttons(self, reply: Reply) -> Reply:
        """Drop buttons whose press would be refused: our bug, but nobody should run into it."""
        alive = []
        for button in reply.buttons:
            payload = self._allowed.accept(button.payload)
            if payload is None:
                log.error("a button's payload is not on the allow-list; the button was dropped")
            else:
                alive.append(Button(button.title, payload))
        return Reply(reply.text, tuple(alive), reply.card)

    async def _down(self, message: Inbound, owner: Owner, cause: str) -> Turn:
        log.warning("fallback: person=%s cause=%s", owner.current[:12], cause)
        self._metrics.turns.labels(cause).inc()
        return Turn(await self._fallback.answer(message.text), degraded=True)


def _has_card(answer: Answer) -> bool:
    return any(reply.card for reply in answer.replies)
