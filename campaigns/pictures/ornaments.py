"""What is drawn behind and beside the writing, by template. Nothing of it is needed to understand a poster."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from campaigns.pictures.sheet import Sheet
from campaigns.pictures.templates import Template


def draw(sheet: Sheet, look: Template, room: float) -> None:
    """Draw the ornament of ``look``; ``room``: from the top edge to where the headline begins, in pixels."""
    _BY_NAME[look.ornament](sheet, look, room)


def mixed(colour: str, other: str, part: float) -> str:
    """Return ``colour`` with ``part`` (0 to 1) of ``other`` in it."""
    pairs = ((int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in pairs)


def _lanterns(sheet: Sheet, look: Template, room: float) -> None:
    glow = mixed(look.background[0], look.accent, 0.10)
    side = min(sheet.width, sheet.height)
    centre = (sheet.width - side * 0.08, side * 0.10)
    for radius in (0.62, 0.46, 0.31):  # rings of light behind the lanterns
        r = side * radius
        sheet.ellipse((centre[0] - r, centre[1] - r, centre[0] + r, centre[1] + r), "", glow, side * 0.006)
    high = room * 0.52
    for x, drop, size in ((0.62, 0.10, 1.0), (1.9, 0.02, 0.78)):
        _lantern(sheet, look, sheet.width - side * 0.06 - high * x, room * drop, high * size)


def _lantern(sheet: Sheet, look: Template, x: float, top: float, high: float) -> None:
    wide, cap = high * 1.12, high * 0.10
    gold, red = look.accent, "#e0262c"
    sheet.line([(x, -4), (x, top + cap)], gold, high * 0.03)
    body = (x - wide / 2, top + cap, x + wide / 2, top + cap + high)
    sheet.ellipse(body, red, gold, high * 0.025)
    for part in (0.62, 0.24):
        sheet.ellipse((x - wide * part / 2, body[1], x + wide * part / 2, body[3]), "", gold, high * 0.022)
    for y in (top + cap * 0.4, body[3] - cap * 0.6):
        sheet.box((x - wide * 0.23, y, x + wide * 0.23, y + cap * 1.2), gold, cap * 0.4)
    for shift in (-0.09, -0.03, 0.03, 0.09):
        foot = body[3] + cap * 0.5
        sheet.line([(x + wide * shift, foot), (x + wide * shift, foot + high * 0.34)], gold, high * 0.022)


def _shield(sheet: Sheet, look: Template, room: float) -> None:
    faint = mixed(look.background[0], look.accent, 0.13)
    side = min(sheet.width, sheet.height)
    for x, y, radius in ((sheet.width, 0.0, side * 0.52), (0.0, float(sheet.height), side * 0.44)):
        sheet.ellipse((x - radius, y - radius, x + radius, y + radius), faint)
    high = room * 0.60
    wide, x, top = high * 0.84, sheet.width - high * 0.42 - side * 0.075, room * 0.20
    points = [(x, top), (x + wide / 2, top + high * 0.14)]
    points += [
        (x + wide / 2 * math.cos(turn), top + high * 0.5 + high / 2 * math.sin(turn))
        for turn in (0.05, 0.4, 0.8, 1.2, math.pi / 2, 1.94, 2.34, 2.74, 3.09)
    ]
    sheet.polygon([*points, (x - wide / 2, top + high * 0.14)], look.accent)
    tick = [(x - wide * 0.24, top + high * 0.48), (x - wide * 0.04, top + high * 0.68)]
    sheet.line([*tick, (x + wide * 0.27, top + high * 0.32)], look.background[1], high * 0.09)


def _stripes(sheet: Sheet, look: Template, room: float) -> None:
    thick = min(sheet.width, sheet.height) * 0.03
    for top in (0.0, sheet.height - thick):
        sheet.box((0, top, sheet.width, top + thick), look.accent)
        for start in range(-2, int(sheet.width / thick) + 2, 3):
            x = start * thick
            sheet.polygon(
                [(x + thick, top), (x + thick * 2.4, top), (x + thick * 1.4, top + thick), (x, top + thick)],
                look.background[0],
            )
    high = room * 0.52
    x, top = sheet.width - high * 0.58 - min(sheet.width, sheet.height) * 0.075, thick + room * 0.12
    corners = [(x, top), (x + high * 0.58, top + high), (x - high * 0.58, top + high)]
    sheet.polygon(corners, look.accent)
    sheet.line([*corners, corners[0], corners[1]], look.accent, high * 0.08)
    inner = look.background[0]
    stroke = [(x - high * 0.06, top + high * 0.30), (x + high * 0.06, top + high * 0.30)]
    sheet.polygon(
        [*stroke, (x + high * 0.035, top + high * 0.68), (x - high * 0.035, top + high * 0.68)], inner
    )
    dot = high * 0.06
    sheet.ellipse((x - dot, top + high * 0.76, x + dot, top + high * 0.76 + 2 * dot), inner)


def _frame(sheet: Sheet, look: Template, room: float) -> None:
    side = min(sheet.width, sheet.height)
    edge = side * 0.018
    sheet.box((0, 0, sheet.width, sheet.height), "", 0, look.headline, edge)
    radius, x, y = room * 0.30, sheet.width - side * 0.17, edge + room * 0.44
    for step in range(12):  # a sun, in the corner
        turn = step * math.pi / 6
        far, near = radius * 1.0, radius * 0.74
        sheet.line(
            [
                (x + near * math.cos(turn), y + near * math.sin(turn)),
                (x + far * math.cos(turn), y + far * math.sin(turn)),
            ],
            look.accent,
            radius * 0.10,
        )
    sheet.ellipse((x - radius * 0.58, y - radius * 0.58, x + radius * 0.58, y + radius * 0.58), look.accent)


_BY_NAME: Mapping[str, Callable[[Sheet, Template, float], None]] = {
    "lanterns": _lanterns,
    "shield": _shield,
    "stripes": _stripes,
    "frame": _frame,
}
