"""What a button may send to the dialogue engine, and what a typed text must never become."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

PATH = Path(__file__).parent.parent / "bot" / "button_intents.yml"
SHAPE = re.compile(r"/([a-z][a-z0-9_]{0,63})(\{.*\})?", re.DOTALL)
LONGEST = 300
# Rasa strips white space and then takes a leading "/" for an intent; invisible signs are covered as well.
LEADING_SLASH = re.compile("^([\\s\x00-\x20\u200b-\u200f\u2060\ufeff]*)/")
FULL_WIDTH_SLASH = "\uff0f"


class AllowListError(Exception):
    """The list of allowed payloads cannot be read; our bug, the message names the file."""


@dataclass(frozen=True, slots=True)
class AllowList:
    """Intent → slot → values a button may set, or the pattern that the whole value must match."""

    intents: Mapping[str, Mapping[str, frozenset[str] | re.Pattern[str]]]

    def accept(self, payload: str) -> str | None:
        """Return ``payload`` rewritten in its one canonical form, or None when it is not on the list."""
        found = SHAPE.fullmatch(payload) if len(payload) <= LONGEST else None
        if found is None or found.group(1) not in self.intents:
            return None
        if found.group(2) is None:
            return payload
        try:
            slots = json.loads(found.group(2))
        except (ValueError, RecursionError):
            return None
        allowed = self.intents[found.group(1)]
        for slot, value in slots.items():
            if slot not in allowed or not isinstance(value, str) or not _fits(value, allowed[slot]):
                return None
        return f"/{found.group(1)}" + (
            json.dumps(slots, separators=(",", ":"), ensure_ascii=False) if slots else ""
        )


def load_allow_list(path: Path = PATH) -> AllowList:
    """Return the list in ``path``: a mapping intent → {slot: [values]}. Raises ``AllowListError``."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        intents = {
            str(intent): {str(slot): _values(values) for slot, values in (slots or {}).items()}
            for intent, slots in data.items()
        }
    except (OSError, ValueError, re.error, yaml.YAMLError, AttributeError, TypeError, KeyError) as error:
        raise AllowListError(f"{path.name} is missing or not a mapping intent -> slot -> values") from error
    return AllowList(intents)


def _values(raw: object) -> frozenset[str] | re.Pattern[str]:
    """Return a list's values, or the compiled ``pattern`` of values that conversations make themselves."""
    if isinstance(raw, dict):
        return re.compile(raw["pattern"], re.ASCII)
    if not isinstance(raw, list):
        raise TypeError("values are a list or a pattern")
    return frozenset(map(str, raw))


def _fits(value: str, allowed: frozenset[str] | re.Pattern[str]) -> bool:
    return value in allowed if isinstance(allowed, frozenset) else allowed.fullmatch(value) is not None


def neutralise(text: str) -> str:
    """Return ``text`` such that the dialogue engine cannot take it for a button; cuts nothing."""
    return LEADING_SLASH.sub(lambda found: found.group(1) + FULL_WIDTH_SLASH, text, count=1)


def by_number(text: str, pattern: re.Pattern[str], shown: Sequence[str]) -> str | None:
    """Return the payload of the button whose number ``text`` is (1 is the first), else None."""
    found = pattern.match(text)
    if found is None:
        return None
    number = int(found.group(1))
    return shown[number - 1] if 1 <= number <= len(shown) else None
