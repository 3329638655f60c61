"""A card as a PNG of phone width: 360 points wide, two pixels a point. Pure: a card in, bytes out."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from channels.pictures_out.fonts import chinese_font

WIDTH, SCALE, MARGIN = 360, 2, 18
MOST_HEIGHT = 3000  # points; a longer card is cut, it would not fit a chat
INK, SOFT, PAPER, RED, BLUE = "#17212b", "#4a5866", "#ffffff", "#b3261e", "#0b4f9c"
CLOSING = "\uff0c\u3002\uff1a\uff1b\u3001\uff09\u201d\uff01\uff1f"  # may hang over the right margin, never begins a line
KINDS = frozenset({"card_110", "proof"})


class NoFont(Exception):
    """No font with Chinese characters is installed: there is no picture, the text stays."""


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph: size in points, colour, space above in points."""

    text: str
    size: int = 16
    colour: str = INK
    above: int = 6


def render(card: Mapping[str, Any], words: Mapping[str, str]) -> bytes:
    """Return the PNG of ``card``; ``words`` are the headings. Raises ``NoFont``."""
    found = chinese_font()
    if found is None:
        raise NoFont
    headings = {**words, **(card.get("headings") or {})}
    lines = _proof(card) if card.get("kind") == "proof" else _card_110(card, headings)
    placed, height = _place([line for line in lines if line.text], found)
    image = Image.new("RGB", (WIDTH * SCALE, height * SCALE), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH * SCALE, 6 * SCALE), fill=RED)
    for y, text, line in placed:
        font = _font(found, line.size)
        draw.text((MARGIN * SCALE, y * SCALE), text, font=font, fill=line.colour)
    body = io.BytesIO()
    # Text in five colours: a palette made beforehand is ten times quicker than looking for the best one.
    image.convert("P", palette=Image.Palette.WEB, dither=Image.Dither.NONE).save(body, "PNG")
    return body.getvalue()


def _card_110(card: Mapping[str, Any], words: Mapping[str, str]) -> list[Line]:
    calls = [
        f"{c['name']}" if c["number"] in c["name"] else f"{c['name']} {c['number']}" for c in card["contacts"]
    ]
    lines = [Line(card["title"], 22, RED, 10), Line(card["first_line"], 16, INK)]
    lines += [Line(words["read"], 14, SOFT, 14), Line(card["read"], 20)]
    lines += [Line(words["calls"], 14, SOFT, 14), *(Line(call, 18, BLUE, 4) for call in calls)]
    lines += [
        Line(card.get("bank_unknown", ""), 15),
        Line(words["bank"], 14, SOFT, 14),
        Line(card["bank_read"], 16),
    ]
    lines += [Line(words["facts"], 14, SOFT, 14)]
    lines += [Line(f"{fact['name']} {fact['value']}", 15, INK, 4) for fact in card["facts"]]
    for name in ("evidence", "next", "dont"):
        lines += [Line(words[name], 14, SOFT, 14), *(Line(f"· {item}", 15, INK, 4) for item in card[name])]
    return [*lines, Line(card.get("way", ""), 15)]


def _proof(card: Mapping[str, Any]) -> list[Line]:
    lines = [Line(card["title"], 22, RED, 10), Line(str(card.get("time", "")), 16, BLUE)]
    return [*lines, *(Line(str(line), 16, INK, 8) for line in card.get("lines", ()))]


def _place(lines: Sequence[Line], found: tuple[str, int]) -> tuple[list[tuple[int, str, Line]], int]:
    """Return every wrapped line with its height in points, and the height of the whole."""
    placed: list[tuple[int, str, Line]] = []
    y = 8
    for line in lines:
        y += line.above
        for text in _wrap(line.text, _font(found, line.size)):
            if y > MOST_HEIGHT:
                return placed, y
            placed.append((y, text, line))
            y += round(line.size * 1.5)
    return placed, y + MARGIN


def _wrap(text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    """Break anywhere, as Chinese does, but not inside a run of digits that fits a line."""
    room = (WIDTH - 2 * MARGIN) * SCALE
    lines, current = [], ""
    for char in text.replace("\n", " "):
        if font.getlength(current + char) <= room or (char in CLOSING and current[-1:] not in CLOSING):
            current += char
            continue
        head = current.rstrip("0123456789")
        if char.isdigit() and head and len(current) - len(head) < 20:
            lines.append(head)
            current = current[len(head) :] + char
        else:
            lines.append(current)
            current = char.lstrip()
    return [*lines, current] if current else lines


def _font(found: tuple[str, int], size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(found[0], size * SCALE, index=found[1])
