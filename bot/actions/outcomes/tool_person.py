"""The self-test "have I become a tool of swindlers": which answers count, what the law says, the way out."""

from __future__ import annotations

from typing import Any

from bot.actions import content
from bot.actions.guide_card import contact_cards
from bot.actions.guided.result import Say, Told
from knowledge_base import contacts

# In the order of the questions; each has its line of law in tool_person.yml.
DEEDS = ("lent", "moved", "accounts", "leads", "device")


def conclude(told: Told) -> list[Say]:
    """Return the result: reasons, law and way out; left before anything was said, nothing."""
    words: dict[str, Any] = content.load("outcomes/tool_person")
    done = [deed for deed in DEEDS if told.answers.get(deed) == "yes_did"]
    if done:
        text = words["found"].format(count=len(told.reasons), reasons="\n".join(told.reasons))
        return [Say(text, words["buttons"], card(told, done))]
    if not told.complete:
        return []
    if "asked" in (told.answers.get("lent"), told.answers.get("moved")):
        return [Say(words["offered"], words["buttons"])]
    unsure = any(not told.known(deed) for deed in DEEDS)
    return [Say(words["unsure" if unsure else "none"], words["buttons"][1:])]


def card(told: Told, done: list[str]) -> dict[str, Any]:
    """Return the guide card: the way out first, the law after it."""
    words: dict[str, Any] = content.load("outcomes/tool_person")
    law = list(dict.fromkeys(words["law"][deed] for deed in done))
    lasting = [words["doubt"]] if told.answers.get("doubt") == "still" else []
    fined = [words["penalty"], words["discipline"]] if {"lent", "accounts"} & set(done) else []
    return {
        "kind": "guide",
        "with_text": True,  # the text has the reasons, the card the way out and the law
        "title": words["title"],
        "first_line": words["found_first_line"],
        "steps": list(words["steps"]),
        "dont": list(words["dont"]),
        "next": [*lasting, *law, *fined, words["lenient"]],
        "contacts": contact_cards(words["contacts"], contacts.load()),
    }
