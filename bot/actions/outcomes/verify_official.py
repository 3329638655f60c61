"""Is this officer, bank, courier … real? Never by caller id: by what they want, and by one's own dialling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.actions import content
from bot.actions.guide_card import sheet
from bot.actions.guided.result import Say, Told
from bot.actions.reply import lines


def conclude(told: Told) -> list[Say]:
    """Return one message and card: stop or stay calm, verify this way, what the true one never does."""
    words: dict[str, Any] = content.load("outcomes/verify_official")
    who = words["who"][told.answers.get("who") or "unknown"]
    asks = [one for one in told.answers.get("asks") or () if one in words["red"]]
    red = [words["red"][one] for one in asks]
    way = words["how"].get(told.answers.get("how"))
    card = sheet(
        words["card_title"].format(who=who["name"]),
        who["steps"][0],
        [*red, *([way] if way else []), *who["steps"][1:], words["paid_line"]],
        [*_own_bank(told), *who["contacts"]],
        words["dont"],
        [*who["never"], who["true_visit"]],
    )
    return [Say(lines([_finding(asks, who["name"], words), who["steps"][0], way]), words["buttons"], card)]


def _finding(asks: list[str], name: str, words: Mapping[str, Any]) -> str:
    """Return the first sentence: hard demands mean stop, others mean verify first, none means stay calm."""
    hard = [one for one in asks if one in words["hard"]]
    if hard:
        return str(words["text"]["hard"].format(what=words["demands"][hard[0]], who=name))
    return str(words["text"]["soft" if asks else "calm"])


def _own_bank(told: Told) -> list[str]:
    bank = told.answers.get("bank") or {}
    return [bank["contact"]] if bank.get("contact") else []
