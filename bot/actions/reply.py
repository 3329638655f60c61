"""One reply as the gateway expects it: a short text, buttons, perhaps a card or a command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import content
from bot.actions.guided.state import dump, restore
from bot.actions.language import translated

# A phone screen at large text; WeChat cuts passive replies at about 600 characters (2,048 bytes).
LONGEST_TEXT = 300
FORM = "guided_form"
CLARIFY_SLOTS = ("clarify_want", "clarify_who", "clarify_way", "clarify_hurry")


def say(
    dispatcher: CollectingDispatcher,
    text: str,
    buttons: Sequence[dict[str, str]] = (),
    card: dict[str, Any] | None = None,
    command: dict[str, str] | None = None,
) -> None:
    """Send one reply; a ``command`` is for the gateway and is never shown."""
    message: dict[str, Any] = {
        "text": shorten(text),
        "buttons": [dict(button) for button in buttons],
        "card": with_headings(card) if card else None,
    }
    dispatcher.utter_message(json_message={**message, **(command or {})})


def with_headings(card: dict[str, Any]) -> dict[str, Any]:
    """Return the card with the headings of its kind in the language of this turn; its own ones win."""
    usual: dict[str, str] = content.load("card_headings").get(card.get("kind"), {})
    return {**card, "headings": {**translated(usual), **(card.get("headings") or {})}} if usual else card


def shorten(text: str, limit: int = LONGEST_TEXT) -> str:
    """Return the text, cut with an ellipsis when it has more than ``limit`` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def lines(parts: Iterable[str | None], limit: int = LONGEST_TEXT) -> str:
    """Join the parts line by line, leaving out whole parts that no longer fit."""
    kept: list[str] = []
    for part in parts:
        if part and len("\n".join([*kept, part])) <= limit:
            kept.append(part)
    return "\n".join(kept)


def forget_check(tracker: Tracker) -> list[EventType]:
    """Return the events that forget an unfinished check: its text and the answers about it."""
    names = (*CLARIFY_SLOTS, "checked_text")
    return [SlotSet(name, None) for name in names if tracker.get_slot(name) is not None]


def leave_form(tracker: Tracker) -> list[EventType]:
    """Return the events that close the questions and forget the text they were about, if there are any.

    A guided conversation is put aside, to be taken up again.

    Rasa checks every event of an answer against a large schema, so events that change nothing are not sent.
    """
    forgotten = forget_check(tracker)
    if tracker.get_slot("requested_slot") is not None:
        forgotten.append(SlotSet("requested_slot", None))
    if tracker.active_loop_name == FORM:
        forgotten.append(SlotSet("guided", dump(restore(tracker.get_slot("guided")).put_aside())))
    return [*([ActiveLoop(None)] if tracker.active_loop_name else []), *forgotten]
