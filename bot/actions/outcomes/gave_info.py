"""What to do about the things given away: freeze, change, look up, in the order of danger."""

from __future__ import annotations

from typing import Any

from bot.actions import content
from bot.actions.guide_card import contact_cards
from bot.actions.guided.result import Say, Told
from bot.actions.language import translated
from bot.actions.reply import lines
from knowledge_base import contacts

STEPS_IN_TEXT = 4


def conclude(told: Told) -> list[Say]:
    """Return one message with the steps that fit, and the card with all of them."""
    words: dict[str, Any] = translated(content.load("outcomes/gave_info"))
    given = told.answers.get("what") or []
    bank = told.answers.get("bank") or {}
    steps = [step.format(bank=_bank(bank, words)) for key, step in words["steps"].items() if key in given]
    steps = steps or [words["nothing"]]
    ids = [bank["contact"]] if bank.get("contact") else []
    ids += [one for key, looked in words["lookups"].items() if key in given for one in looked]
    card = {
        "kind": "guide",
        "title": words["title"],
        "first_line": words["first_line"],
        "steps": steps,
        "dont": words["dont"],
        "next": words["next"],
        "contacts": contact_cards(
            dict.fromkeys([*words["contacts"][:1], *ids, *words["contacts"][1:]]), contacts.load()
        ),
    }
    numbered = lines(f"{number}. {step}" for number, step in enumerate(steps[:STEPS_IN_TEXT], 1))
    return [Say(words["first"].format(steps=numbered), words["buttons"], card)]


def _bank(bank: dict[str, Any], words: dict[str, Any]) -> str:
    if not bank.get("contact"):
        return str(words["bank_unknown"])
    record = contacts.load().by_id(bank["contact"])
    return str(words["bank_known"].format(name=bank["name"], number=record.number))
