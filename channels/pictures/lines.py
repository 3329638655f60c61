"""Recognised stretches of text as boxes, and boxes as rows. Pure geometry: no image, no OCR."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

SAME_ROW = 0.55  # share of the lower height that two boxes of one row overlap by
BESIDE = 1.6  # heights between two boxes that are still one stretch of text
WORD_END = re.compile(r"[A-Za-z0-9,.;:!?)]$")
WORD_START = re.compile(r"^[A-Za-z0-9(]")


@dataclass(frozen=True, slots=True)
class Box:
    """One stretch of text; pixels, y downwards. ``paper`` is the colour it stands on (R, G, B), if known."""

    left: float
    top: float
    right: float
    bottom: float
    text: str = field(repr=False)
    paper: tuple[int, int, int] | None = None

    @property
    def height(self) -> float:
        """Return how high the characters are."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Return the vertical middle."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """Return the horizontal middle."""
        return (self.left + self.right) / 2


def overlap(one: Box, other: Box) -> float:
    """Return by which share of the lower one's height the two stand beside each other, 0 to 1."""
    common = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0.0, common) / max(1.0, min(one.height, other.height))


def rows(boxes: Sequence[Box]) -> list[list[Box]]:
    """Return rows from top to bottom, each from left to right."""
    result: list[list[Box]] = []
    for box in sorted(boxes, key=lambda each: each.middle):
        row = next((row for row in reversed(result[-3:]) if overlap(row[0], box) >= SAME_ROW), None)
        if row is None:
            result.append([box])
        else:
            row.append(box)
    return [sorted(row, key=lambda each: each.left) for row in result]


def join_pieces(boxes: Sequence[Box]) -> list[Box]:
    """Join what the detector cut within one line; what stands far apart in a row stays apart."""
    result: list[Box] = []
    for row in rows(boxes):
        current = row[0]
        for box in row[1:]:
            alike = 0.6 < box.height / max(1.0, current.height) < 1.7
            if alike and box.left - current.right < BESIDE * current.height and _same_paper(current, box):
                current = replace(
                    current,
                    top=min(current.top, box.top),
                    right=max(current.right, box.right),
                    bottom=max(current.bottom, box.bottom),
                    text=join_text(current.text, box.text),
                )
            else:
                result.append(current)
                current = box
        result.append(current)
    return result


def join_text(first: str, second: str) -> str:
    """Join two stretches: Chinese without a space, words of letters with one."""
    apart = WORD_END.search(first) and WORD_START.search(second)
    return f"{first} {second}" if apart else first + second


def _same_paper(one: Box, other: Box) -> bool:
    return one.paper is None or other.paper is None or distance(one.paper, other.paper) < 60


def distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    """Return how different two colours are: the sum of the differences of red, green and blue."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
