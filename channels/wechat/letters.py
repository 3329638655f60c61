"""A turn as WeChat texts: cards as lines, buttons as numbered lines, in messages of at most 2048 bytes.

Numbered lines, not menu messages: they ride on passive replies, every kind of account may send them, and an answer to
them is a message (five pushes in 48 hours), not a click (three in one minute).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from channels.base import Reply, Turn
from channels.card_lines import card_lines, defanged, quoted
from channels.sizes import cut, size
from channels.wechat.modes import TEXT_BYTES
from channels.wechat.words import Words

MOST_NUMBERED = 9  # what channels/wording.yml takes for a number
# WeChat draws <a href> as a link, whoever wrote it; and XML 1.0 knows no control characters.
TAG = re.compile("<(?=/?[A-Za-z])")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def split(turn: Turn, words: Words, pushes: bool) -> tuple[Reply, ...]:
    """Return ``turn`` as texts in order. ``pushes``: each can be sent; else all but the last say how to go on."""
    numbers = count(1)
    parts: list[Reply] = []
    texts: list[str] = []
    for reply in turn.replies:
        if article_of(reply):
            parts += [*_texts(texts, words, pushes), Reply(reply.text, card=reply.card)]
            texts = []
        elif text := harmless(_text(reply, words, numbers)):
            texts.append(text)
    return (*parts, *_texts(texts, words, pushes))


def article_of(reply: Reply) -> dict[str, str] | None:
    """Return title, description, url and image of a card of kind "article" that has an address, else None."""
    card: Mapping[str, object] = reply.card or {}
    if card.get("kind") != "article" or not str(card.get("url", "")).startswith("https://"):
        return None
    return {name: harmless(str(card.get(name) or "")) for name in ("title", "description", "url", "image")}


def harmless(text: str) -> str:
    """Return ``text`` without what WeChat would take for a tag, and without what XML cannot carry."""
    return CONTROLS.sub("", TAG.sub("＜", text))


def fitting(text: str, limit: int = TEXT_BYTES) -> str:
    """Return ``text``, at most ``limit`` bytes of it, cut on the border of a character."""
    return text.encode()[:limit].decode("utf-8", "ignore")


def _texts(texts: Sequence[str], words: Words, pushes: bool) -> list[Reply]:
    if not pushes:
        return [Reply(page) for page in _pages("\n\n".join(texts), words.more)]
    return [Reply(piece) for text in _packed(texts) for piece in cut(text, TEXT_BYTES)]


def _packed(texts: Sequence[str]) -> Iterator[str]:
    """Join neighbours as long as they fit into one message: pushes are counted."""
    held = ""
    for text in texts:
        joined = f"{held}\n\n{text}" if held else text
        if held and size(joined) > TEXT_BYTES:
            yield held
            joined = text
        held = joined
    if held:
        yield held


def _pages(text: str, more: str) -> Iterator[str]:
    pieces = cut(text, TEXT_BYTES)
    if len(pieces) > 1:
        pieces = cut(text, TEXT_BYTES - len(more.encode()))
    for number, piece in enumerate(pieces, 1):
        yield piece if number == len(pieces) else piece + more


def _text(reply: Reply, words: Words, numbers: Iterator[int]) -> str:
    card: Mapping[str, object] = reply.card or {}
    said = defanged(reply.text, quoted(card)) if card else reply.text
    rows = [said, *card_lines(card, said, words)]
    for button in reply.buttons:
        number = next(numbers)
        form = words.button if number <= MOST_NUMBERED else words.button_without_number
        rows.append(form.format(number=number, title=button.title))
    return "\n".join(filter(None, rows))
