"""Helpful, not helpful, wrong: counted by the gateway, without the text it is about."""

from __future__ import annotations

import re

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.message import typed_text
from bot.actions.reply import leave_form, say
from bot.actions.set_role import pressed


def value_in(text: str) -> str | None:
    """Return the value meant by a typed opinion, if it can be told."""
    words: dict[str, str] = content.load("service")["feedback"]["words"]
    return next((value for value, pattern in words.items() if text and re.search(pattern, text)), None)


class ActionFeedback(Action):  # type: ignore[misc]
    """Thanks for the opinion and hands it to the gateway's counter."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_feedback"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send the counter command, or ask which it is."""
        words = content.load("service")["feedback"]
        value = pressed(tracker, "feedback_value") or value_in(typed_text(tracker))
        if value is None or value not in words["words"]:
            say(dispatcher, words["ask"], words["buttons"])
        else:
            say(dispatcher, words[value], command={"command": "feedback", "value": value})
        return leave_form(tracker)
