"""What was answered about warnings, as a command for the gateway: it keeps subscriptions, and says what came of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from bot.actions import content
from bot.actions.guided import flow as flows
from bot.actions.guided.result import Say, Told
from bot.actions.language import tr
from bot.actions.school_code import code_in

ALL = "all"


def conclude(told: Told) -> list[Say]:
    """Return the command; for who left before the end, that nothing was noted."""
    words: Mapping[str, Any] = content.load("outcomes/subscribe")
    if told.flow == "subscribe_change":
        return _changed(told, words)
    if not told.complete or told.answers.get("agree") != "yes":
        return [Say(tr(words["left"]))]
    command = {
        "command": "subscribe",
        "topics": _topics(told),
        "frequency": str(told.answers["frequency"]),
        "age": str(words["ages"][told.answers["age"]]),
        "school": code_in(str(told.answers.get("code") or "")) or str(told.context.get("school") or ""),
        "role": _role(told),
        "district": _district(told, words),
        "wording": digest(agreed_to()),
        "began": str(told.began.timestamp()),
        "language": str(told.context.get("language") or ""),
    }
    return [Say("", command=command)]


def agreed_to() -> str:
    """Return the sentence that people say yes to, in the language of this turn."""
    question = flows.load()["subscribe"].question("agree")
    assert question is not None
    return question.ask


def digest(sentence: str) -> str:
    """Return what the log keeps of a sentence: 16 hex digits of its SHA-256."""
    return hashlib.sha256(sentence.encode()).hexdigest()[:16]


def _changed(told: Told, words: Mapping[str, Any]) -> list[Say]:
    what = told.answers.get("what")
    language = str(told.context.get("language") or "")
    if what == "leave":
        return [Say("", command={"command": "subscription", "value": "leave", "language": language})]
    changes: dict[str, str] = {}
    if told.answers.get("topics"):
        changes["topics"] = _topics(told)
    if told.known("frequency"):
        changes["frequency"] = str(told.answers["frequency"])
    if told.known("role"):
        changes["role"] = _role(told)
    if district := _district(told, words):
        changes["district"] = district
    if not changes or not told.complete:
        return [Say(tr(words["unchanged"]))]
    return [Say("", command={"command": "subscription_change", "language": language, **changes})]


def _topics(told: Told) -> str:
    chosen = told.answers.get("topics") or []
    return "" if ALL in chosen else " ".join(chosen)


def _role(told: Told) -> str:
    return str(told.answers["role"]) if told.known("role") else ""


def _district(told: Told, words: Mapping[str, Any]) -> str:
    """Return the district; what is masked, or no name, is left out."""
    found = re.search(words["district"], str(told.answers.get("district") or "").strip())
    return found.group(1) if found else ""
