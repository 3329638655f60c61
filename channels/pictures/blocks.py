"""Lines that belong together: bubbles and paragraphs, and the order of a page with or without columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from channels.pictures.lines import Box, distance, join_text, overlap, rows

GAP = 0.95  # line heights between two lines of one paragraph; bubbles stand further apart
ALIGNED = 0.9  # line heights by which the lines of one paragraph may begin differently
FULL = 2.2  # line heights that a line broken by the margin may fall short of the widest one
GUTTER = 0.03  # share of the width that two columns are apart at least
COLUMN_LINES = 3  # lines that make a column
LABEL = 7  # characters of the longest label of a table
LEVEL = 0.5  # share of lines with a neighbour at the same height from which on it is a table, read by rows


@dataclass(frozen=True, slots=True)
class Block:
    """A bubble or a paragraph; ``text`` has no line breaks that come from the margin only."""

    lines: tuple[Box, ...] = field(repr=False)

    @property
    def left(self) -> float:
        """Return the left edge."""
        return min(line.left for line in self.lines)

    @property
    def right(self) -> float:
        """Return the right edge."""
        return max(line.right for line in self.lines)

    @property
    def top(self) -> float:
        """Return the upper edge."""
        return self.lines[0].top

    @property
    def bottom(self) -> float:
        """Return the lower edge."""
        return self.lines[-1].bottom

    @property
    def frame(self) -> Box:
        """Return the box around all lines."""
        return Box(self.left, self.top, self.right, self.bottom, "")

    @property
    def count(self) -> int:
        """Return the number of lines."""
        return len(self.lines)

    @property
    def line_height(self) -> float:
        """Return how high a line is."""
        return sum(line.height for line in self.lines) / len(self.lines)

    @property
    def paper(self) -> tuple[int, int, int] | None:
        """Return the colour the first line stands on."""
        return self.lines[0].paper

    @property
    def text(self) -> str:
        """Return the words; a line that ends well before the margin ends a paragraph."""
        said = self.lines[0].text
        for before, line in pairwise(self.lines):
            broken = self.right - before.right <= FULL * self.line_height
            said = join_text(said, line.text) if broken else f"{said}\n{line.text}"
        return said


def blocks(boxes: Sequence[Box]) -> list[Block]:
    """Return paragraphs from top to bottom; a row's pieces that stand apart are blocks of their own."""
    open_: list[list[Box]] = []
    for row in rows(boxes):
        for box in row:
            fitting = next((lines for lines in reversed(open_) if _continues(lines[-1], box)), None)
            if fitting is None:
                open_.append([box])
            else:
                fitting.append(box)
    return sorted((Block(tuple(lines)) for lines in open_), key=lambda block: (block.top, block.left))


def page_text(boxes: Sequence[Box], width: int) -> str:
    """Return the text of a page: columns one after the other, tables by rows, paragraphs joined."""
    return "\n".join(_page(list(boxes), width)).strip()


def _page(boxes: list[Box], width: int) -> list[str]:
    for upper, column, lower in _cuts(boxes, width):
        return [
            *_page(upper, width),
            *(line for part in column for line in _page(part, width)),
            *_page(lower, width),
        ]
    result: list[str] = []
    waiting: list[Box] = []  # rows of one piece: they may be paragraphs
    for row in rows(boxes):
        if len(row) == 1:
            waiting += row
            continue
        result += [block.text for block in blocks(waiting)]
        waiting = []
        result.append(" ".join(box.text for box in row))
    return [*result, *(block.text for block in blocks(waiting))]


def _cuts(boxes: list[Box], width: int) -> list[tuple[list[Box], tuple[list[Box], list[Box]], list[Box]]]:
    """Return at most one way to see columns: what stands above them, left and right, and what stands below."""
    if len(boxes) < 2 * COLUMN_LINES:
        return []
    for centre in (0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65):
        at = centre * width
        near = GUTTER * width / 2
        crossing = [box for box in boxes if box.left < at + near and box.right > at - near]
        aside = [box for box in boxes if box not in crossing]
        if not aside:
            continue
        for upper, lower in _bands(crossing, aside):
            band = [box for box in aside if upper <= box.middle <= lower]
            left, right = [b for b in band if b.right <= at], [b for b in band if b.left >= at]
            if len(left) >= COLUMN_LINES and len(right) >= COLUMN_LINES and not _level(left, right):
                above = [box for box in boxes if box.middle < upper]
                below = [box for box in boxes if box.middle > lower]
                return [(above, (left, right), below)]
    return []


def _bands(crossing: Sequence[Box], aside: Sequence[Box]) -> list[tuple[float, float]]:
    """Return the stretches of height that no crossing box interrupts, the highest stretch first."""
    ends = [
        min(b.top for b in aside) - 1,
        *sorted(b.middle for b in crossing),
        max(b.bottom for b in aside) + 1,
    ]
    ends = sorted(ends)
    spans = [(a + 0.5, b - 0.5) for a, b in pairwise(ends) if b - a > 2]
    return sorted(spans, key=lambda span: span[0] - span[1])


def _level(left: Sequence[Box], right: Sequence[Box]) -> bool:
    """Tell a table: its cells stand at the same height, and those on one side are short labels."""
    paired = sum(any(overlap(one, other) > 0.7 for other in right) for one in left)
    short = min(max(len(box.text) for box in side) for side in (left, right)) <= LABEL
    return short and paired >= LEVEL * min(len(left), len(right))


def _continues(above: Box, box: Box) -> bool:
    """Tell whether ``box`` is the next line of the paragraph that ends with ``above``."""
    size = min(above.height, box.height)
    gap = box.top - above.bottom
    begins = abs(box.left - above.left) <= ALIGNED * size
    centred = abs(box.centre - above.centre) <= 0.5 * size and box.left >= above.left - ALIGNED * size
    alike = max(above.height, box.height) / max(1.0, size) < 1.45
    paper = above.paper is None or box.paper is None or distance(above.paper, box.paper) < 45
    return -0.5 * size <= gap <= GAP * size and (begins or centred) and alike and paper
