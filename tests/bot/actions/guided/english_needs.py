"""Which sentences an English-speaking person can meet in an emergency: the list that english.yml must cover."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from bot.actions import content
from bot.actions.guided.flow import FOLDER

FLOWS = (
    "emergency",
    "on_the_line",
    "gave_info",
    "stop_payment",
    "follow_up",
    "subscribe",
    "subscribe_change",
)
HAN = re.compile(r"[\u4e00-\u9fff]")
# Regular expressions and looked-up ids, no sentences.
NOT_SAID = {
    "words",
    "pick_pattern",
    "not_of",
    "starts_words",
    "matter",
    "commands",
    "masked_kinds",
    "around_masked",
    "correction",
    "asks_back",
    "yes",
    "no",
    "district",
}


def sentences(raw: Any, key: str = "") -> Iterator[str]:
    if isinstance(raw, str) and HAN.search(raw) and key not in NOT_SAID:
        yield raw
    elif isinstance(raw, dict):
        for name, value in raw.items():
            if not (name in NOT_SAID and not isinstance(value, dict)):
                yield from sentences(value, str(name))
    elif isinstance(raw, list):
        for item in raw:
            yield from sentences(item, key)


def needed() -> list[str]:
    """Return every sentence, each once, in the order of the files."""
    found: list[str] = []
    for flow in FLOWS:
        found += sentences(yaml.safe_load((FOLDER / f"{flow}.yml").read_text(encoding="utf-8")))
    for name in ("outcomes/stop_payment", "outcomes/gave_info", "outcomes/subscribe"):
        found += sentences(content.load(name))
    guided = content.load("guided/guided")
    found += sentences({key: guided[key] for key in ("titles", "say", "unknown", "joiner")})
    found += sentences(content.load("guided/reading")["said"])
    found += sentences(content.load("service")["follow_up"])
    found += sentences(content.load("guides")["hotlines"])
    verdict = content.load("verdict")
    found += [*sentences(verdict["safety_question"]), *sentences(verdict["safety_buttons"])]
    return list(dict.fromkeys(found))
