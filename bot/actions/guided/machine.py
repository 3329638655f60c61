"""The conversation itself: one message in, the new state and at most two messages out. Pure: no Rasa, no clock."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.actions import content
from bot.actions.guided.answers import IMPOSSIBLE, impossible, options_of, read
from bot.actions.guided.commands import Correction, command_in, correction_in
from bot.actions.guided.conditions import next_question, prune, reached
from bot.actions.guided.facts import pick
from bot.actions.guided.flow import Flow, Question
from bot.actions.guided.outcome import conclude
from bot.actions.guided.present import end_says, opening_card, question_says, word
from bot.actions.guided.result import Say
from bot.actions.guided.state import State, moment
from bot.actions.guided.wording import fill, said, values
from bot.actions.language import tr

# So often the same question is asked before an optional one is passed over.
MOST_MISSES = 2
LONGEST_FIRST = 500  # characters kept of the message that began a conversation


@dataclass(frozen=True)
class Scene:
    """When and to whom it is said; ``context`` as in ``Told``."""

    now: datetime
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """The state after a message, what is said, and the flow to go on with (``then`` of an end)."""

    state: State
    says: tuple[Say, ...]
    then: str | None = None


def begin(
    flow: Flow, scene: Scene, text: str = "", given: Mapping[str, Any] | None = None, quiet: bool = False
) -> Step:
    """Return the first step; facts in ``text`` and the answers ``given`` by another flow are not asked again."""
    at = moment(scene.now)
    state = State(flow.id, at, at, first=text[:LONGEST_FIRST])
    for question_id, value in (given or {}).items():
        if flow.question(question_id):
            state = state.with_answer(question_id, value)
    state, notes = _noted(flow, state, pick(flow, state, text, scene.now) if text else {}, scene)
    opening = fill(flow.opening, values(flow, state, scene.now)) if flow.opening and not quiet else ""
    step = _advance(flow, state, scene, notes)
    leads_on = step.then is not None and not step.says
    if not opening or len(step.says) > 1 or leads_on:
        return step
    card = opening_card(flow, values(flow, state, scene.now))
    return replace(step, says=(Say(opening, (), card), *step.says))


def press(flow: Flow, state: State, question_id: str, option_id: str, scene: Scene) -> Step:
    """Return the step after a button; one of an earlier question changes that answer."""
    state = replace(state, touched=moment(scene.now))
    question = flow.question(question_id)
    known = question is not None and option_id in {option.id for option in options_of(question)}
    if question is None or not (known or option_id == "unknown"):
        return _again(flow, state, scene, [word("say", "gone")])
    if not known:
        return _skip(flow, replace(state, at=question_id, status="open"), scene)
    if reopened := _reopened(flow, state, question, option_id):
        return _advance(flow, reopened, scene)
    if question.kind == "choices":
        given = state.answers.get(question_id) if state.at == question_id else []
        chosen = [*(one for one in given or [] if one != option_id), option_id]
        state = replace(state.with_answer(question_id, chosen), at=question_id, status="open")
        option = question.option(option_id)
        if option is not None and option.alone:
            return _advance(flow, state.with_answer(question_id, [option_id]), scene)
        if option_id == "none" or len(chosen) == len(options_of(question)):
            return _advance(flow, state, scene)
        note = word("say", "chosen").format(chosen=said(question, chosen, scene.now))
        return Step(state, (replace(question_says(flow, state, question, scene.now), text=note),))
    changed = state.at != question_id and question_id in state.answers
    state = prune(flow, state.with_answer(question_id, option_id))
    notes = [_changed(question, option_id, scene)] if changed else []
    return _advance(flow, state, scene, [*notes, _after(flow, state, question, scene)])


def hear(flow: Flow, state: State, text: str, scene: Scene) -> Step:
    """Return the step after typed words: a command, a correction, an answer, facts, or none of them."""
    state = replace(state, touched=moment(scene.now))
    question = flow.question(state.at)
    command = command_in(text)
    if command == "leave" and question and question.options and read(question, text, scene.now).ok:
        command = None  # "关掉了", "停了" after "is it switched off?"
    if command and not (command in ("done", "resume") and not _choosing(state, question)):
        return command_step(flow, state, command, scene)
    correction = correction_in(flow, state, text, scene.now)
    if correction is not None:
        return _correct(flow, state, correction, scene)
    if question is None:
        return _again(flow, state, scene, [])
    found = read(question, text, scene.now)
    if found.trouble in IMPOSSIBLE:
        return _again(flow, state, scene, [word("say", found.trouble)], alone=True)
    # A fact may belong to a question that only this answer opens ("by my ICBC card": the way, and the bank).
    told = state.with_answer(question.id, found.value) if found.ok else state
    facts = {} if question.kind == "text" else pick(flow, told, text, scene.now, question)
    masked = re.search(content.load("guided/guided")["masked_kinds"], text)
    if not found.ok and not facts and masked:
        return _again(flow, state, scene, [word("say", "masked_no_answer")])
    if not found.ok and not facts:
        trouble = impossible(flow, text, scene.now) or found.trouble or "not_understood"
        return _missed(flow, state, question, trouble, scene)
    if not found.ok:
        state, notes = _noted(flow, state, facts, scene)
        return _advance(flow, state, scene, notes)
    if reopened := _reopened(flow, state, question, found.value):
        return _advance(flow, reopened, scene)
    state = prune(flow, state.with_answer(question.id, found.value))
    state, notes = _noted(flow, state, facts, scene)
    warned = [word("say", "masked")] if masked else []
    return _advance(flow, state, scene, [*warned, *notes, _after(flow, state, question, scene)])


def note(flow: Flow, state: State, text: str, scene: Scene, given: Mapping[str, Any]) -> Step:
    """Return the step after a pasted text: its facts and the answers ``given`` are kept, and the open question asked."""
    state = replace(state, touched=moment(scene.now))
    for question_id, value in given.items():
        state = prune(flow, state.with_answer(question_id, value))
    state, notes = _noted(flow, state, pick(flow, state, text, scene.now), scene)
    return _advance(flow, prune(flow, state), scene, notes)


def command_step(flow: Flow, state: State, command: str, scene: Scene) -> Step:
    """Return the step after a command, typed or pressed; one that means nothing here repeats the question."""
    question = flow.question(state.at)
    if command == "done" and question and question.id in state.answers:
        return _advance(flow, state, scene)
    if command == "skip":
        return _skip(flow, state, scene)
    if command == "back":
        return _back(flow, state, scene)
    if command == "restart":
        fresh = begin(flow, scene, quiet=True)
        return replace(fresh, says=_above(fresh.says, word("say", "restarted")))
    if command == "leave":
        return _leave(flow, state, scene)
    if command == "help" and question:
        return _again(flow, state, scene, [question.help or word("say", "no_help")])
    return _again(flow, state, scene, [])


def ask_again(flow: Flow, state: State, scene: Scene, before: Sequence[str] = ()) -> Step:
    """Return the open question once more, under ``before``; a finished flow gives its result again."""
    return _again(flow, state, scene, before)


def _advance(flow: Flow, state: State, scene: Scene, notes: Sequence[str] = ()) -> Step:
    question = next_question(flow, state)
    if question is not None:
        state = replace(state, at=question.id, status="open", misses=0)
        return Step(state, (question_says(flow, state, question, scene.now, notes),))
    return _finish(flow, replace(state, at=None, status="done"), scene, notes, complete=True)


def _finish(flow: Flow, state: State, scene: Scene, notes: Sequence[str], complete: bool) -> Step:
    end = reached(flow, state, complete)
    if end is None:
        says = conclude(flow, state, scene.now, scene.context, complete) if flow.outcome else []
        return Step(state, tuple(says))
    if end.then and not (end.text or end.card or end.guide):
        return Step(state, (), end.then)
    said_last = end_says(flow, state, end, scene.now, notes)
    return Step(state, (said_last,) if said_last.text or said_last.card else (), end.then)


def _again(flow: Flow, state: State, scene: Scene, before: Sequence[str], alone: bool = False) -> Step:
    question = flow.question(state.at)
    if question is None:
        return _advance(flow, state, scene, before)
    asked = question_says(flow, state, question, scene.now, before)
    return Step(state, (replace(asked, text=before[0]) if alone else asked,))


def _missed(flow: Flow, state: State, question: Question, trouble: str, scene: Scene) -> Step:
    if state.misses >= MOST_MISSES and question.optional:
        state = prune(flow, state.with_answer(question.id, None))
        return _advance(flow, state, scene, [word("say", "passed_over")])
    state = replace(state, misses=state.misses + 1)
    return _again(flow, state, scene, [word("say", trouble)])


def _skip(flow: Flow, state: State, scene: Scene) -> Step:
    question = flow.question(state.at)
    if question is None:
        return _again(flow, state, scene, [])
    if not question.optional:
        return _again(flow, state, scene, [word("say", "must_answer")])
    unknown = question.option("unknown")
    if unknown is not None:
        return press(flow, state, question.id, unknown.id, scene)
    return _advance(flow, prune(flow, state.with_answer(question.id, None)), scene)


def _back(flow: Flow, state: State, scene: Scene) -> Step:
    before = [one for one in state.trail if one != state.at]
    if not before:
        return _again(flow, state, scene, [word("say", "nothing_before")])
    state = prune(flow, state.without(before[-1], *([state.at] if state.at else [])))
    question = flow.question(before[-1])
    assert question is not None
    state = replace(state, at=question.id, status="open", misses=0)
    return Step(state, (question_says(flow, state, question, scene.now),))


def _leave(flow: Flow, state: State, scene: Scene) -> Step:
    result = _finish(flow, state, scene, [], complete=False)
    left = replace(state, status="left")
    if len(result.says) > 1:  # an outcome says itself how to go on
        return Step(left, result.says[:2])
    return Step(left, (*result.says, Say(word("say", "left"))))


def _reopened(flow: Flow, state: State, question: Question, value: Any) -> State | None:
    """Return the state with an earlier question and all that followed it open again, if the option says so."""
    option = question.option(value) if isinstance(value, str) else None
    if option is None or option.reopens is None:
        return None
    order = [one.id for one in flow.questions]
    return state.without(*order[order.index(option.reopens) :])


def _correct(flow: Flow, state: State, correction: Correction, scene: Scene) -> Step:
    question, value = correction.question, correction.value
    if value is None:
        state = replace(state.without(question.id), at=question.id, status="open", misses=0)
        before = [word("say", correction.trouble)] if correction.trouble else []
        return _again(flow, state, scene, before, alone=bool(before))
    state = prune(flow, state.with_answer(question.id, value))
    return _advance(flow, state, scene, [_changed(question, value, scene)])


def _noted(flow: Flow, state: State, facts: Mapping[str, Any], scene: Scene) -> tuple[State, list[str]]:
    lines = []
    for question_id, value in facts.items():
        question = flow.question(question_id)
        if question is not None:
            state = state.with_answer(question_id, value)
            lines.append(f"{question.name} {said(question, value, scene.now)}")
    joiner = tr(content.load("guided/guided")["joiner"])
    return state, [word("say", "noted").format(facts=joiner.join(lines))] if lines else []


def _after(flow: Flow, state: State, question: Question, scene: Scene) -> str:
    value = state.answers.get(question.id)
    line = next((question.say_after[one] for one in _ids(value) if one in question.say_after), "")
    return fill(line, values(flow, state, scene.now))


def _changed(question: Question, value: Any, scene: Scene) -> str:
    return word("say", "changed").format(name=question.name, said=said(question, value, scene.now))


def _choosing(state: State, question: Question | None) -> bool:
    return question is not None and question.kind == "choices" and bool(state.answers.get(question.id))


def _ids(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _above(says: tuple[Say, ...], line: str) -> tuple[Say, ...]:
    return (replace(says[0], text=f"{line}\n{says[0].text}"), *says[1:]) if says else (Say(line),)
