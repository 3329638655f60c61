"""Delete my data: the gateway empties the vault, Rasa's memory of the conversation is dropped."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import AllSlotsReset, EventType, Restarted
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.reply import say


class ActionForget(Action):  # type: ignore[misc]
    """Sends the receipt and the gateway's command, then restarts the tracker."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_forget"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send ``{"command": "forget"}``; bot/tracker_store.py drops every event before the restart."""
        say(dispatcher, content.load("service")["forget"]["text"], command={"command": "forget"})
        return [AllSlotsReset(), Restarted()]
