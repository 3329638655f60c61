"""Simplified or traditional characters: which a person writes, and replies turned into hers.

The dialogue engine and its content are in simplified characters; OpenCC (its own tables) turns a finished reply into
traditional ones. What the person told herself (names, account names, and whatever a placeholder stands for) is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, cast

from bot.assessment.placeholders import PLACEHOLDER
from channels.base import Button, JsonObject, Reply

SIMPLIFIED, TRADITIONAL = "hans", "hant"
# One traditional character may be a name or a quotation.
FEWEST_SIGNS = 2
# Strings of a card that are no sentences: kinds, addresses and times.
UNTOUCHED = frozenset({"kind", "picture", "number", "at", "payload"})


def script_of(text: str, before: str) -> str:
    """Return the script that ``text`` shows, ``before`` when it shows none (English, a number, a button)."""
    text = PLACEHOLDER.sub("", text)  # the words of a placeholder are ours
    if text.isascii():
        return before
    simplified, traditional = _signs()
    old = sum(char in traditional for char in text)
    new = sum(char in simplified for char in text)
    if old >= FEWEST_SIGNS and old > new:
        return TRADITIONAL
    return SIMPLIFIED if new > old else before


def in_script(replies: tuple[Reply, ...], script: str) -> tuple[Reply, ...]:
    """Return the replies in ``script``."""
    if script != TRADITIONAL:
        return replies
    return tuple(_traditional(reply) for reply in replies)


def to_traditional(text: str, own: Sequence[str] = ()) -> str:
    """Return ``text`` in traditional characters, apart from the person's ``own`` words and placeholders in it."""
    for words in [*own, *(found.group(0) for found in PLACEHOLDER.finditer(text))]:
        if words and words in text:
            before, after = text.split(words, 1)
            return f"{to_traditional(before, own)}{words}{to_traditional(after, own)}"
    return str(_converter().convert(text)) if text else text


def _traditional(reply: Reply) -> Reply:
    own = _own_words(reply.card or {})
    return Reply(
        to_traditional(reply.text, own),
        tuple(Button(to_traditional(button.title), button.payload) for button in reply.buttons),
        cast("JsonObject | None", _walk(reply.card, own)),
    )


def _own_words(card: Mapping[str, Any]) -> list[str]:
    facts = card.get("facts")
    told = [str(fact["value"]) for fact in facts if fact.get("own")] if isinstance(facts, list) else []
    return sorted(told, key=len, reverse=True)


def _walk(value: object, own: Sequence[str]) -> object:
    if isinstance(value, str):
        return to_traditional(value, own)
    if isinstance(value, Mapping):
        return {key: item if key in UNTOUCHED else _walk(item, own) for key, item in value.items()}
    return [_walk(item, own) for item in value] if isinstance(value, list) else value


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("s2t")


@cache
def _signs() -> tuple[frozenset[str], frozenset[str]]:
    """Return the characters that are only simplified, and those that are only traditional."""
    return _changed("STCharacters.txt"), _changed("TSCharacters.txt")


def _changed(name: str) -> frozenset[str]:
    table = resources.files("opencc").joinpath("dictionary", name).read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if "\t" in line)
    return frozenset(
        source for source, choices in pairs if len(source) == 1 and source not in choices.split()
    )
