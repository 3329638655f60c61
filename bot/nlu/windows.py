"""A long message read piece by piece: the emergency stands somewhere in the middle of a story. Pure: no Rasa."""

from __future__ import annotations

import re

from bot.nlu.features import LOOK_AT
from bot.nlu.routing import plain

# A new piece begins this many characters after the one before, or later: neighbours overlap, no clause is cut twice.
STEP = 20
# 600 characters are read (routing.py); more pieces than this cost time and found nothing more.
MOST = 20
_CLAUSE = re.compile(r"[\s,，。;；!！?？、…]+")


def windows(text: str) -> list[str]:
    """Return the pieces of ``text``, each of at most ``LOOK_AT`` characters as ``plain`` gives them; one if it is short."""
    seen = plain(text)
    if len(seen) <= LOOK_AT:
        return [text]
    step = max(STEP, len(seen) // MOST)
    starts = [0]
    for gap in _CLAUSE.finditer(seen):
        _fill(starts, gap.end(), step)
        if gap.end() - starts[-1] >= step:
            starts.append(gap.end())
    _fill(starts, len(seen), step)
    return [seen[start : start + LOOK_AT] for start in starts if seen[start:].strip()]


def _fill(starts: list[int], until: int, step: int) -> None:
    """Add starts where no clause ends for long: dictated words have no stops."""
    while until - starts[-1] > LOOK_AT:
        starts.append(starts[-1] + step)
