"""Which question comes next, which answers still count, which end is reached."""

from __future__ import annotations

from bot.actions.guided.condition import Condition
from bot.actions.guided.flow import End, Flow, Question
from bot.actions.guided.state import State
from bot.actions.guided.wording import score


def holds(condition: Condition | None, flow: Flow, state: State) -> bool:
    """Tell whether all parts of ``condition`` hold; none always holds."""
    if condition is None:
        return True
    for question_id, wanted in condition.answers.items():
        value = state.answers.get(question_id)
        given = set(value if isinstance(value, list) else [value])
        if question_id in state.answers and value is None:
            given = {"unknown"}
        if not given & set(wanted):
            return False
    if any(state.answers.get(question_id) in (None, []) for question_id in condition.answered):
        return False
    return condition.at_least is None or score(flow, state.answers) >= condition.at_least


def next_question(flow: Flow, state: State) -> Question | None:
    """Return the first question that is open and makes sense, None when all are answered."""
    for question in flow.questions:
        if question.id not in state.answers and holds(question.only_if, flow, state):
            return question
    return None


def prune(flow: Flow, state: State) -> State:
    """Return the state without answers to questions that a correction made pointless."""
    for question in flow.questions:
        if question.id in state.answers and not holds(question.only_if, flow, state):
            return prune(flow, state.without(question.id))
    return state


def reached(flow: Flow, state: State, complete: bool) -> End | None:
    """Return the end that fits; the one without a condition only when all questions are answered."""
    fitting = (end for end in flow.ends if holds(end.when, flow, state))
    return next((end for end in fitting if complete or end.when is not None), None)
