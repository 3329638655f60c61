"""A card as lines of text, for platforms that draw none; and addresses that people must not tap, written so.

What a card quotes is somebody's suspicious message: an address or a name in it is no link of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

from channels.base import JsonObject

MOST_SOURCES = 1
HOST = re.compile(
    r"(?<![\w.-])(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}(?![\w-])|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
)
REPEATS = (("segments", "text"), ("codes", "text"), ("entities", "text"), ("flags", "quote"))


class CardWords(Protocol):
    """The templates of a channel's YAML."""

    @property
    def steps(self) -> str:
        """Return the line of a step, with ``number`` and ``step``."""

    @property
    def dont(self) -> str:
        """Return the line of what not to do, with ``line``."""

    @property
    def contact(self) -> str:
        """Return the line of a hotline, with ``name`` and ``number``."""

    @property
    def source(self) -> str:
        """Return the line of a bulletin, with ``title`` and ``issuer``."""


def card_lines(card: JsonObject, said: str, words: CardWords) -> Iterator[str]:
    """Yield what the card says beyond the text ``said`` beside it."""
    for number, step in enumerate(_strings(card, "steps"), 1):
        if step not in said:
            yield words.steps.format(number=number, step=step)
    for line in _strings(card, "dont"):
        yield words.dont.format(line=line)
    for entry in _entries(card, "contacts"):
        dialled, name = str(entry.get("number") or ""), str(entry.get("name") or "")
        if dialled and dialled not in said:
            yield name if dialled in name else words.contact.format(name=name, number=dialled)
    for entry in _entries(card, "bulletins")[:MOST_SOURCES]:
        yield words.source.format(title=entry.get("title", ""), issuer=entry.get("issuer", ""))


def quoted(card: JsonObject) -> str:
    """Return what the card repeats of the person's own text, of a picture or a code, and of what was told."""
    pieces = [str(one.get(key) or "") for name, key in REPEATS for one in _entries(card, name)]
    told = [str(fact.get("value") or "") for fact in _entries(card, "facts") if fact.get("own")]
    return " ".join([*pieces, *told, str(card.get("text") or "")])


def defanged(text: str, suspicious: str) -> str:
    """Return ``text`` in which no address that stands in ``suspicious`` can be tapped."""
    for host in sorted(set(HOST.findall(suspicious)), key=len, reverse=True):
        shown = host.replace(".", "[.]")
        text = re.sub(rf"http(s?://)(?={re.escape(host)})", r"hxxp\1", text, flags=re.IGNORECASE)
        text = text.replace(host, shown)
    return text


def _entries(card: JsonObject, name: str) -> list[Mapping[str, object]]:
    values = card.get(name)
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def _strings(card: JsonObject, name: str) -> list[str]:
    values = card.get(name)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
