"""A turn as Telegram messages: cards as lines, buttons below the text, at most 4096 UTF-16 units each.

Plain text: without a parse mode nothing in it is markup, so nothing needs an escape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from channels.base import Button, JsonObject, Reply, Turn
from channels.card_lines import card_lines, defanged, quoted
from channels.sizes import cut, utf16
from channels.telegram.buttons import packed
from channels.telegram.words import Words

MOST_UNITS = 4096  # "4096 characters": UTF-16 units, as the API counts all its offsets and lengths
MOST_NUMBERED = 9  # what channels/wording.yml takes for a number
MOST_IN_ROW = 2
WIDE = 7  # characters of a title that still shares its row, on the narrowest phone
# No markup, but control characters are refused, and signs that turn the direction would turn ours.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
MENTION = re.compile(r"@(?=[A-Za-z]\w{3,31})")
BLANK = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u206f\u3164\ufeff]*"
)


def split(turn: Turn, words: Words) -> tuple[Reply, ...]:
    """Return ``turn`` as messages in order, each with the buttons that stand below it."""
    numbers = count(1)
    return tuple(part for reply in turn.replies for part in _parts(reply, words, numbers))


def harmless(text: str) -> str:
    """Return ``text`` without what Telegram refuses and without what would turn it round."""
    return CONTROLS.sub("", text)


def fitting(text: str, limit: int = MOST_UNITS) -> str:
    """Return ``text``, at most ``limit`` UTF-16 units of it, cut on the border of a character."""
    return text.encode("utf-16-le")[: limit * 2].decode("utf-16-le", "ignore")


def shown(text: str) -> str:
    """Return ``text`` as it can be sent, empty when nothing of it would be seen."""
    text = fitting(harmless(text))
    return "" if BLANK.fullmatch(text) else text


def keyboard(buttons: tuple[Button, ...], words: Words) -> InlineKeyboardMarkup | None:
    """Return the buttons below a message; short titles stand side by side."""
    rows: list[list[InlineKeyboardButton]] = []
    room = 0
    for button in buttons:
        data = packed(button.payload, words.short)
        if data is None:
            continue
        made = InlineKeyboardButton(harmless(button.title) or "·", callback_data=data)
        narrow = len(button.title) <= WIDE
        if narrow and room:
            rows[-1].append(made)
            room -= 1
        else:
            rows.append([made])
            room = MOST_IN_ROW - 1 if narrow else 0
    return InlineKeyboardMarkup(rows) if rows else None


def _parts(reply: Reply, words: Words, numbers: Iterator[int]) -> list[Reply]:
    text = _text(reply, words, numbers)
    below = tuple(button for button in reply.buttons if packed(button.payload, words.short) is not None)
    pieces = [piece for piece in cut(text, MOST_UNITS, utf16) if shown(piece)]
    if below and not pieces:
        pieces = [words.choose]
    return [Reply(piece, below if last else ()) for piece, last in _with_last(pieces)]


def _text(reply: Reply, words: Words, numbers: Iterator[int]) -> str:
    card: JsonObject = reply.card or {}
    suspicious = quoted(card)
    said = _article(card, words) or reply.text
    rows = [said, *card_lines(card, said, words)]
    for button in reply.buttons:
        number = next(numbers)  # of all buttons, since that is how the gateway counts them
        if packed(button.payload, words.short) is None and number <= MOST_NUMBERED:
            rows.append(words.button.format(number=number, title=button.title))
    text = defanged("\n".join(filter(None, rows)), suspicious)
    for name in set(re.findall(r"@[A-Za-z]\w{3,31}", suspicious)):
        text = text.replace(name, MENTION.sub("\uff20", name))
    return harmless(text)


def _article(card: JsonObject, words: Words) -> str:
    """Return a card of kind "article" that has an address as text, else nothing."""
    url = str(card.get("url") or "")
    if card.get("kind") != "article" or not url.startswith("https://"):
        return ""
    title, description = str(card.get("title") or ""), str(card.get("description") or "")
    return words.article.format(title=title, description=description, url=url).replace("\n\n", "\n").strip()


def _with_last(pieces: list[str]) -> Iterator[tuple[str, bool]]:
    for number, piece in enumerate(pieces, 1):
        yield piece, number == len(pieces)
