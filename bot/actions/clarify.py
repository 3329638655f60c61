"""The two to four questions of an unclear check: reads typed answers, decides which questions are left."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.reply import CLARIFY_SLOTS

# A typed answer that fits no option is kept up to this many characters.
LONGEST_ANSWER = 200


def read_answer(slot: str, value: str | None) -> str | None:
    """Return the option meant by a pressed or typed answer; what fits none is shortened; None stays None."""
    if value is None:
        return None
    table = content.load("clarify")
    question: dict[str, Any] = table["slots"][slot]
    options: dict[str, dict[str, str]] = question["options"]
    if value in options:
        return value
    said = value.lower().strip()
    if re.search(table["unknown"], said):
        return "unknown"
    if "no" in question and re.search(question["no"], said):
        return str(question["no_is"])
    found = (
        name for name, option in options.items() if "words" in option and re.search(option["words"], said)
    )
    return next(found, value.strip()[:LONGEST_ANSWER])


def answers_as_sentences(tracker: Tracker) -> list[str]:
    """Return the canonical sentences of the answers given so far; a free answer stands as it was typed."""
    table = content.load("clarify")["slots"]
    sentences = []
    for slot in CLARIFY_SLOTS:
        value = tracker.get_slot(slot)
        if value:
            option = table[slot]["options"].get(value)
            sentences.append(option["sentence"] if option else str(value))
    return [sentence for sentence in sentences if sentence]


class ValidateClarifyForm(FormValidationAction):  # type: ignore[misc]
    """Asks what they want, who began, whether they hurry; and the way, when the rest is not plain enough."""

    def name(self) -> str:
        """Return the name that Rasa derives from the form."""
        return "validate_clarify_form"

    async def required_slots(
        self,
        domain_slots: list[str],
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: DomainDict,
    ) -> list[str]:
        """Return the questions in order: two when nothing was asked for, else three or four."""
        want = tracker.get_slot("clarify_want")
        if want == "nothing":
            return [slot for slot in domain_slots if slot in ("clarify_want", "clarify_who")]
        if want in content.load("clarify")["plain_enough"]:
            return [slot for slot in domain_slots if slot != "clarify_way"]
        return domain_slots

    async def validate_clarify_want(self, value: str | None, *_: Any) -> dict[str, Any]:
        """Return what they want as an option."""
        return {"clarify_want": read_answer("clarify_want", value)}

    async def validate_clarify_who(self, value: str | None, *_: Any) -> dict[str, Any]:
        """Return who began as an option."""
        return {"clarify_who": read_answer("clarify_who", value)}

    async def validate_clarify_way(self, value: str | None, *_: Any) -> dict[str, Any]:
        """Return the way it came as an option."""
        return {"clarify_way": read_answer("clarify_way", value)}

    async def validate_clarify_hurry(self, value: str | None, *_: Any) -> dict[str, Any]:
        """Return whether they hurry or ask for secrecy as an option."""
        return {"clarify_hurry": read_answer("clarify_hurry", value)}
