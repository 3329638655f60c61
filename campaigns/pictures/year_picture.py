"""The year view as a PNG, to print and hang up."""

from __future__ import annotations

import io
from collections.abc import Mapping

from campaigns.calendar.year_view import Bar, View, words
from campaigns.pictures.sheet import Sheet
from campaigns.pictures.typeface import width

WIDE, EDGE = 2000, 60
MONTH_WIDE, MONTH_HIGH, CELL = 450, 330, 60
ROW, NAME = 44, 300
INK, SOFT, LINE, PAPER, GROUND = "#17212b", "#4a5866", "#d6dde4", "#ffffff", "#f3f6f9"
BLUE, ORANGE, RED, AMBER = "#0b4f9c", "#d9480f", "#c3272b", "#8a5200"
# ground and writing of a day
DAYS: Mapping[str, tuple[str, str]] = {
    "": (PAPER, INK),
    "weekend": ("#e6ebf1", INK),
    "holiday": (RED, "#ffffff"),
    "makeup": (INK, "#ffffff"),
    "tentative": ("#fbdcdc", "#8f1418"),
}


def png(found: View) -> bytes:
    """Return the picture, 2000 pixels wide. Raises ``NoFont``."""
    rows = len(found.bars) + len(found.loose) + 1
    top = 270
    chart = top + 3 * (MONTH_HIGH + 24) + 70
    sheet = Sheet(WIDE, chart + rows * ROW + EDGE, (GROUND, GROUND))
    said = words()
    sheet.write(EDGE, 80, said["title"].format(year=found.year), 60, INK)
    if not found.announced:
        sheet.write(EDGE, 150, said["not_announced"].format(year=found.year), 30, AMBER)
    _legend(sheet, found, 210)
    for number, month in enumerate(found.months):
        x = EDGE + number % 4 * (MONTH_WIDE + 26)
        y = top + number // 4 * (MONTH_HIGH + 24)
        _month(sheet, x, y, said["month"].format(month=number + 1), month)
    sheet.write(EDGE, chart - 35, said["occasions"], 36, INK)
    _chart(sheet, found, chart)
    body = io.BytesIO()
    sheet.finish().quantize(64).save(body, "PNG", optimize=True)
    return body.getvalue()


def _legend(sheet: Sheet, found: View, y: float) -> None:
    x: float = EDGE
    entries = [(DAYS[mark][0], words()["legend"][mark]) for mark in found.marks]
    if found.planned:
        entries.append((ORANGE, words()["planned"]))
    for colour, name in entries:
        sheet.box((x, y - 14, x + 36, y + 14), colour, 6)
        sheet.write(x + 48, y, name, 26, SOFT, bold=False)
        x += 48 + width(name, 26, False) + 44


def _month(sheet: Sheet, x: float, y: float, name: str, month: tuple[tuple[object, str], ...]) -> None:
    sheet.box((x, y, x + MONTH_WIDE, y + MONTH_HIGH), PAPER, 14, LINE, 1)
    sheet.write(x + 16, y + 30, name, 28, INK)
    pitch = (MONTH_HIGH - 96) / (len(month) // 7)
    for number, head in enumerate(words()["weekdays"]):
        sheet.write(x + 15 + (number + 0.5) * CELL, y + 66, head, 20, SOFT, "m", bold=False)
    for number, (day, mark) in enumerate(month):
        if day is None:
            continue
        left, middle = x + 15 + number % 7 * CELL, y + 86 + (number // 7 + 0.5) * pitch
        ground, colour = DAYS[mark]
        if mark:
            high = min(pitch, 44) / 2 - 2
            sheet.box((left + 3, middle - high, left + CELL - 3, middle + high), ground, 6)
        short = words().get(f"{mark}_mark", "")
        text = str(getattr(day, "day", ""))
        sheet.write(left + CELL / 2 - (9 if short else 0), middle, text, 22, colour, "m", bold=bool(mark))
        if short:
            sheet.write(left + CELL / 2 + 16, middle - 6, short, 14, colour, "m")


def _chart(sheet: Sheet, found: View, top: float) -> None:
    left, room = EDGE + NAME, WIDE - 2 * EDGE - NAME
    rows = len(found.bars) + len(found.loose) + 1
    sheet.box((EDGE - 20, top, WIDE - EDGE + 20, top + rows * ROW), PAPER, 14, LINE, 1)
    for month in range(12):
        x = left + room * month / 12
        sheet.line([(x, top), (x, top + rows * ROW)], LINE, 1)
        sheet.write(x + 8, top + ROW / 2, words()["month"].format(month=month + 1), 22, SOFT, bold=False)
    for number, bar in enumerate(found.bars, 1):
        _bar(sheet, bar, left, room, top + number * ROW)
    for number, (title, waves) in enumerate(found.loose, len(found.bars) + 1):
        y = top + number * ROW
        sheet.write(EDGE, y + ROW / 2, _short(title, NAME - 16, 24), 24, INK)
        _waves(sheet, waves, left, room, y)


def _bar(sheet: Sheet, bar: Bar, left: float, room: float, y: float) -> None:
    sheet.line([(EDGE - 20, y), (WIDE - EDGE + 20, y)], "#e6ebf0", 1)
    sheet.write(EDGE, y + ROW / 2, bar.span.occasion.name, 24, INK)
    if not bar.span.announced:
        after = EDGE + width(bar.span.occasion.name, 24) + 10
        sheet.write(after, y + ROW / 2, words()["unknown_mark"], 18, "#8f1418", bold=False)
    start, end = left + bar.start * room, left + (bar.start + bar.length) * room
    colour = BLUE if bar.span.announced else "#5d86b8"
    sheet.box((start, y + 9, max(end, start + 10), y + ROW - 9), colour, 6)
    names = "\u3001".join(bar.types)
    after, before = left + room - end - 24, start - left - 16
    size = next((size for size in range(20, 13, -1) if width(names, size, False) < max(after, before)), 13)
    if width(names, size, False) < after or after > before:
        sheet.write(end + 24, y + ROW / 2, _short(names, after, size), size, SOFT, bold=False)
    else:
        sheet.write(start - 16, y + ROW / 2, _short(names, before, size), size, SOFT, "r", bold=False)
    _waves(sheet, bar.waves, left, room, y)


def _waves(sheet: Sheet, waves: tuple[float, ...], left: float, room: float, y: float) -> None:
    for at in waves:
        x = left + at * room
        sheet.ellipse((x - 9, y + ROW / 2 - 9, x + 9, y + ROW / 2 + 9), ORANGE, PAPER, 2)


def _short(text: str, room: float, size: int) -> str:
    """Return as much of a name as there is room for: names only, and the page has them whole."""
    kept = len(text)
    while kept > 1 and width(text[:kept], size) > room:
        kept -= 1
    return text if kept == len(text) else text[: kept - 1] + "\u2026"
