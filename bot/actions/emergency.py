"""Money gone, a secret given, the swindler still there: 110 first, then the conversation for that."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions.guided import flow as flows
from bot.actions.guided.answers import read
from bot.actions.guided_form import Clock, begin_flow, china_now
from bot.actions.message import intent_of, typed_text

FLOW = "emergency"
# What a button says plainly; typed words are read by the flow itself.
MODES = {"already_paid": "paid", "gave_info": "gave", "on_the_line": "line"}


class ActionEmergency(Action):  # type: ignore[misc]
    """Interrupts every other conversation; that one waits."""

    def __init__(self, clock: Clock = china_now) -> None:
        """Take the clock."""
        self._clock = clock

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_emergency"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send 110 and the first steps, and the one question, unless the mode is plain."""
        text = typed_text(tracker)
        given = {"mode": MODES.get(intent_of(tracker), "paid")} if self._plain(tracker, text) else None
        return begin_flow(dispatcher, tracker, FLOW, text, self._clock(), given)

    def _plain(self, tracker: Tracker, text: str) -> bool:
        """Tell whether the intent decides: a button, or words in which the flow itself finds no mode.

        "I was cheated" is taken for ``already_paid`` and may still be any of the three: that is asked.
        """
        question = flows.load()[FLOW].question("mode")
        if not text or question is None:
            return True
        return (
            intent_of(tracker) != "already_paid" and not read(question, text, self._clock(), asked=False).ok
        )
