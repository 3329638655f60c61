"""Subscribing, leaving, "what am I subscribed to": passed to the gateway, which alone knows who is subscribed."""

from __future__ import annotations

import re

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.guided_form import language_now
from bot.actions.message import intent_of, typed_text
from bot.actions.reply import leave_form, say


class ActionSubscription(Action):  # type: ignore[misc]
    """Says nothing itself: the gateway answers, or begins the flow that fits (``channels/subscribing.py``)."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_subscription"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send ``{"command": "subscription", "value": "subscribe" | "show" | "leave_asked"}``."""
        language = language_now(tracker)
        command = {"command": "subscription", "value": _wanted(tracker), "language": language}
        say(dispatcher, "", command=command)
        return [*leave_form(tracker), SlotSet("language", language)]


def _wanted(tracker: Tracker) -> str:
    if intent_of(tracker) == "unsubscribe":
        return "leave_asked"
    shows = re.search(content.load("subscription")["shows"], typed_text(tracker).lower())
    return "show" if shows else "subscribe"
