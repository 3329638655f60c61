"""Services that a short message names in so many words; the classifier need not be sure. Pure: no Rasa here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Names:
    """The compiled content of named.yml."""

    named: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]
    received: re.Pattern[str]
    told: re.Pattern[str]
    always_told: frozenset[str]


@lru_cache(maxsize=1)
def load_names() -> Names:
    """Read named.yml beside this file, once."""
    raw: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "named.yml").read_text(encoding="utf-8"))
    named = tuple((intent, tuple(map(re.compile, patterns))) for intent, patterns in raw["named"].items())
    return Names(named, re.compile(raw["received"]), re.compile(raw["told"]), frozenset(raw["always_told"]))


def named_intent(seen: str, names: Names) -> str:
    """Return the service that ``seen`` (as ``routing.plain`` gives it) names, else an empty string."""
    if names.received.search(seen):
        return ""
    told = bool(names.told.search(seen))
    for intent, patterns in names.named:
        if told and intent not in names.always_told:
            continue
        if any(pattern.search(seen) for pattern in patterns):
            return intent
    return ""
