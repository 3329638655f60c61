"""The 110 card: a text to read aloud, the own bank's number, evidence, what follows, what not to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.actions import content
from bot.actions.guide_card import contact_cards
from bot.actions.guided import flow as flows
from bot.actions.guided import times
from bot.actions.guided.result import Say, Told
from bot.actions.guided.wording import said
from bot.actions.language import CHINESE, speak, speaking, translated
from bot.actions.reply import lines
from knowledge_base import contacts

PARTS = ("when", "amount", "how", "payee", "order", "contact")
LONGEST_PART = 48  # characters of one free answer that are read aloud; the card's list has all of it


def conclude(told: Told) -> list[Say]:
    """Return the card with a short text, then the offer to ask again tomorrow."""
    words: dict[str, Any] = translated(content.load("outcomes/stop_payment"))
    card = card_110(told, words)
    calls = [_call(contact, words) for contact in card["contacts"][1:3]]
    called = words["text_calls"].format(calls=words["joiner"].join(calls)) if calls else words["bank_unknown"]
    text = lines([words["text"].format(title=words["title"], read=read_aloud(told, words)), called])
    after = words["after"] if told.complete else lines([words["after"], words["after_left"]])
    return [Say(text, (), card), Say(after, words["after_buttons"])]


def card_110(told: Told, words: dict[str, Any]) -> dict[str, Any]:
    """Return the card; personal data in it are placeholders that the gateway turns back for their owner."""
    how = str(told.answers.get("how") or "unknown")
    moment = told.answers.get("when") or {}
    bank, by_bank = (told.answers.get("bank") or {}).get("contact"), how in words["by_bank"]
    card: dict[str, Any] = {
        "kind": "card_110",
        "title": words["title"],
        "first_line": words["first_line"],
        "read": _both(told, words),
        "bank_read": bank_read(told, words),
        "timer": _timer(moment, told.now, words),
        "facts": _facts(told),
        "contacts": _contacts(told, how, words),
        "bank_unknown": words["bank_unknown"] if by_bank and not bank else "",
        "way": words["ways"].get(how, ""),
        "evidence": [*words["evidence"].get(how, []), *words["evidence"]["always"]],
        "next": words["next"],
        "dont": words["dont"],
        "headings": words["headings"],
    }
    card["copy"] = copy_text(card, words)
    return card


def _both(told: Told, words: dict[str, Any]) -> str:
    """Return what to read; under the English one stands the Chinese one, to be shown."""
    if speaking() == CHINESE:
        return read_aloud(told, words)
    with speak(CHINESE):
        original: dict[str, Any] = content.load("outcomes/stop_payment")
        shown = read_aloud(_chinese(told), original)
    return f"{read_aloud(told, words)}\n{shown}"


def _chinese(told: Told) -> Told:
    """Return the same with the answers said in Chinese."""
    flow = flows.load()[told.flow]
    return replace(told, said={q.id: said(q, told.answers.get(q.id), told.now) for q in flow.questions})


def read_aloud(told: Told, words: dict[str, Any]) -> str:
    """Return what to say to 110, at most 240 characters: one breath of facts, no sentence for what is not known."""
    spoken, parts = words["read"], []
    for name in PARTS:
        if not told.known(name):
            continue
        part = spoken[name].format(**{name: _short(told.said[name])})
        if name == "how":
            bank = spoken["bank"].format(bank=told.said["bank"]) if told.known("bank") else ""
            part = f"{part}{bank}{spoken['stop']}"
        parts.append(part)
    kept, room = [], spoken["longest"] - len(spoken["start"]) - len(spoken["end"])
    for part in parts:
        if len(part) <= room:
            kept.append(part)
            room -= len(part)
    return f"{spoken['start']}{''.join(kept)}{spoken['end']}"


def bank_read(told: Told, words: dict[str, Any]) -> str:
    """Return what to say to the own bank or payment company."""
    when = told.said["when"] if told.known("when") else words["unknown_when"]
    amount = told.said["amount"] if told.known("amount") else words["unknown_amount"]
    return str(words["bank_read"].format(when=when, amount=amount))


def passed(seconds: float, words: dict[str, Any]) -> str:
    """Return how long ago in words: minutes up to two hours, hours up to two days, then days."""
    minutes = max(0, int(seconds // 60))
    table: dict[str, str] = words["timer_words"]
    if minutes < 120:
        return table["minutes"].format(n=minutes)
    if minutes < 2 * 24 * 60:
        return table["hours"].format(n=minutes // 60, m=minutes % 60)
    return table["days"].format(n=minutes // (24 * 60))


def copy_text(card: dict[str, Any], words: dict[str, Any]) -> str:
    """Return the whole card as plain text to copy or forward."""
    heads: dict[str, str] = words["copy_headings"]
    calls = [
        words["call"].format(name=c["name"], number=c["number"]) for c in card["contacts"] if c["number"]
    ]
    blocks = [
        (heads["read"], [card["read"]]),
        (heads["bank"], [card["bank_read"]]),
        (heads["calls"], [words["joiner"].join(calls)]),
        (heads["evidence"], card["evidence"]),
        (heads["next"], card["next"]),
        (heads["dont"], card["dont"]),
    ]
    return "\n".join("\n".join([head, *body]) for head, body in blocks)


def _timer(moment: dict[str, Any], now: datetime, words: dict[str, Any]) -> dict[str, Any] | None:
    """Return when the money left and the sentence; the page counts on from ``at``. None when only the day is known."""
    if not moment or not moment["exact"]:
        return None
    gone = now - datetime.fromtimestamp(moment["at"], times.CHINA)
    text = words["timer"].format(passed=passed(gone.total_seconds(), words))
    return {"at": moment["at"], "text": text, "pattern": words["timer"], "words": words["timer_words"]}


def _facts(told: Told) -> list[dict[str, Any]]:
    """Return every known answer whole, under its question's name; ``own``: the person's own words."""
    flow = flows.load()[told.flow]
    return [
        {"name": q.name, "value": told.said[q.id], "own": q.kind == "text"}
        for q in flow.questions
        if told.known(q.id)
    ]


def _contacts(told: Told, how: str, words: dict[str, Any]) -> list[dict[str, str]]:
    bank = (told.answers.get("bank") or {}).get("contact")
    ids = [*words["contacts"]["always"], *([bank] if bank else []), *words["contacts"].get(how, [])]
    return contact_cards(dict.fromkeys(ids), contacts.load())


def _call(contact: dict[str, str], words: dict[str, Any]) -> str:
    """Return name and number; many names end with their number already."""
    if contact["number"] in contact["name"]:
        return contact["name"]
    return str(words["call"].format(**contact))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_PART else text[: LONGEST_PART - 1] + "…"
