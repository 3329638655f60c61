"""A school's code typed by a student: remembered for this talk, so that the school gets figures; never who."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot import schools
from bot.actions import content
from bot.actions.message import typed_text
from bot.actions.reply import leave_form, say

LOOSE = re.compile(r"[A-Za-z]{2,8}[ -]?[0-9]{2,4}(?![0-9])")


def code_in(text: str) -> str | None:
    """Return the code in ``text`` in its one form (capitals, no gap), or None."""
    found = LOOSE.search(text)
    return re.sub(r"[ -]", "", found.group(0)).upper() if found else None


class ActionSchoolCode(Action):  # type: ignore[misc]
    """Takes the code, or says kindly that it is not known."""

    def __init__(self, known: Callable[[], Mapping[str, str]] = schools.load) -> None:
        """Take the source of the schools, asked when a code comes."""
        self._known = known

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_school_code"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Remember a known code and open the students' topics; ask for one that is missing or unknown."""
        words = content.load("schools")
        code = code_in(typed_text(tracker))
        if code is None:
            say(dispatcher, words["ask"], words["buttons"])
            return leave_form(tracker)
        name = self._known().get(code)
        if name is None:
            say(dispatcher, words["unknown"], words["buttons"])
            return leave_form(tracker)
        say(dispatcher, words["welcome"].format(school=name), words["buttons"])
        return [*leave_form(tracker), SlotSet("school", code), SlotSet("role", "student")]
