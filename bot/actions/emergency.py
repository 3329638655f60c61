"""Money gone, a secret given, the swindler still there: 110 first, then the guide, then one question."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.guide_card import guide_card, guide_text
from bot.actions.message import intent_of, typed_text
from bot.actions.reply import leave_form, say
from bot.actions.show_guide import buttons_after, choose
from knowledge_base import contacts, guides


class ActionEmergency(Action):  # type: ignore[misc]
    """Interrupts every other flow."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_emergency"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send the guide card and the one question; whatever was going on before is closed."""
        words = content.load("guides")
        intent = intent_of(tracker)
        opening = words["emergency"].get(intent, words["missing"])
        guide = guides.load().get(choose(intent, typed_text(tracker))["guide"])
        if guide is None:
            say(dispatcher, opening)
        else:
            say(dispatcher, guide_text(guide, opening, instead=True), (), guide_card(guide, contacts.load()))
        say(dispatcher, words["emergency"]["question"], buttons_after(intent))
        return leave_form(tracker)
