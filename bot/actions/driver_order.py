"""A driver's strange order: a pasted one is judged, and the driver's guide is given."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.judge import JudgeSource, shared_judge
from bot.actions.message import typed_text
from bot.actions.reply import leave_form, say
from bot.actions.show_guide import show
from bot.actions.verdict_card import verdict_card, verdict_text
from bot.actions.verdict_reply import assess
from bot.assessment.model import Verdict
from knowledge_base import contacts

# A shorter message only says that there is an order; there is nothing in it to judge.
SHORTEST_ORDER = 12


class ActionDriverOrder(Action):  # type: ignore[misc]
    """Guide first: the driver may be standing at the door."""

    def __init__(self, judge: JudgeSource = shared_judge) -> None:
        """Take the assessor's source; it is asked on first use, never at start."""
        self._judge = judge

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_driver_order"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send the driver's guide, then the verdict on the order when it says something."""
        text = typed_text(tracker)
        show(dispatcher, "driver_order", text)
        assessment = assess(self._judge, text) if len(text) >= SHORTEST_ORDER else None
        if assessment is not None and assessment.verdict in (Verdict.SCAM, Verdict.SUSPICIOUS):
            words = content.load("verdict")
            card = verdict_card(assessment, text, contacts.load())
            say(dispatcher, verdict_text(assessment), words["feedback_buttons"], card)
        return [*leave_form(tracker), SlotSet("role", "driver")]
