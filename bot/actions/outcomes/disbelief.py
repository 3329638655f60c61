"""Counter-questions for somebody who believes the swindler, and a text to forward in the relative's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.actions import content
from bot.actions.guide_card import sheet, to_copy
from bot.actions.guided.result import Say, Told
from bot.actions.reply import lines
from knowledge_base import taxonomy

GROUPS = ("earn", "official", "people", "buy", "free", "act")
OFFICER = "citizen"
MYSELF = "myself"


def conclude(told: Told) -> list[Say]:
    """Return how to talk to him, then the three questions as a text to copy; his own doubt gets them directly."""
    words: dict[str, Any] = content.load("outcomes/disbelief")
    who = str(told.answers.get("who") or "unknown")
    type_id = scam_type(told)
    known = words["types"].get(type_id) or words["general"]
    name = taxonomy.load().types.get(type_id) if type_id in words["types"] else words["general"]["name"]
    how = words["officer_how"] if who == OFFICER else words["how"]
    card = sheet(
        words["title"].format(type=name),
        words["first_line"],
        [*known["ask"], *how],
        ["antifraud_96110", "police_110"],
        words["dont"],
        [known["honest"], *words["next"]],
    )
    opening = words["myself_text"] if who == MYSELF else words["text"]
    first = Say(lines([opening, known["honest"]]), (), card)
    head, *rest = _to_forward(who, known, words)
    intro = words["officer_intro"] if who == OFFICER else words["intro"]
    return [
        first,
        Say(lines([intro, head, *rest]), words["buttons"], to_copy(words["share"]["title"], rest, head)),
    ]


def scam_type(told: Told) -> str:
    """Return the taxonomy id that was chosen, that of the text checked before, or an empty string."""
    chosen = next((str(told.answers[group]) for group in GROUPS if told.known(group)), "")
    checked = (told.context.get("last_check") or {}).get("scam_type")
    return chosen or str(checked or "")


def _to_forward(who: str, known: Mapping[str, Any], words: Mapping[str, Any]) -> list[str]:
    share = words["share"]
    items = [share["item"].format(n=n, question=ask) for n, ask in enumerate(known["ask"], 1)]
    call = words["call"].get(who, "")
    head = f"{call}{known['head']}" if "head" in known else share["head"].format(call=call)
    return [head, *items, share["tail"]]
