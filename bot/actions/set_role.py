"""Who is asking: resident, student or driver. No sign-up; the role lives as long as the conversation."""

from __future__ import annotations

import re

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.message import typed_text
from bot.actions.reply import leave_form, say


def pressed(tracker: Tracker, entity: str) -> str | None:
    """Return the value that a button carried with the latest message, if any."""
    found = (tracker.latest_message or {}).get("entities") or []
    return next((str(e["value"]) for e in found if e.get("entity") == entity), None)


def role_in(text: str) -> str | None:
    """Return the role named in a typed message, if any."""
    words: dict[str, str] = content.load("service")["role"]["words"]
    return next((role for role, pattern in words.items() if text and re.search(pattern, text)), None)


class ActionSetRole(Action):  # type: ignore[misc]
    """Remembers the role and shows its menu, or asks which one."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_set_role"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send the menu of the role; a role that does not exist is asked for again."""
        words = content.load("service")["role"]
        role = pressed(tracker, "role") or role_in(typed_text(tracker))
        if role is None or role not in words["words"]:
            say(dispatcher, words["ask"], words["buttons"])
            return leave_form(tracker)
        # Rasa would render its own menu with the slot as it was before this action, hence the copy.
        menu = content.load("menus")[role]
        say(dispatcher, menu["text"], menu["buttons"])
        return [*leave_form(tracker), SlotSet("role", role)]
