"""A driver's strange order: the conversation that fits the words; a pasted order is judged as well."""

from __future__ import annotations

from datetime import datetime

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions.guided import desk as desks
from bot.actions.guided.result import Say
from bot.actions.guided_form import (
    Clock,
    begin_flow,
    china_now,
    deliver,
    desk_of,
    flow_for,
    language_now,
    opened,
    scene_of,
)
from bot.actions.judge import JudgeSource, shared_judge
from bot.actions.language import speak
from bot.actions.message import typed_text
from bot.actions.pasted_order import answer_of, tells
from bot.actions.verdict_card import verdict_card, verdict_text
from bot.actions.verdict_reply import assess, checked
from bot.assessment.model import Assessment
from knowledge_base import contacts

FLOW = "driver_order"
# Shorter messages are the driver's own words about an order; a pasted one has more.
SHORTEST_ORDER = 20


class ActionDriverOrder(Action):  # type: ignore[misc]
    """Begins the driver's conversation; what the order itself says is not asked again."""

    def __init__(self, judge: JudgeSource = shared_judge, clock: Clock = china_now) -> None:
        """Take the assessor's source, asked on first use and never at start, and the clock."""
        self._judge = judge
        self._clock = clock

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_driver_order"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send the opening, or the verdict on a pasted order, and the first open question."""
        text, now = typed_text(tracker), self._clock()
        flow_id = flow_for(FLOW, text) or FLOW
        found = self._judged(text) if flow_id == FLOW else None
        if found is None:
            events = begin_flow(dispatcher, tracker, flow_id, text, now)
        else:
            events = _begin_with_verdict(dispatcher, tracker, found, text, now)
        return [*events, SlotSet("role", "driver")]

    def _judged(self, text: str) -> Assessment | None:
        found = assess(self._judge, text) if len(text) >= SHORTEST_ORDER else None
        return found if tells(found) else None


def _begin_with_verdict(
    dispatcher: CollectingDispatcher, tracker: Tracker, found: Assessment, text: str, now: datetime
) -> list[EventType]:
    """Say the verdict in place of the opening: the driver may be standing at the door."""
    with speak(language_now(tracker)):
        given = answer_of(FLOW, found)
        turn = desks.begin(desk_of(tracker), FLOW, scene_of(tracker, now), text, given)
        verdict = Say(verdict_text(found), (), verdict_card(found, text, contacts.load()))
        deliver(dispatcher, [verdict, *turn.says[-1:]])
    return [*opened(tracker, turn.desk), checked(found, text)]
