"""Several facts in one sentence: answers to questions that were not asked yet."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from bot.actions.guided.answers import read
from bot.actions.guided.conditions import holds
from bot.actions.guided.flow import Flow, Question
from bot.actions.guided.state import State

# These kinds are recognised wherever they stand; a choice or a text only when its question says how.
BY_THEMSELVES = ("amount", "time", "bank")


def pick(
    flow: Flow, state: State, text: str, now: datetime, besides: Question | None = None
) -> dict[str, Any]:
    """Return question id -> value for all open questions that ``text`` answers; ``besides`` is answered already."""
    found: dict[str, Any] = {}
    kinds = {besides.kind} if besides and besides.kind in BY_THEMSELVES else set()
    for question in flow.questions:
        known = state.answers.get(question.id)
        if (known is not None and not _vague(known)) or (besides and question.id == besides.id):
            continue
        current = state
        for question_id, value in found.items():
            current = current.with_answer(question_id, value)
        if question.kind in kinds or not holds(question.only_if, flow, current):
            continue
        value = _fact(question, text, now)
        if value is not None and not (known is not None and _vague(value)):
            found[question.id] = value
            if question.kind in BY_THEMSELVES:
                kinds.add(question.kind)  # one bank named answers one question
    return found


def _vague(value: Any) -> bool:
    """Tell a "just now", which a better time replaces."""
    return isinstance(value, dict) and bool(value.get("vague"))


def _fact(question: Question, text: str, now: datetime) -> Any:
    if question.pick_pattern:
        matched = re.search(question.pick_pattern, text, re.IGNORECASE)
        return matched.group(1).strip() if matched else None
    by_itself = question.kind in BY_THEMSELVES and question.pick_up is not False
    if not by_itself and not question.pick_up:
        return None
    return read(question, text, now, asked=False).value
