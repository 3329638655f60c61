"""One message, masked already, to the dialogue engine and back; the fallback when a part is down."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from channels import follow_ups
from channels.base import Button, Inbound, JsonObject, Kind, Reply, Turn
from channels.conversations import Conversation, Conversations
from channels.dialogue import Answer, Dialogue, DialogueDown
from channels.fallback import Fallback
from channels.feedback import Feedback
from channels.follow_ups import FollowUps
from channels.keys import Owner
from channels.metrics import Metrics
from channels.payloads import AllowList, by_number, neutralise
from channels.pictures_out.shelf import Shelf
from channels.privacy import Vault
from channels.readiness import Probe
from channels.schools import Schools
from channels.script import SIMPLIFIED, in_script, script_of
from channels.subscribing import COMMANDS, Subscribing
from channels.threads import Threads
from channels.wording import Wording

log = logging.getLogger("fanzha.chat")


@dataclass(frozen=True, slots=True)
class Memory:
    """The tables a turn touches, and the cards that can be saved as pictures."""

    vault: Vault
    conversations: Conversations
    feedback: Feedback
    schools: Schools
    follow_ups: FollowUps
    pictures: Shelf
    subscribing: Subscribing


@dataclass(frozen=True, slots=True)
class Said:
    """What is answered, masked; the talk it belongs to; and what the dialogue engine asks the gateway to do.

    ``asked``: the answer holds the question that the person wished to be asked (``channels/follow_ups.py``).
    ``leave``: the person left, by a word that needs no dialogue. ``wishes``: commands about the subscription.
    """

    turn: Turn
    talk: Conversation | None = None
    forget: bool = False
    handover: bool = False
    asked: bool = False
    leave: bool = False
    wishes: tuple[JsonObject, ...] = ()

    def in_her_script(self, replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
        """Return replies of the gateway itself in the characters that the person writes."""
        return in_script(replies, SIMPLIFIED if self.talk is None else self.talk.script)


class Chat:
    """Takes a person's masked messages to the dialogue engine and back."""

    def __init__(
        self,
        dialogue: Dialogue,
        fallback: Fallback,
        memory: Memory,
        allowed: AllowList,
        metrics: Metrics,
        wording: Wording,
        actions_up: Probe,
        threads: Threads,
    ) -> None:
        self._dialogue = dialogue
        self._fallback = fallback
        self._memory = memory
        self._allowed = allowed
        self._metrics = metrics
        self._wording = wording
        self._actions_up = actions_up
        self._threads = threads

    async def answer(self, message: Inbound, owner: Owner) -> Said:
        """Return the answer to ``message``, whose text is masked; a part that is down leads to the fallback."""
        try:
            said = await self._ask(message, owner)
        except DialogueDown as error:
            return await self.without_engine(message.text, error.cause)
        except SQLAlchemyError:
            return await self.without_engine(message.text, "database")
        self._metrics.turns.labels("answered").inc()
        return said

    async def without_engine(self, text: str | None, cause: str) -> Said:
        """Return the fallback for a masked ``text``, or for a button (None). Never fails."""
        log.warning("fallback: cause=%s", cause)
        self._metrics.turns.labels(cause).inc()
        return Said(Turn(await self._fallback.answer(text), degraded=True))

    def close_turn(self, connection: Connection, said: Said, channel: str, owner: Owner) -> None:
        """Note what the answer showed and asked, in the transaction that writes the answer."""
        if said.talk is not None:
            shown = [button.payload for reply in said.turn.replies for button in reply.buttons]
            self._memory.conversations.close_turn(connection, said.talk, shown)
        if said.asked:
            follow_ups.forget(connection, channel, owner)

    def offer_pictures(self, owner: Owner, replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
        """Return unmasked replies, each card that can be drawn with the address of its picture."""
        return self._memory.pictures.offer(owner.current, replies)

    def drop_pictures(self, owner: Owner) -> None:
        """Forget the person's cards that wait to be drawn. Call it on the event loop, as ``offer_pictures``."""
        self._memory.pictures.forget(owner.current)

    async def _ask(self, message: Inbound, owner: Owner) -> Said:
        talk, words = await self._threads.run(self._prepare, message, owner)
        answer = await self._let_in(await self._dialogue.ask(talk.sender_id, words), talk, message, owner)
        if message.text and not _has_card(answer) and not await self._actions_up():
            # The engine hides dead actions behind a sentence of its own; a judgement made here helps more.
            raise DialogueDown("actions")
        replies = tuple(self._without_dead_buttons(reply) for reply in answer.replies)
        wanted = {command.get("command") for command in answer.commands}
        wishes = tuple(one for one in answer.commands if one.get("command") in COMMANDS)
        for command in answer.commands:
            await self._threads.run(self._obey, command, message, owner)
        asked = "forget" not in wanted and await self._threads.run(
            self._is_to_be_asked, message, owner, replies
        )
        if asked:
            replies = self._with_follow_up(replies)
        if talk.script != SIMPLIFIED:
            replies = await asyncio.to_thread(in_script, replies, talk.script)
        return Said(Turn(replies), talk, "forget" in wanted, "handover" in wanted, asked, wishes=wishes)

    async def _let_in(self, answer: Answer, talk: Conversation, message: Inbound, owner: Owner) -> Answer:
        """Return ``answer``; where it asks for a subscription, that of the flow which fits this person."""
        asks = next((one for one in answer.commands if one.get("value") == "subscribe"), None)
        if asks is None or asks.get("command") != "subscription":
            return answer
        language = str(asks.get("language") or "")
        said, payload = await self._threads.run(self._memory.subscribing.entrance, message, owner, language)
        before = () if said is None else (said,)
        if payload is None:
            return Answer(before)
        flow = await self._dialogue.ask(talk.sender_id, payload)
        return Answer((*before, *flow.replies), flow.commands)

    def _prepare(self, message: Inbound, owner: Owner) -> tuple[Conversation, str]:
        talk = self._memory.conversations.open(message.channel, owner)
        if message.payload is not None:
            return talk, message.payload
        text = message.text or ""
        talk = replace(talk, script=script_of(text, talk.script))
        # A number on a picture presses no button.
        pressed = None if message.kind is Kind.MEDIA else by_number(text, self._wording.choice, talk.buttons)
        pressed = self._allowed.accept(pressed) if pressed else None
        return talk, pressed or neutralise(text)

    def _is_to_be_asked(self, message: Inbound, owner: Owner, replies: tuple[Reply, ...]) -> bool:
        """Return True when the person wished a question now, and there is room for a message."""
        room = len(replies) < 2 or not any(reply.card for reply in replies)
        return room and self._memory.follow_ups.is_due(message.channel, owner)

    def _with_follow_up(self, replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
        return (*replies[:1], self._wording.follow_up_question())

    def _obey(self, command: JsonObject, message: Inbound, owner: Owner) -> None:
        """Do what the dialogue engine asks for; deletion and hand-over are the worker's."""
        name, value = command.get("command"), command.get("value")
        if name in {"forget", "handover"} or name in COMMANDS:
            return
        if name == "follow_up":
            if value == "yes":
                self._memory.follow_ups.wish(message.channel, owner, message.sender)
            else:
                self._memory.follow_ups.drop(message.channel, owner)
            return
        if name == "school_topic":
            school, topic = command.get("school"), command.get("topic")
            known = isinstance(school, str) and isinstance(topic, str)
            if known and self._memory.schools.count(str(school), str(topic)):
                return
        if name == "feedback" and isinstance(value, str) and self._memory.feedback.count(value):
            self._metrics.feedback.labels(value).inc()
        else:
            log.error("the dialogue engine sent a command nobody knows")

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


def _has_card(answer: Answer) -> bool:
    return any(reply.card for reply in answer.replies)
