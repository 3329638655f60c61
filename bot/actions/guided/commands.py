"""What people say *about* the conversation: skip, back, repeat, leave, correct an earlier answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.actions import content
from bot.actions.guided.answers import IMPOSSIBLE, read
from bot.actions.guided.flow import Flow, Question
from bot.actions.guided.numbers import plain
from bot.actions.guided.state import State


@dataclass(frozen=True)
class Correction:
    """An earlier answer to change; ``value`` is None when it has to be asked again, for ``trouble`` perhaps."""

    question: Question
    value: Any = None
    trouble: str | None = None


def command_in(text: str) -> str | None:
    """Return the command that the whole text is, a key of ``commands`` in guided.yml, else None."""
    seen = plain(text).strip()
    table: dict[str, str] = content.load("guided/guided")["commands"]
    return next((name for name, pattern in table.items() if re.search(pattern, seen)), None)


def correction_in(flow: Flow, state: State, text: str, now: datetime) -> Correction | None:
    """Return the correction of an earlier answer that the text asks for, if any."""
    seen = plain(text)
    mark = re.search(content.load("guided/guided")["correction"], seen)
    if mark is None:
        return None
    for question in flow.questions:
        named = question.words and re.search(question.words, seen)
        if named and question.id in state.answers and question.id != state.at:
            after = seen[max(mark.end(), named.end()) :]
            rest = re.sub(content.load("guided/guided")["correction_fill"], "", after)
            whole = question.kind in ("amount", "time", "bank")
            found = read(question, text if whole else rest, now, asked=not whole or question.kind == "amount")
            told = found.ok and (whole or bool(rest))
            value = found.value if told and question.kind != "text" else None
            return Correction(question, value, found.trouble if found.trouble in IMPOSSIBLE else None)
    # "不对，是五万": nothing named, so it is about the last answer, if it can be read as one.
    last = flow.question(state.trail[-1]) if state.trail else None
    opened = flow.question(state.at)
    if last is None or mark.start() > 1 or (opened and opened.kind == last.kind):
        return None
    found = read(last, text[mark.end() :], now, asked=False)
    return Correction(last, found.value) if found.ok and last.kind != "text" else None
