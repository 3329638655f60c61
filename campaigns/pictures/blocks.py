"""The parts of a poster: label, headline and lines, numbers to call, code. Places and sizes are pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image

from campaigns.pictures.breaking import TooLong
from campaigns.pictures.fitting import GAP, HEADLINE_PITCH, LINE_GAP, MARKER, PADDING, ROW_PITCH, Fit
from campaigns.pictures.hotlines import Call
from campaigns.pictures.sheet import Box, Sheet
from campaigns.pictures.templates import Template, load
from campaigns.pictures.typeface import width

SMALLEST = 0.55  # what is squeezed more than that is not read any more
INK, PAPER = "#141414", "#ffffff"


def label(sheet: Sheet, look: Template, x: float, y: float, high: float, text: str) -> None:
    """Draw the word at the top."""
    size = round(high * 0.58)
    wide = width(text, size) + high * 0.9
    sheet.box((x, y, x + wide, y + high), look.label[0], high / 2)
    sheet.write(x + wide / 2, y + high / 2, text, size, look.label[1], "m")


def words(sheet: Sheet, look: Template, made: Fit, x: float, room: float, span: tuple[float, float]) -> None:
    """Draw headline and panel between two heights; what is left over is spread around and inside them."""
    top, end = span
    least = made.line * GAP
    spare = end - top - made.headline_height - made.panel_height - least
    inner = 0.0
    if made.lines:  # at most as much air between lines as they are high
        inner = min(0.3 * spare, made.line * 0.9 * (len(made.lines) + 1))
        spare -= inner
    between = min(spare * 0.5, made.headline * 0.9) if made.lines else spare * 0.5
    y = top + (spare - between) * 0.5
    for row in made.rows:
        sheet.write(x, y + made.headline * HEADLINE_PITCH / 2, row, made.headline, look.headline)
        y += made.headline * HEADLINE_PITCH
    between += least
    if made.lines:
        _panel(sheet, look, made, (x, y + between, x + room, y + between + made.panel_height + inner), inner)


def _panel(sheet: Sheet, look: Template, made: Fit, box: Box, air: float) -> None:
    left, top, right, bottom = box
    size = made.line
    sheet.box((left, top, right, bottom), look.panel, size * 0.5)
    more = air / (len(made.lines) + 1)
    y = top + size * PADDING + more
    for mark, rows in zip(load().words.marks, made.lines, strict=False):
        middle = y + size * ROW_PITCH / 2
        centre, radius = left + size * (PADDING + 0.6), size * 0.6
        circle = (centre - radius, middle - radius, centre + radius, middle + radius)
        sheet.ellipse(circle, look.marker[0])
        sheet.write(centre, middle - size * 0.01, mark, round(size * 0.76), look.marker[1], "m")
        for row in rows:
            sheet.write(left + size * (PADDING + MARKER), y + size * ROW_PITCH / 2, row, size, look.line)
            y += size * ROW_PITCH
        y += size * LINE_GAP + more


def hotlines(sheet: Sheet, look: Template, boxes: Sequence[Box], calls: Sequence[Call]) -> None:
    """Draw numbers to call with their words before them, all in the same size. Raises ``TooLong``."""
    high, wide = boxes[0][3] - boxes[0][1], boxes[0][2] - boxes[0][0]
    base = min(high, wide * 0.3)  # five digits and some words are wider than high
    small, large, edge = base * 0.42, base * 0.82, base * 0.26
    needed = [width(call.words, small) + width(call.number, large) + edge for call in calls]
    part = min(1.0, *((wide - 2 * edge) / one for one in needed))
    if part < SMALLEST:
        raise TooLong("the words before a number are too long")
    for (left, top, right, bottom), call in zip(boxes, calls, strict=True):
        middle = (top + bottom) / 2
        sheet.box((left, top, right, bottom), look.hotline[0], high * 0.2)
        sheet.write(left + edge, middle, call.words, round(small * part), look.hotline[1])
        sheet.write(right - edge, middle, call.number, round(large * part), look.hotline[2], "r")


def hotline(sheet: Sheet, look: Template, box: Box, call: Call) -> None:
    """Draw a number to call with its words above it. Raises ``TooLong``."""
    left, top, right, bottom = box
    high, room, middle = bottom - top, (right - left) * 0.9, (left + right) / 2
    sheet.box(box, look.hotline[0], high * 0.2)
    small = _squeezed(call.words, high * 0.26, room)
    large = _squeezed(call.number, high * 0.56, room)
    sheet.write(middle, top + high * 0.24, call.words, small, look.hotline[1], "m")
    sheet.write(middle, top + high * 0.64, call.number, large, look.hotline[2], "m")


def code(
    sheet: Sheet, x: float, y: float, side: float, make: Callable[[int], Image.Image], text: str
) -> None:
    """Draw a card with the code and the words below it."""
    sheet.box((x, y, x + side, y + side), PAPER, side * 0.06)
    caption = side * 0.15
    picture = make(int(side - caption))
    sheet.paste(
        x + (side - picture.width) / 2, y + (side - caption - picture.height) / 2 + side * 0.02, picture
    )
    size = _squeezed(text, caption * 0.72, side * 0.9)
    sheet.write(x + side / 2, y + side - caption * 0.62, text, size, INK, "m")


def note(sheet: Sheet, look: Template, x: float, bottom: float, room: float, size: float, text: str) -> float:
    """Write a line that ends at ``bottom``; return the height it takes. Raises ``TooLong``."""
    fitting = _squeezed(text, size, room)
    sheet.write(x + room / 2, bottom - size * 0.7, text, fitting, look.headline, "m", bold=False)
    return size * 2


def _squeezed(text: str, size: float, room: float) -> int:
    part = min(1.0, room / width(text, round(size)))
    if part < SMALLEST:
        raise TooLong(f"{len(text)} characters are too many for {room:.0f} pixels")
    return round(size * part - 0.5)
