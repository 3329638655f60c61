"""How large the writing of a poster can be: as large as fits, and never smaller than its format allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from campaigns.document import Picture
from campaigns.pictures.breaking import TooLong, phrases, wrap
from campaigns.pictures.formats import Format
from campaigns.pictures.templates import Template
from campaigns.pictures.typeface import width

HEADLINE_ROWS, LINE_ROWS = 4, 2
HEADLINE_PITCH, ROW_PITCH = 1.24, 1.34  # of the size
# Of the lines' size. MARKER: the number and the space after it; GAP: at least so much under the headline.
LINE_GAP, PADDING, MARKER, GAP = 0.62, 0.78, 1.72, 0.6
WIDE_BLANK = "\u2002"


@dataclass(frozen=True, slots=True)
class Fit:
    """Sizes in pixels, the rows of the headline, and the rows of each line."""

    headline: int
    rows: tuple[str, ...]
    line: int
    lines: tuple[tuple[str, ...], ...]

    @property
    def headline_height(self) -> float:
        """How high the headline is."""
        return len(self.rows) * self.headline * HEADLINE_PITCH

    @property
    def panel_height(self) -> float:
        """How high the panel with the lines is; 0 without lines."""
        if not self.lines:
            return 0.0
        rows = sum(len(line) for line in self.lines) * self.line * ROW_PITCH
        return rows + (len(self.lines) - 1) * self.line * LINE_GAP + 2 * self.line * PADDING


def fit(
    picture: Picture, form: Format, look: Template, room: float, height: float, lines: bool = True
) -> Fit:
    """Return the best writing for a column ``room`` wide and ``height`` high. Raises ``TooLong``.

    The best: headline and lines together as large as can be, the lines counting a little more; a line in one row is
    worth a quarter of the largest size.
    """
    texts = [line.replace(" ", WIDE_BLANK) for line in picture.lines] if lines else []
    tops = ways(picture.headline, form, look, room)
    best: tuple[float, Fit] | None = None
    for size, wrapped in _panels(texts, form, look, room):
        for rows in tops:
            panel = Fit(0, rows, size, wrapped)
            left = height - panel.panel_height - (size * GAP if texts else 0.0)
            most = form.headline[1] * look.scale
            large = int(min(most, left / len(rows) / HEADLINE_PITCH, room / _widest(rows)))
            if large < form.headline[0] * look.scale:
                continue
            doubled = any(len(line) > 1 for line in wrapped)
            worth = large / most + (1.2 * size / (form.line[1] * look.scale) if texts else 0) - 0.25 * doubled
            if best is None or worth > best[0]:
                best = worth, Fit(large, rows, size, wrapped)
    if best is None:
        raise TooLong(_why(picture.headline, texts, form, look, room))
    return best[1]


def ways(text: str, form: Format, look: Template, room: float) -> list[tuple[str, ...]]:
    """Return in which rows a headline can stand: its phrases, together or apart; broken only when they are long."""
    least, most = (size * look.scale for size in form.headline)
    parts = phrases(text)
    found = []
    for rows in range(1, min(len(parts), HEADLINE_ROWS) + 1):
        if len(parts) % rows:  # one phrase more in one row than in another looks like a mistake
            continue
        groups = [parts[at * len(parts) // rows : (at + 1) * len(parts) // rows] for at in range(rows)]
        found.append(tuple(WIDE_BLANK.join(group) for group in groups))
    found = [rows for rows in found if least * _widest(rows) <= room]
    if not any(most * 0.55 * _widest(rows) <= room for rows in found):
        for size in range(round(most), round(least) - 1, -4):
            broken = wrap(text, room, lambda run, size=size: width(run, size), HEADLINE_ROWS)  # type: ignore[misc]
            if broken is not None and tuple(broken) not in found:
                found.append(tuple(broken))
    return found


def _panels(
    texts: list[str], form: Format, look: Template, room: float
) -> Iterator[tuple[int, tuple[tuple[str, ...], ...]]]:
    """Yield sizes of the lines with their rows."""
    if not texts:
        yield 0, ()
        return
    least, most = (round(size * look.scale) for size in form.line)
    for size in range(most, least - 1, -2):
        wrapped = [_rows(text, room, size) for text in texts]
        if all(wrapped):
            yield size, tuple(tuple(rows) for rows in wrapped if rows)


def _rows(text: str, room: float, size: int) -> list[str] | None:
    return wrap(text, room - size * (2 * PADDING + MARKER), lambda run: width(run, size), LINE_ROWS)


def _widest(rows: Sequence[str]) -> float:
    """Return how wide the widest row runs, in sizes."""
    return max(width(row, 1) for row in rows)


def _why(title: str, texts: list[str], form: Format, look: Template, room: float) -> str:
    """Return what does not fit: a text by itself, or all together."""
    if not ways(title, form, look, room):
        return f"{form.name}: the headline is too long ({len(title)} characters)"
    least = round(form.line[0] * look.scale)
    for number, text in enumerate(texts, 1):
        if _rows(text, room, least) is None:
            return f"{form.name}: line {number} is too long ({len(text)} characters)"
    return f"{form.name}: headline and {len(texts)} lines together are too high"
