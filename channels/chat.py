"""One message, masked already, to the dialogue engine and back; the fallback when a part is down."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from channels.base import Button, Inbound, JsonObject, Reply, Turn
from channels.conversations import Conversation, Conversations
from channels.dialogue import Answer, Dialogue, DialogueDown
from channels.fallback import Fallback
from channels.feedback import Feedback
from channels.keys import Owner
from channels.metrics import Metrics
from channels.payloads import AllowList, by_number, neutralise
from channels.privacy import Vault
from channels.readiness import Probe
from channels.threads import Threads
from channels.wording import Wording

log = logging.getLogger("fanzha.chat")


@dataclass(frozen=True, slots=True)
class Memory:
    """The three tables a turn touches."""

    vault: Vault
    conversations: Conversations
    feedback: Feedback


@dataclass(frozen=True, slots=True)
class Said:
    """What is answered, masked; the talk it belongs to; and what the dialogue engine asks the gateway to do."""

    turn: Turn
    talk: Conversation | None = None
    forget: bool = False
    handover: bool = False


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

    def close_turn(self, connection: Connection, talk: Conversation, shown: Sequence[str]) -> None:
        """Note which payloads the answer showed, in the transaction that writes the answer."""
        self._memory.conversations.close_turn(connection, talk, shown)

    async def _ask(self, message: Inbound, owner: Owner) -> Said:
        talk, words = await self._threads.run(self._prepare, message, owner)
        answer = await self._dialogue.ask(talk.sender_id, words)
        if message.text and not _has_card(answer) and not await self._actions_up():
            # The engine hides dead actions behind a sentence of its own; a judgement made here helps more.
            raise DialogueDown("actions")
        replies = tuple(self._without_dead_buttons(reply) for reply in answer.replies)
        wanted = {command.get("command") for command in answer.commands}
        for command in answer.commands:
            await self._threads.run(self._obey, command)
        return Said(Turn(replies), talk, "forget" in wanted, "handover" in wanted)

    def _prepare(self, message: Inbound, owner: Owner) -> tuple[Conversation, str]:
        talk = self._memory.conversations.open(message.channel, owner)
        if message.payload is not None:
            return talk, message.payload
        text = message.text or ""
        pressed = by_number(text, self._wording.choice, talk.buttons)
        pressed = self._allowed.accept(pressed) if pressed else None
        return talk, pressed or neutralise(text)

    def _obey(self, command: JsonObject) -> None:
        """Count what the dialogue engine asks to be counted; deletion and hand-over are the worker's."""
        value = command.get("value")
        if command.get("command") in {"forget", "handover"}:
            return
        if (
            command.get("command") == "feedback"
            and isinstance(value, str)
            and self._memory.feedback.count(value)
        ):
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
