"""What every channel checks of a text, and the refusals for JSON that is not as it should be."""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.base import Refuse

# No control characters: a session id is a person's address, and NUL parts an address (``channels/people.py``).
SESSION_PATTERN = r"^[^\x00-\x1f\x7f]{1,128}$"


def is_session(value: str) -> bool:
    """Return whether ``value`` can be a session id of a page."""
    return re.fullmatch(SESSION_PATTERN, value) is not None


def accept_text(text: str, limit: int) -> str:
    """Return ``text`` when it has words, and at most ``limit`` characters. Raises ``Refuse``."""
    if len(text) > limit:
        raise Refuse("text_too_long", 413)
    if not text.strip():
        raise Refuse("text_empty")
    if "\x00" in text:
        raise Refuse("text_unreadable")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Refuse("text_unreadable")
    if not any(char.isalnum() for char in text):
        raise Refuse("text_without_words")
    return text


def refusal_of(kind: str, where: Sequence[object]) -> Refuse:
    """Return the refusal for a schema error (pydantic's error type, and the path to the field)."""
    if kind == "json_invalid":
        return Refuse("json_broken", 400)
    if kind == "extra_forbidden":
        return Refuse("field_unknown")
    if kind == "missing":
        return Refuse("field_missing")
    if kind == "string_too_long" and "text" in where:
        return Refuse("text_too_long", 413)
    return Refuse("field_wrong_type")
