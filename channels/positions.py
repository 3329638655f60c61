"""Carry the positions and quotes of an assessment from the masked text back to the text as it was sent."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from bot.assessment.model import Assessment
from bot.assessment.placeholders import PLACEHOLDER, find


def put_back(assessment: Assessment, text: str, masked: str) -> Assessment:
    """Return ``assessment`` (of ``masked``) with every ``text[start:end] == quote`` again."""
    pieces = _pieces(text, masked)

    def spot(start: int, end: int) -> tuple[int, int]:
        return _before(pieces, start), _after(pieces, end)

    flags = []
    for flag in assessment.red_flags:
        start, end = spot(flag.start, flag.end)
        flags.append(replace(flag, start=start, end=end, quote=text[start:end]))
    entities = []
    for entity in assessment.entities:
        start, end = spot(entity.start, entity.end)
        entities.append(replace(entity, start=start, end=end, text=text[start:end]))
    return replace(assessment, red_flags=tuple(flags), entities=tuple(entities))


def _pieces(text: str, masked: str) -> list[tuple[int, int, int, int]]:
    """Return each placeholder's start and end in ``masked``, then its original's in ``text``."""
    pieces: list[tuple[int, int, int, int]] = []
    shift = 0
    for span in find(text):
        placeholder = PLACEHOLDER.match(masked, span.start + shift)
        if (
            placeholder is None
        ):  # cannot happen while mask() and find() agree; then positions stay as they are
            break
        pieces.append((placeholder.start(), placeholder.end(), span.start, span.end))
        shift = placeholder.end() - span.end
    return pieces


def _before(pieces: list[tuple[int, int, int, int]], position: int) -> int:
    """Map a start: inside a placeholder it moves to the original's start."""
    last = bisect_right(pieces, position, key=lambda piece: piece[0]) - 1
    if last < 0:
        return position
    _, masked_end, start, end = pieces[last]
    return start if position < masked_end else end + position - masked_end


def _after(pieces: list[tuple[int, int, int, int]], position: int) -> int:
    """Map an end: inside a placeholder it moves to the original's end."""
    last = bisect_right(pieces, position - 1, key=lambda piece: piece[0]) - 1
    if last < 0:
        return position
    _, masked_end, _, end = pieces[last]
    return end if position <= masked_end else end + position - masked_end
