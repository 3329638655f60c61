"""A turn as WeChat texts: cards as lines, buttons as numbered lines, in messages of at most 2048 bytes.

Numbered lines, not menu messages: they ride on passive replies, every kind of account may send them, and an answer to
them is a message (five pushes in 48 hours), not a click (three in one minute).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from channels.base import Reply, Turn
from channels.sizes import cut, size
from channels.wechat.modes import TEXT_BYTES
from channels.wechat.words import Words

MOST_NUMBERED = 9  # what channels/wording.yml takes for a number
MOST_SOURCES = 1
# WeChat draws <a href> as a link, whoever wrote it; and XML 1.0 knows no control characters.
TAG = re.compile("<(?=/?[A-Za-z])")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
HOST = re.compile(
    r"(?<![\w.-])(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}(?![\w-])|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
)


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


def defanged(text: str, quoted: str) -> str:
    """Return ``text`` in which no address that stands in ``quoted`` can be tapped."""
    for host in sorted(set(HOST.findall(quoted)), key=len, reverse=True):
        shown = host.replace(".", "[.]")
        text = re.sub(rf"http(s?://)(?={re.escape(host)})", r"hxxp\1", text, flags=re.IGNORECASE)
        text = text.replace(host, shown)
    return text


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
    said = defanged(reply.text, _quoted(card)) if card else reply.text
    rows = [said, *_card(card, said, words)]
    for button in reply.buttons:
        number = next(numbers)
        form = words.button if number <= MOST_NUMBERED else words.button_without_number
        rows.append(form.format(number=number, title=button.title))
    return "\n".join(filter(None, rows))


def _card(card: Mapping[str, object], said: str, words: Words) -> Iterator[str]:
    """Yield what the card says beyond the text beside it."""
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


def _quoted(card: Mapping[str, object]) -> str:
    """Return what the card repeats of the person's own text."""
    return " ".join(str(piece.get("text", "")) for piece in _entries(card, "segments"))


def _entries(card: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    values = card.get(name)
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def _strings(card: Mapping[str, object], name: str) -> list[str]:
    values = card.get(name)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
