"""Boxes of text → the text in the order in which a person reads it, with sides where the screen is a talk.

A talk is recognised by how chat programs draw it: what the other side says hangs at the left margin, one's own words
at the right one, never both at the same height. Everything else is read as a page, column by column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from channels.pictures.blocks import Block, blocks, page_text
from channels.pictures.content import load
from channels.pictures.lines import Box, distance, join_pieces, overlap

TOP = 0.045  # share of a screen's height that the status bar takes at most
HEAD = 0.13  # share above which the title stands
CENTRED = 0.09  # share of the width by which a centred line may be off
EDGE = 0.045  # share of the width within which bubbles of one side are aligned
FAR = 0.30  # share of the width that a bubble of the other side leaves free at least, if it is not full
TITLE = 20  # characters of a name at the head of a talk
NICKNAME = 0.88  # a name above a bubble is written smaller than the bubble's own text
PORTRAIT = 1.2  # a screen is that much higher than wide


def read_screen(boxes: Sequence[Box], width: int, height: int) -> str:
    """Return the text of a picture of ``width`` × ``height`` pixels; empty when there is none."""
    found = join_pieces(_without_furniture(boxes, width, height))
    if height >= PORTRAIT * width:
        said = _talk(found, width, min(height, int(2.3 * width)))
        if said is not None:
            return said
    return page_text(found, width)


def _without_furniture(boxes: Sequence[Box], width: int, height: int) -> list[Box]:
    """Drop the status bar, times between messages, "is typing" and the like: only whole lines that are certain."""
    screen = min(height, int(2.3 * width))  # a long capture has the bar of one screen
    kept = []
    for box in boxes:
        centred = abs(box.centre - width / 2) < CENTRED * width
        at_top = box.bottom < TOP * screen and height >= PORTRAIT * width
        bar = at_top and _pattern("status_bar").match(box.text)
        time = centred and _pattern("time_stamp").match(box.text)
        if not bar and not time and not _pattern("furniture").match(box.text):
            kept.append(box)
    return kept


def _talk(found: Sequence[Box], width: int, screen: int) -> str | None:
    """Return the turns, or None when two sides are not clearly there."""
    head = [box for box in found if _is_title(box, width, screen)]
    groups = blocks([box for box in found if box not in head])
    edges = _edges(groups, width)
    if edges is None:
        return None
    left, right = edges
    others = [group for group in groups if _is_left(group, left, right, width)]
    mine = [group for group in groups if _is_right(group, left, right, width)]
    if not others or not mine or _side_by_side(others, mine):
        return None
    turns: list[tuple[str, str]] = []
    for at, group in enumerate(groups):
        side = _side(group, others, mine, left, right, width)
        follower = groups[at + 1] if at + 1 < len(groups) else None
        if side == "other" and follower is not None and _is_nickname(group, follower):
            continue
        turns.append((side, group.text))
    sides = load()["sides"]
    return "\n".join(sides[side].format(text=text) if side else text for side, text in turns)


def _is_title(box: Box, width: int, screen: int) -> bool:
    return (
        box.bottom < HEAD * screen
        and abs(box.centre - width / 2) < 2 * CENTRED * width
        and len(box.text) <= TITLE
    )


def _edges(groups: Sequence[Block], width: int) -> tuple[float, float] | None:
    """Return where the other side's text begins and where one's own ends, or None when nothing is aligned so."""
    hanging = [
        group.left for group in groups if group.left < 0.30 * width and group.right < (1 - EDGE) * width
    ]
    ending = [group.right for group in groups if group.right > 0.70 * width and group.left > 0.30 * width]
    if not hanging or not ending:
        return None
    return _commonest(hanging, EDGE * width), _commonest(ending, EDGE * width)


def _commonest(values: Sequence[float], reach: float) -> float:
    return max(values, key=lambda value: sum(abs(value - other) <= reach for other in values))


def _is_left(group: Block, left: float, right: float, width: int) -> bool:
    return abs(group.left - left) <= EDGE * width and right - group.right > 0.05 * width


def _is_right(group: Block, left: float, right: float, width: int) -> bool:
    return abs(group.right - right) <= EDGE * width and group.left - left > FAR / 2 * width


def _side_by_side(others: Sequence[Block], mine: Sequence[Block]) -> bool:
    """Tell label and value of a form, or two columns: a talk never has both sides at one height."""
    return any(overlap(one.frame, other.frame) > 0.3 for one in others for other in mine)


def _side(
    group: Block, others: Sequence[Block], mine: Sequence[Block], left: float, right: float, width: int
) -> str:
    """Return ``other``, ``mine``, or an empty string for what stands on neither side."""
    if group in mine:
        return "mine"
    if group in others and group.paper is None:
        return "other"
    by_colour = _nearest_colour(group, others, mine)
    if group in others:
        # A full bubble of one's own begins almost at the left margin: then its colour tells.
        wide = right - group.right < 0.12 * width
        return by_colour if wide and by_colour else "other"
    if abs(group.frame.centre - width / 2) < CENTRED * width and group.right - group.left < 0.5 * width:
        return by_colour  # a remark of the program in the middle stands on the page's own colour
    return by_colour or ("other" if group.left - left <= right - group.right else "mine")


def _nearest_colour(group: Block, others: Sequence[Block], mine: Sequence[Block]) -> str:
    if group.paper is None:
        return ""

    def off(side: Sequence[Block]) -> int:
        return min(
            (distance(group.paper, b.paper) for b in side if b.paper and group.paper and b is not group),
            default=999,
        )

    one, other = off(others), off(mine)
    if min(one, other) > 24 or abs(one - other) < 24:
        return ""
    return "other" if one < other else "mine"


def _is_nickname(group: Block, follower: Block) -> bool:
    """Tell a name above a bubble in a group: one short line, smaller than what it stands over."""
    small = group.line_height < NICKNAME * follower.line_height
    near = follower.top - group.bottom < 1.6 * follower.line_height
    return (
        group.count == 1
        and small
        and near
        and len(group.text) <= TITLE
        and group.left <= follower.left + group.line_height
    )


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(load()[name], re.IGNORECASE)
