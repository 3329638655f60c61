"""Calls the function that computes a flow's result."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.actions.guided import times
from bot.actions.guided.flow import Flow, FlowError
from bot.actions.guided.result import Say, Told
from bot.actions.guided.state import State
from bot.actions.guided.wording import reasons, score, values


def told_of(flow: Flow, state: State, now: datetime, context: Mapping[str, Any], complete: bool) -> Told:
    """Return what the person told, as an outcome function gets it."""
    known = values(flow, state, now)
    return Told(
        flow=flow.id,
        answers=dict(state.answers),
        said={question.id: known[question.id] for question in flow.questions},
        score=score(flow, state.answers),
        reasons=reasons(flow, state.answers),
        began=datetime.fromtimestamp(state.began, times.CHINA),
        now=now,
        complete=complete,
        first=state.first,
        context=context,
    )


def conclude(
    flow: Flow, state: State, now: datetime, context: Mapping[str, Any], complete: bool
) -> list[Say]:
    """Return the messages of ``bot/actions/outcomes/<outcome>.py``. Raises ``FlowError`` when it is not there."""
    try:
        module = importlib.import_module(f"bot.actions.outcomes.{flow.outcome}")
    except ModuleNotFoundError as error:
        raise FlowError(f"{flow.id}: no outcome {flow.outcome!r}") from error
    messages: list[Say] = module.conclude(told_of(flow, state, now, context, complete))
    return messages
