"""Which language a person writes, and Chinese sentences in English for those who need it.

The flows and actions are written in Chinese; ``english.yml`` maps a sentence to its English one. The language of the
turn is kept in a context variable, so that every sentence is looked up in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from bot.actions import content

CHINESE, ENGLISH = "zh", "en"
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
# "WhatsApp", "USDT wallet", "OK OK" say nothing about the language; three words do.
FEWEST_WORDS = 3
_MARKED = re.compile(r"<[^<>\s]{1,14}>|https?://\S+")
_speaking: ContextVar[str] = ContextVar("speaking", default=CHINESE)


def language_of(text: str, before: str) -> str:
    """Return the language that ``text`` shows, ``before`` when it shows none (a number, "OK", a button)."""
    words = _MARKED.sub(" ", text)
    if _HAN.search(words):
        return CHINESE
    return ENGLISH if len(_LATIN_WORD.findall(words)) >= FEWEST_WORDS else before


def speaking() -> str:
    """Return the language of this turn."""
    return _speaking.get()


@contextmanager
def speak(language: str) -> Iterator[None]:
    """Answer in ``language`` inside the ``with``."""
    token = _speaking.set(language)
    try:
        yield
    finally:
        _speaking.reset(token)


def tr(text: str) -> str:
    """Return the sentence in the language of this turn; one without a translation stays Chinese."""
    if _speaking.get() != ENGLISH:
        return text
    table: dict[str, str] = content.load("english")
    return table.get(text, text)


def translated(raw: Any) -> Any:
    """Return parsed YAML with every sentence that has one replaced by its translation."""
    if isinstance(raw, str):
        return tr(raw)
    if isinstance(raw, Mapping):
        return {key: translated(value) for key, value in raw.items()}
    return [translated(item) for item in raw] if isinstance(raw, list) else raw
