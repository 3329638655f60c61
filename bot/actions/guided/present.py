"""A question as a message with its buttons; an end as a message with its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.actions import content
from bot.actions.guide_card import contact_cards, guide_card
from bot.actions.guided.answers import options_of
from bot.actions.guided.flow import COMMAND, LONGEST_TEXT, MOST_BUTTONS, Card, End, Flow, Question
from bot.actions.guided.result import Say
from bot.actions.guided.state import State
from bot.actions.guided.wording import fill, values
from bot.actions.language import tr
from knowledge_base import contacts, guides


def payload(flow_id: str, question_id: str, option_id: str) -> str:
    """Return what a button of a guided conversation sends; channels/payloads.py bounds its shape."""
    return f'/answer{{"guided_answer":"{flow_id}:{question_id}:{option_id}"}}'


def command_button(flow_id: str, command: str) -> dict[str, str]:
    """Return the button for a command such as ``resume``; its title is in guided.yml."""
    return {"title": word("titles", command), "payload": payload(flow_id, COMMAND, command)}


def word(group: str, key: str) -> str:
    """Return one sentence or title of guided.yml."""
    return tr(str(content.load("guided/guided")[group][key]))


def question_says(
    flow: Flow, state: State, question: Question, now: datetime, before: Sequence[str] = ()
) -> Say:
    """Return the question; ``before`` are short lines said above it in the same message."""
    known = values(flow, state, now)
    ask = fill(question.ask, known)
    return Say(_lines([*before, ask], keep=ask), buttons(flow, state, question))


def buttons(flow: Flow, state: State, question: Question) -> list[dict[str, str]]:
    """Return the options still to choose, and the way past the question."""
    given = state.answers.get(question.id)
    chosen = given if isinstance(given, list) else []
    shown = [
        {"title": option.title, "payload": payload(flow.id, question.id, option.id)}
        for option in options_of(question)
        if option.id not in chosen
    ]
    if chosen:
        return [*shown[: MOST_BUTTONS - 1], command_button(flow.id, "done")]
    has_unknown = question.option("unknown") or question.option("none")
    if question.optional and len(shown) < MOST_BUTTONS and not has_unknown:
        past = {"title": word("titles", "unknown"), "payload": payload(flow.id, question.id, "unknown")}
        shown.append(past)
    return shown


def end_says(flow: Flow, state: State, end: End, now: datetime, before: Sequence[str] = ()) -> Say:
    """Return the end's text, buttons and card with the answers put in."""
    known = values(flow, state, now)
    text = fill(end.text, known)
    card = card_of(end.card, known) if end.card else None
    if end.guide:
        card = guide_card(guides.load()[end.guide], contacts.load())
    if card and text:
        # The page leaves out a text that its card repeats; an end's text says more than its card.
        card["with_text"] = True
    return Say(_lines([*before, text], keep=text), [b.model_dump() for b in end.buttons], card)


def opening_card(flow: Flow, known: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the card of the first message, None when the flow has none."""
    guide = guides.load().get(flow.opening_guide or "")
    if flow.opening_card:
        return card_of(flow.opening_card, known)
    return guide_card(guide, contacts.load()) if guide else None


def card_of(card: Card, known: Mapping[str, str]) -> dict[str, Any]:
    """Return a guide card with the answers put in and the numbers looked up."""

    def items(raw: Sequence[str]) -> list[str]:
        lines: list[str] = []
        for item in raw:
            lines += known["reasons"].split("\n") if item == "{reasons}" else [fill(item, known)]
        return [line for line in lines if line]

    return {
        "kind": card.kind,
        "headings": dict(card.headings),
        "title": fill(card.title, known),
        "first_line": fill(card.first_line, known),
        "steps": items(card.steps),
        "dont": items(card.dont),
        "next": items(card.next),
        "contacts": contact_cards(card.contacts, contacts.load()),
    }


def _lines(parts: Sequence[str], keep: str) -> str:
    """Join the lines; what does not fit beside ``keep`` is left out, the last remark first."""
    room = LONGEST_TEXT - len(keep)
    kept: list[str] = []
    for part in parts:
        if part and part is not keep and len(part) + 1 <= room:
            kept.append(part)
            room -= len(part) + 1
    return "\n".join([*kept, keep] if keep else kept)[:LONGEST_TEXT]
