"""How to commit a fraud, launder, dodge the bank's questions, forge papers: no, in one sentence, and help instead."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.message import typed_text
from bot.actions.reply import leave_form, say
from bot.actions.show_guide import show


def asks_about(text: str) -> bool:
    """Tell whether somebody asks how swindlers work, which is what this assistant is there for."""
    words: dict[str, Any] = content.load("refuse")
    seen = text.lower()
    return bool(re.search(words["about"], seen)) and not re.search(words["own"], seen)


def refusal(text: str) -> dict[str, Any]:
    """Return the refusal that fits what was asked for: text and buttons."""
    topics: list[dict[str, Any]] = content.load("refuse")["topics"]
    seen = text.lower()
    return next(
        (topic for topic in topics if "words" in topic and re.search(topic["words"], seen)), topics[-1]
    )


class ActionRefuse(Action):  # type: ignore[misc]
    """Refuses, unless the person only wants to know how it is done to others."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_refuse"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send one sentence and the other ways, or the guide to learn from."""
        text = typed_text(tracker)
        if asks_about(text):
            show(dispatcher, "learn", text)
        else:
            found = refusal(text)
            say(dispatcher, found["text"], found["buttons"])
        return leave_form(tracker)
