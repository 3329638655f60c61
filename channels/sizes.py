"""Cut long texts into messages of the size a platform takes, for people to read: at ends of lines and sentences."""

from __future__ import annotations

import re
from collections.abc import Callable

# Texts are cut while they are masked; a placeholder may stand for an address of so many bytes later.
PLACEHOLDER_BYTES = 192
# An unbreakable piece: a placeholder (bot/assessment/placeholders.py), or one character with what is joined to it.
UNIT = re.compile("<[^<>#\\s]{1,6}#\\d{1,4}(?::[^<>\\s]{1,8})?>|.[\ufe0f\u200d\u0300-\u036f]*", re.DOTALL)
GOOD_ENDS = ("\n", "。！？!?；;", "，,、 ")  # where to cut, best first
Measure = Callable[[str], int]  # how a platform counts; never more than the bytes of UTF-8


def utf8(text: str) -> int:
    """Return the bytes of UTF-8."""
    return len(text.encode())


def utf16(text: str) -> int:
    """Return the units of UTF-16, of which a character beyond the first 65,536 has two."""
    return len(text.encode("utf-16-le")) // 2


def size(text: str, measure: Measure = utf8) -> int:
    """Return how many bytes (or what ``measure`` counts) ``text`` may have once its placeholders are filled in."""
    return sum(_size(unit, measure) for unit in UNIT.findall(text))


def cut(text: str, limit: int, measure: Measure = utf8) -> list[str]:
    """Return ``text`` in pieces of at most ``limit`` bytes (0: no limit); joined they are the text again.

    No character and no placeholder is ever cut. Raises ``ValueError`` for a limit that no placeholder fits into.
    """
    if limit and limit < PLACEHOLDER_BYTES:
        raise ValueError(f"a message must have room for {PLACEHOLDER_BYTES} bytes")
    if not limit or size(text, measure) <= limit:
        return [text] if text else []
    pieces: list[str] = []
    units: list[str] = []
    used = 0
    for unit in UNIT.findall(text):
        while units and used + _size(unit, measure) > limit:
            end = _end(units)
            pieces.append("".join(units[:end]))
            units = units[end:]
            used = sum(_size(one, measure) for one in units)
        units.append(unit)
        used += _size(unit, measure)
    return [*pieces, "".join(units)]


def _size(unit: str, measure: Measure) -> int:
    counted = measure(unit)
    return max(counted, PLACEHOLDER_BYTES) if len(unit) > 3 and unit[0] == "<" else counted


def _end(units: list[str]) -> int:
    """Return after which unit to cut: a good end in the second half, else the last one."""
    for ends in GOOD_ENDS:
        for at in range(len(units) - 1, len(units) // 2, -1):
            if units[at][0] in ends:
                return at + 1
    return len(units)
