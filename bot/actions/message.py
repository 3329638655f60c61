"""What the person just sent, read from Rasa's tracker."""

from __future__ import annotations

import re

from rasa_sdk import Tracker

# What Rasa itself takes for a button payload; never a text to judge.
_PAYLOAD = re.compile(r"^/[a-z_]+(?:\{.*\})?$", re.DOTALL)


def typed_text(tracker: Tracker) -> str:
    """Return the words typed or pasted, or an empty string when a button was pressed."""
    text = str((tracker.latest_message or {}).get("text") or "").strip()
    return "" if _PAYLOAD.match(text) else text


def intent_of(tracker: Tracker) -> str:
    """Return the name of the latest intent, or an empty string."""
    intent = (tracker.latest_message or {}).get("intent") or {}
    return str(intent.get("name") or "")


def asks_first(tracker: Tracker) -> bool:
    """Tell whether the words sound a little like money lost: the answer begins with the question about that."""
    return bool((tracker.latest_message or {}).get("asks_first"))
