"""Is a message the answer to the open question, something in between, or a wish to go elsewhere? Pure."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from bot.actions import content
from bot.actions.guided import flow as flows
from bot.actions.guided.answers import options_of, read
from bot.actions.guided.commands import command_in, correction_in
from bot.actions.guided.facts import BY_THEMSELVES, pick
from bot.actions.guided.flow import Flow, Question
from bot.actions.guided.numbers import plain
from bot.actions.guided.state import State


class Heard(StrEnum):
    """Where a message belongs: to the conversation, beside it, or away from it."""

    ANSWER = "answer"
    ASIDE = "aside"
    ELSEWHERE = "elsewhere"
    TOLD = "told"  # a pasted text that the conversation is about: judged, and its facts kept


def weigh(state: State, text: str, intent: str, confidence: float, now: datetime) -> Heard:
    """Return where typed ``text`` belongs; ``intent`` and ``confidence`` (0..1) are the dialogue engine's."""
    words = content.load("guided/hearing")
    flow = flows.load()[state.flow]
    if intent in words["always_elsewhere"]:
        return Heard.ELSEWHERE
    if state.at is None:  # the result was given: it may still be corrected or wanted again
        corrected = command_in(text) in ("back", "again", "restart") or correction_in(flow, state, text, now)
        return Heard.ANSWER if corrected else Heard.ELSEWHERE
    if command_in(text) or only_masked(text):
        return Heard.ANSWER
    if (
        intent in words["emergencies"]
        and intent not in flow.absorbs
        and not (flow.matter and re.search(flow.matter, plain(text)))
        and not _bare_answer(flow, state, text, now)
    ):
        return Heard.ELSEWHERE
    if re.search(words["pasted"], plain(text)):
        return Heard.TOLD if flow.pasted else Heard.ASIDE
    if flow.pasted and len(text) > words["longest_answer"] and intent in words["asides"] and not _asks(text):
        return Heard.TOLD
    if is_general_question(text) and (intent in words["asides"] or intent in flow.starts_on):
        return Heard.ASIDE
    question = flow.question(state.at)
    # The lines of a picture, or of a chat copied whole; a name is asked for with a pattern, a tale is not.
    lines = intent == "paste" and text.strip().count("\n") >= words["lines_of_a_picture"]
    if lines and len(text) > words["longest_answer"] and question is not None and question.pick_pattern:
        return Heard.ASIDE
    if _answers(flow, state, text, now):
        return Heard.ANSWER
    other = intent in words["elsewhere"] or any(intent in one.starts_on for one in flows.load().values())
    tale = question is not None and question.kind == "text" and intent in words["tales"]
    if other and not tale and intent not in flow.starts_on and confidence >= words["sure"]:
        return Heard.ELSEWHERE
    asked_back = bool(re.search(content.load("guided/guided")["asks_back"], plain(text)))
    if question is not None and question.kind == "text" and not asked_back:
        return Heard.ANSWER
    too_long = lines or len(text) > words["longest_answer"]
    if intent in words["asides"] and (asked_back or too_long or intent == "learn"):
        return Heard.ASIDE
    return Heard.ANSWER


def only_masked(text: str) -> bool:
    """Tell whether the message is nothing but numbers that were masked: a card or identity number, pasted."""
    words = content.load("guided/guided")
    rest = re.sub(words["masked_kinds"] + "[^>]*>", "", text)
    return rest != text and not re.sub(words["around_masked"], "", rest)


def is_general_question(text: str) -> bool:
    """Tell whether the words ask something about nobody in particular."""
    words = content.load("guided/hearing")
    return (
        _asks(text)
        and len(text) >= words["shortest_question"]
        and bool(re.search(words["general"], plain(text)))
    )


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
    # "He says he is from the police, is that true?" answers who he is; a question about nobody does not.
    asks = is_general_question(text) if question.kind in ("choice", "choices") else _asks(text)
    return (read(question, text, now).ok and not asks) or bool(pick(flow, state, text, now, question))


def _bare_answer(flow: Flow, state: State, text: str, now: datetime) -> bool:
    """Tell whether the whole message is an answer: "half an hour ago", a sum, a bank, a button's title."""
    question, words = flow.question(state.at), content.load("guided/hearing")
    more = re.search(words["more_than_bare"], plain(text))
    if question is None or len(text) > words["longest_answer"]:
        return False
    if correction_in(flow, state, text, now) and not more:  # "the way of paying was wrong, it was Alipay"
        return True
    if len(text) > words["bare_answer"]:
        return False
    # How the money went, when it is known already that it went.
    if flow.absorbs and question.kind == "choice" and read(question, text, now).ok and not more:
        return True
    if plain(text).strip() in {plain(option.title).strip() for option in options_of(question)}:
        return True
    facts = (
        {question.id, *pick(flow, state, text, now)}
        if read(question, text, now).ok
        else pick(flow, state, text, now)
    )
    kinds = {one.kind for one in flow.questions if one.id in facts}
    return bool(kinds & set(BY_THEMSELVES)) and not more


def _known_bank(question: Question, text: str, now: datetime) -> bool:
    return read(question, text, now, asked=False).ok


def _asks(text: str) -> bool:
    return bool(re.search(content.load("guided/guided")["asks_back"], plain(text)))
