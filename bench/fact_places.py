"""Every sentence that a citizen can read, and the file it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
# Not read by people: patterns, ids, payloads, machine settings, where a text comes from.
MACHINE_KEYS = frozenset({
    "about", "absorbs", "after", "aliases", "asks_back", "audience", "audiences", "bank_names",
    "before", "commands", "confidence", "contact", "contacts", "correction", "digits", "digits_only",
    "domain", "guide", "guides", "id", "kind", "masked_kinds", "money", "name_words", "not_after",
    "number", "only_if", "opening_guide", "outcome", "own", "pattern", "patterns", "payload",
    "pick_pattern", "quotes", "reopens", "review_by", "sequence", "source", "sources", "starts", "starts_on",
    "starts_words", "then", "time", "topics", "units", "when", "words",
})  # fmt: skip
# What a bulletin states as true; its stages, next moves and sayings tell what swindlers claim.
BULLETIN_KEYS = ("honest_version", "advice")
REGULAR_EXPRESSION = re.compile(r"\(\?[:<!=P]|\[\^")


@dataclass(frozen=True)
class Sentence:
    """One string of content and the file, relative to the project."""

    file: str
    text: str


def sentences(root: Path = ROOT) -> Iterator[Sentence]:
    """Yield all of them, file by file."""
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        for text in _strings(_shown(path, yaml.safe_load(path.read_text(encoding="utf-8")))):
            yield Sentence(name, text)
    page = root / "channels" / "web" / "static" / "index.html"
    if page.exists():
        for text in re.findall(r">([^<>{}]*[\u4e00-\u9fff][^<>{}]*)<", page.read_text(encoding="utf-8")):
            yield Sentence(page.relative_to(root).as_posix(), " ".join(text.split()))


def named_contacts(root: Path = ROOT) -> Iterator[Sentence]:
    """Yield the ids under every ``contacts`` key: the hotlines that stand on cards by id."""
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        if path.name != "contacts.yml":
            for contact_id in _under_contacts(yaml.safe_load(path.read_text(encoding="utf-8"))):
                yield Sentence(name, contact_id)


def _under_contacts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "contacts" and isinstance(value, list):
                yield from (one for one in value if isinstance(one, str))
            else:
                yield from _under_contacts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _under_contacts(value)


def _files(root: Path) -> Iterator[Path]:
    yield root / "domain.yml"
    yield root / "bot" / "assessment" / "assessment.yml"
    yield from sorted((root / "bot" / "actions").rglob("*.yml"))
    # errors.yml speaks to operators, of the platform's own pages; no citizen sees it.
    yield from (path for path in sorted((root / "channels").rglob("*.yml")) if path.name != "errors.yml")
    for shelf in ("guides", "bulletins", "quizzes", "drills"):
        yield from sorted((root / "knowledge_base" / shelf).rglob("*.yml"))
    yield root / "knowledge_base" / "contacts.yml"
    # Of campaigns only what is sent; the rest speaks to operators.
    for shelf in ("messages", "cards"):
        yield from sorted((root / "campaigns" / shelf).rglob("*.yml"))
    yield root / "campaigns" / "flash.yml"


def _shown(path: Path, data: Any) -> Any:
    """Return the part of a file's content that people read."""
    if path.name == "domain.yml":
        return data["responses"]
    if "bulletins" in path.parts:
        return {key: data[key] for key in BULLETIN_KEYS}
    if path.name == "contacts.yml" and "knowledge_base" in path.parts:
        return [[c for c in data["contacts"] if c["show"]], *(v for k, v in data.items() if k != "contacts")]
    return data


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        if not REGULAR_EXPRESSION.search(node):
            yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            if key not in MACHINE_KEYS:
                yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)
