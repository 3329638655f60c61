"""Where lines of Chinese may break (the rules of 避头尾, GB/T 15834; CLREQ 3.1.5), and where they break best."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

# Never at the start of a line, and never at its end.
NO_START = (
    "\uff0c\u3002\u3001\uff1b\uff1a\uff01\uff1f\uff09\u300b\u300d\u300f\u201d\u2019\u2026\u00b7\uff05%),.!?;:"
)
NO_END = "\uff08\u300a\u300c\u300e\u201c\u2018("
PHRASE_END = re.compile(r"(?<=[\uff0c\u3002\uff1b\uff01\uff1f])|\s+")
# What stays together: numbers and Latin words; a character with the marks around it.
ATOM = re.compile(
    rf"[{re.escape(NO_END)}]*(?:[0-9A-Za-z][0-9A-Za-z.+@#/-]*|[^\s])[{re.escape(NO_START)}]*|\s+"
)
UNWELCOME = (
    0.6  # what a break within a phrase costs, next to the square of the part of a line that stays empty
)


class TooLong(Exception):
    """The text does not fit; the message says which and by how much. Nothing is ever cut."""


def phrases(text: str) -> list[str]:
    """Return the parts of a headline between blanks and after punctuation."""
    return [part.strip() for part in PHRASE_END.split(text) if part and part.strip()]


def wrap(text: str, room: float, width: Callable[[str], float], most: int) -> list[str] | None:
    """Return ``text`` in as few lines as can be, evenly filled; None when it needs more than ``most``.

    ``width`` measures a text, in the unit of ``room``. Blanks are the best places to break.
    """
    atoms = ATOM.findall(text.strip())
    for rows in range(1, most + 1):
        found = _split(atoms, rows, room, width)
        if found is not None:
            return found
    return None


def _split(atoms: Sequence[str], rows: int, room: float, width: Callable[[str], float]) -> list[str] | None:
    """Return the cheapest way into exactly ``rows`` lines, None when there is none."""
    best: dict[int, tuple[float, list[str]]] = {0: (0.0, [])}
    for row in range(rows):
        fresh: dict[int, tuple[float, list[str]]] = {}
        for start, (cost, lines) in best.items():
            for end in range(start + 1, len(atoms) + 1):
                line = "".join(atoms[start:end]).strip()
                wide = width(line)
                if wide > room:
                    break
                price = cost + (1 - wide / room) ** 2 + _break_price(atoms, end)
                if line and (end not in fresh or price < fresh[end][0]):
                    fresh[end] = (price, [*lines, line])
        best = fresh
        if row == rows - 1 and len(atoms) in best:
            return best[len(atoms)][1]
    return None


def _break_price(atoms: Sequence[str], end: int) -> float:
    if end == len(atoms) or atoms[end].isspace() or atoms[end - 1].isspace():
        return 0.0
    return 0.1 if atoms[end - 1][-1] in NO_START else UNWELCOME
