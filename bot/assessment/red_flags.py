"""Warning signs with the exact words that show them (rules: knowledge_base/red_flags.yml)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from knowledge_base import content

CLAUSE_END = re.compile(r"[。!?;;\n!?]|(?<=.{12}),")
LOOK_BACK = 18  # characters before a match in which a warning word of the same clause turns it off


@dataclass(frozen=True, slots=True)
class Flag:
    """A sign found at ``start:end`` of the normalised text."""

    id: str
    label: str
    hard: bool
    start: int
    end: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    label: str
    hard: bool
    negatable: bool
    unless: re.Pattern[str] | None
    needs: re.Pattern[str] | None
    tags: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class _Rules:
    flags: tuple[_Rule, ...]
    negation: re.Pattern[str]
    denied: re.Pattern[str]
    tags: dict[str, re.Pattern[str]]
    contexts: dict[str, tuple[re.Pattern[str], ...]]


def ids() -> list[str]:
    """Return all flag ids, in the file's order."""
    return [rule.id for rule in _rules().flags]


def find(text: str) -> list[Flag]:
    """Return at most one match a flag, the first that no warning word turns off."""
    rules = _rules()
    found = []
    for rule in rules.flags:
        if rule.needs is not None and not rule.needs.search(text):
            continue
        match = next((hit for pattern in rule.patterns if (hit := _first(pattern, text, rule, rules))), None)
        if match is not None:
            found.append(Flag(rule.id, rule.label, rule.hard, match.start(), match.end(), rule.tags))
    return found


def tags(text: str, flags: list[Flag]) -> list[str]:
    """Return the taxonomy tags that flags bring or that the text names."""
    named = [tag for tag, pattern in _rules().tags.items() if pattern.search(text)]
    return sorted({tag for flag in flags for tag in flag.tags} | set(named))


def context_hits(text: str, name: str) -> int:
    """Count how often a context (``propaganda``, ``question``) shows."""
    return sum(len(pattern.findall(text)) for pattern in _rules().contexts[name])


def contexts() -> list[str]:
    """Return the names of all contexts."""
    return list(_rules().contexts)


def _first(pattern: re.Pattern[str], text: str, rule: _Rule, rules: _Rules) -> re.Match[str] | None:
    for match in pattern.finditer(text):
        before = _clause_before(text, match.start())
        if rule.unless is not None and rule.unless.search(before):
            continue
        denied = rules.negation.search(before) or rules.denied.search(match.group())
        if not rule.negatable or not denied:
            return match
    return None


def _clause_before(text: str, at: int) -> str:
    """Return what stands before ``at`` in the same clause, at most LOOK_BACK characters."""
    before = text[max(0, at - LOOK_BACK) : at]
    ends = [found.end() for found in CLAUSE_END.finditer(before)]
    return before[ends[-1] :] if ends else before


@cache
def _rules() -> _Rules:
    data: dict[str, Any] = content.read(content.ROOT / "red_flags.yml")
    flags = tuple(
        _Rule(
            entry["id"],
            entry["label"],
            entry.get("hard", False),
            entry.get("negatable", False),
            re.compile(entry["unless"]) if "unless" in entry else None,
            re.compile(entry["needs"]) if "needs" in entry else None,
            tuple(entry.get("tags", ())),
            tuple(re.compile(pattern) for pattern in entry["patterns"]),
        )
        for entry in data["flags"]
    )
    return _Rules(
        flags,
        re.compile(data["negation"]),
        re.compile(data["denied"]),
        {tag: re.compile(pattern) for tag, pattern in data["tags"].items()},
        {
            name: tuple(re.compile(pattern) for pattern in patterns)
            for name, patterns in data["contexts"].items()
        },
    )
