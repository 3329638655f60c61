"""Is a message the answer to the open question, something in between, or a wish to go elsewhere? Pure."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from bot.actions import content
from bot.actions.guided import flow as flows
from bot.actions.guided.answers import read
from bot.actions.guided.commands import command_in, correction_in
from bot.actions.guided.facts import pick
from bot.actions.guided.flow import Flow, Question
from bot.actions.guided.numbers import plain
from bot.actions.guided.state import State


class Heard(StrEnum):
    """Where a message belongs: to the conversation, beside it, or away from it."""

    ANSWER = "answer"
    ASIDE = "aside"
    ELSEWHERE = "elsewhere"


def weigh(state: State, text: str, intent: str, confidence: float, now: datetime) -> Heard:
    """Return where typed ``text`` belongs; ``intent`` and ``confidence`` (0..1) are the dialogue engine's."""
    words = content.load("guided/hearing")
    flow = flows.load()[state.flow]
    if intent in words["always_elsewhere"]:
        return Heard.ELSEWHERE
    if state.at is None:  # the result was given: it may still be corrected or wanted again
        corrected = command_in(text) in ("back", "again", "restart") or correction_in(flow, state, text, now)
        return Heard.ANSWER if corrected else Heard.ELSEWHERE
    if command_in(text):
        return Heard.ANSWER
    if intent in words["emergencies"] and intent not in flow.absorbs:
        return Heard.ELSEWHERE
    if re.search(words["pasted"], plain(text)):
        return Heard.ASIDE
    if _answers(flow, state, text, now):
        return Heard.ANSWER
    other = intent in words["elsewhere"] or any(intent in one.starts_on for one in flows.load().values())
    question = flow.question(state.at)
    tale = question is not None and question.kind == "text" and intent in words["tales"]
    if other and not tale and intent not in flow.starts_on and confidence >= words["sure"]:
        return Heard.ELSEWHERE
    asked_back = bool(re.search(content.load("guided/guided")["asks_back"], plain(text)))
    if question is not None and question.kind == "text" and not asked_back:
        return Heard.ANSWER
    too_long = len(text) > words["longest_answer"]
    if intent in words["asides"] and (asked_back or too_long or intent == "learn"):
        return Heard.ASIDE
    return Heard.ANSWER


def _answers(flow: Flow, state: State, text: str, now: datetime) -> bool:
    """Tell whether the words say something that the conversation asks for."""
    question = flow.question(state.at)
    if correction_in(flow, state, text, now):
        return True
    if question is None or len(text) > content.load("guided/hearing")["longest_answer"]:
        return bool(pick(flow, state, text, now)) and not _asks(text)
    if _asks(text) and question.kind in ("text", "bank"):
        return False
    if question.kind == "bank":
        return _known_bank(question, text, now)
    if question.kind == "text":
        return False  # anything may be; what the intent says decides first
    return (read(question, text, now).ok and not _asks(text)) or bool(pick(flow, state, text, now, question))


def _known_bank(question: Question, text: str, now: datetime) -> bool:
    return read(question, text, now, asked=False).ok


def _asks(text: str) -> bool:
    return bool(re.search(content.load("guided/guided")["asks_back"], plain(text)))
