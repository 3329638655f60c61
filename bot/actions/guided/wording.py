"""Answers as people read them, and texts with answers put in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.actions import content
from bot.actions.guided import times
from bot.actions.guided.answers import options_of
from bot.actions.guided.flow import Flow, Question
from bot.actions.guided.state import State
from bot.actions.language import CHINESE, speaking, tr, translated


def said(question: Question, value: Any, now: datetime) -> str:
    """Return one answer as a person reads it."""
    if value in (None, "unknown", []):
        return tr(str(content.load("guided/guided")["unknown"]))
    if question.kind == "amount":
        return said_amount(value)
    if question.kind == "time":
        return said_time(value, now)
    if question.kind == "bank":
        return tr(str(value["name"]))
    titles = {option.id: option.title for option in options_of(question)}
    if question.kind == "choices":
        joiner = tr(content.load("guided/guided")["joiner"])
        return joiner.join(titles.get(one, one) for one in value)
    return titles.get(value, str(value))


def said_amount(value: Mapping[str, Any]) -> str:
    """Return a sum: 32000 -> 3.2万元, 1250 -> 1250元; a vague one in the person's words."""
    words: dict[str, str] = translated(content.load("guided/reading")["said"])
    if value["said"]:
        return words["yuan"].format(n=value["said"])
    yuan = float(value["yuan"])
    exact = yuan >= 10_000 and (yuan / 100).is_integer() and speaking() == CHINESE
    amount = words["wan"].format(n=f"{yuan / 10_000:g}") if exact else words["yuan"].format(n=_digits(yuan))
    return words["about"].format(amount=amount) if value["about"] else amount


def said_time(value: Mapping[str, Any], now: datetime) -> str:
    """Return a moment: 今天 15:00, 11月20日 15:00; without a clock when only the day is known."""
    words: dict[str, Any] = translated(content.load("guided/reading")["said"])
    at = datetime.fromtimestamp(value["at"], times.CHINA)
    back = (now.astimezone(times.CHINA).date() - at.date()).days
    day = words["days"].get(back) or words["date"].format(month=at.month, day=at.day)
    pattern = words["at"] if value["exact"] else words["around"]
    return str(pattern.format(day=day, clock=at.strftime("%H:%M")))


def reasons(flow: Flow, answers: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ``why`` of every chosen option, in the order of the questions."""
    chosen = (option for question in flow.questions for option in _chosen(question, answers))
    return tuple(option.why for option in chosen if option.why)


def score(flow: Flow, answers: Mapping[str, Any]) -> int:
    """Return the sum of the scores of all chosen options."""
    return sum(option.score for question in flow.questions for option in _chosen(question, answers))


def values(flow: Flow, state: State, now: datetime) -> dict[str, str]:
    """Return what may stand in braces, see flow.py."""
    told = {q.id: said(q, state.answers.get(q.id), now) for q in flow.questions}
    return {
        **told,
        "score": str(score(flow, state.answers)),
        "reasons": "\n".join(reasons(flow, state.answers)),
    }


def fill(text: str, known: Mapping[str, str]) -> str:
    """Return ``text`` with the values in its braces; a person's own braces in a value stay as they are."""
    return text.format_map(known) if "{" in text or "}" in text else text


def _chosen(question: Question, answers: Mapping[str, Any]) -> list[Any]:
    value = answers.get(question.id)
    ids = value if isinstance(value, list) else [value]
    return [option for option in question.options if option.id in ids]


def _digits(yuan: float) -> str:
    return f"{yuan:.2f}".rstrip("0").rstrip(".")
