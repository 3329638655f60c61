"""A guide of the knowledge base as a card, and as a few lines for channels without cards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.actions.language import tr
from bot.actions.reply import lines
from knowledge_base import contacts as contacts_file
from knowledge_base.contacts import Contacts
from knowledge_base.guides import Guide

# A card shows this many steps in its short text; the rest is on the card.
STEPS_IN_TEXT = 4


def contact_cards(ids: Iterable[str], contacts: Contacts) -> list[dict[str, str]]:
    """Return number, name and purpose of the listed channels, without unknown and unconfirmed ones."""
    cards = []
    for contact_id in ids:
        try:
            found = contacts.by_id(contact_id)
        except KeyError:
            continue
        if found.show and (found.number or found.domain or found.name):
            cards.append({"number": found.number or "", "name": tr(found.name), "purpose": tr(found.purpose)})
    return cards


def guide_card(guide: Guide, contacts: Contacts) -> dict[str, Any]:
    """Return the card of one guide."""
    return {
        "kind": "guide",
        "title": guide.title,
        "first_line": guide.first_line,
        "steps": list(guide.steps),
        "contacts": contact_cards(guide.contacts, contacts),
        "dont": list(guide.dont),
        "next": list(guide.next),
    }


def sheet(
    title: str,
    first_line: str,
    steps: Iterable[str],
    contact_ids: Iterable[str] = (),
    dont: Iterable[str] = (),
    after: Iterable[str] = (),
) -> dict[str, Any]:
    """Return a guide's card made up for one person; the page shows the message's text above it."""
    cards = contact_cards(dict.fromkeys(contact_ids), contacts_file.load())
    return {
        "kind": "guide",
        "title": title,
        "first_line": first_line,
        "steps": list(steps),
        "contacts": cards,
        "dont": list(dont),
        "next": list(after),
        "with_text": True,
    }


def to_copy(title: str, lines_: Iterable[str], time: str = "") -> dict[str, Any]:
    """Return a card of kind ``proof``: lines to copy whole or to keep as a picture."""
    return {"kind": "proof", "title": title, "time": time, "lines": list(lines_)}


def guide_text(guide: Guide, opening: str | None = None, instead: bool = False) -> str:
    """Return the guide in at most 300 characters; ``instead``: the opening replaces its first line."""
    numbered = [f"{number}. {step}" for number, step in enumerate(guide.steps[:STEPS_IN_TEXT], 1)]
    return lines([opening, None if instead else guide.first_line, *numbered])
