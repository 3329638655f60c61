"""What a conversation says, and what it hands to an outcome function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Say:
    """One message: at most 300 characters, buttons of title and payload, a card, a command for the gateway."""

    text: str
    buttons: Sequence[Mapping[str, str]] = ()
    card: Mapping[str, Any] | None = None
    command: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Told:
    """What the person told; ``answers`` are the raw values, by question id.

    choice and yes_no an option id · choices a list of option ids · amount ``{"yuan": float, "about": bool, "said": str}`` ·
    time ``{"at": Unix seconds, "exact": bool, "said": words}`` · bank ``{"name": str, "contact": id or None}`` ·
    text a string · a skipped question None. ``said`` is the same as a person reads it;
    ``began`` is when the conversation started;
    ``complete`` is False when the person left before the last question;
    ``first`` are the words (masked, at most 500 characters) with which the person began.
    ``context`` is what the assistant knows besides: ``role`` (resident, student, driver or None), ``school`` (a code
    that was given and is known, or None), ``language`` (zh, en), ``last_check`` (None or
    ``{"text", "verdict", "scam_type", "at"}`` of the last checked text).
    """

    flow: str
    answers: Mapping[str, Any]
    said: Mapping[str, str]
    score: int
    reasons: tuple[str, ...]
    began: datetime
    now: datetime
    complete: bool = True
    first: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)

    def known(self, question_id: str) -> bool:
        """Tell whether the question was answered with something other than "don't know"."""
        return self.answers.get(question_id) not in (None, "unknown", [])
