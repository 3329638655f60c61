"""Answers an intent with the guide that fits it: reporting, learning, verifying, hotlines, comfort."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.guide_card import contact_cards, guide_card, guide_text
from bot.actions.language import CHINESE, language_of, speak, tr, translated
from bot.actions.message import asks_first, intent_of, typed_text
from bot.actions.reply import leave_form, lines, say
from bot.actions.verdict_reply import ask_about_losses
from knowledge_base import contacts, guides


def choose(intent: str, text: str) -> dict[str, str]:
    """Return the topic of guides.yml for an intent and the words typed with it."""
    topics: list[dict[str, str]] = content.load("guides")["intents"].get(intent) or [{"guide": ""}]
    for topic in topics:
        if "words" in topic and text and re.search(topic["words"], text.lower()):
            return topic
    return topics[-1]


def buttons_after(intent: str) -> list[dict[str, str]]:
    """Return the buttons that follow the guide of an intent."""
    table: dict[str, list[dict[str, str]]] = content.load("guides")["buttons"]
    return table.get(intent) or table["other"]


def show(dispatcher: CollectingDispatcher, intent: str, text: str, opening: str | None = None) -> None:
    """Send the guide for an intent, or the two hotlines when the knowledge base lacks it."""
    topic = choose(intent, text)
    guide = guides.load().get(topic["guide"])
    if guide is None:
        say(dispatcher, content.load("guides")["missing"], buttons_after(intent))
        return
    summary = guide_text(guide, opening or topic.get("text"))
    # Where operators are there, the gateway queues the person for one and says so in the place of this guide.
    command = {"command": "handover"} if intent == "human" else None
    say(dispatcher, summary, buttons_after(intent), guide_card(guide, contacts.load()), command)


def show_hotlines(dispatcher: CollectingDispatcher, text: str) -> None:
    """Send the list of hotlines; a bank or number named in the text comes first."""
    words = translated(content.load("guides")["hotlines"])
    book = contacts.load()
    named = [
        record
        for record in book.records
        if record.show and record.number and any(name in text for name in (record.number, *record.bank_names))
    ]
    first = [
        words["named"].format(name=tr(r.name), number=r.number, purpose=tr(r.purpose)) for r in named[:1]
    ]
    card: dict[str, Any] = {
        "kind": "guide",
        "next": [],
        **{k: words[k] for k in ("title", "first_line", "steps", "dont")},
    }
    ids = dict.fromkeys([*(record.id for record in named[:2]), *words["contacts"]])
    card["contacts"] = contact_cards(ids, book)
    say(dispatcher, lines([*first, words["first_line"], *words["steps"]]), buttons_after("other"), card)


class ActionShowGuide(Action):  # type: ignore[misc]
    """One action for all flows whose answer is a guide."""

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_show_guide"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send the guide and close the questions, if they were open."""
        intent, text = intent_of(tracker), typed_text(tracker)
        if asks_first(tracker):
            ask_about_losses(dispatcher)
        if intent == "ask_hotline":
            with speak(language_of(text, str(tracker.get_slot("language") or CHINESE))):
                show_hotlines(dispatcher, text)
        else:
            show(dispatcher, intent, text)
        return leave_form(tracker)
