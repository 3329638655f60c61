"""The wish to be asked again after a day; the gateway keeps it, because it knows who asks and on which channel."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.guided_form import language_now
from bot.actions.language import speak, tr
from bot.actions.reply import say
from bot.actions.set_role import pressed


class ActionFollowUp(Action):  # type: ignore[misc]
    """Passes the wish on; nothing is kept without it."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_follow_up"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send the receipt and ``{"command": "follow_up", "value": "yes" | "no"}``."""
        wish = "yes" if pressed(tracker, "wish") == "yes" else "no"
        with speak(language_now(tracker)):
            words = content.load("service")["follow_up"]
            say(dispatcher, tr(words[wish]), command={"command": "follow_up", "value": wish})
        return []
