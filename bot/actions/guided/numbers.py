"""Numbers and sums of money as people write them: 三万二, 2w, 一万多, 3.5万, 两千块, 1万2千3."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.actions import content

_PLACEHOLDER = re.compile(r"<[^<>\s]{1,14}>")


@dataclass(frozen=True)
class Number:
    """A number in a text: ``unit`` is the largest unit written (1 without), ``several``: "几万"."""

    value: float
    start: int
    end: int
    unit: int
    several: bool
    literal: bool


def plain(text: str) -> str:
    """Return the text as the patterns see it: NFKC, lower case; a placeholder's digits are no number."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return _PLACEHOLDER.sub(lambda found: "\u25a1" * len(found.group()), folded)


def value_of(run: str) -> float | None:
    """Return what a run of digits, Chinese numerals and units says, None when it says nothing."""
    tokens = [token for token in _token().findall(run.replace(",", "")) if token]
    total, section, number, last_unit, zero = 0.0, 0.0, None, 1, False
    for token in tokens:
        if token in _table("units"):
            unit = _table("units")[token]
            if unit >= 10_000:
                total += (section + (number or 0.0) or 1.0) * unit
                section = 0.0
            else:
                section += (1.0 if number is None else number) * unit
            number, last_unit, zero = None, unit, False
        elif token in _table("digits"):
            digit = float(_table("digits")[token])
            zero = zero or digit == 0
            number = digit if number is None else number * 10 + digit
        else:
            number = float(token)
    if number is not None:
        # "三万二" is 32,000: a bare last digit counts in tenths of the unit before it.
        spoken = last_unit >= 100 and number < 10 and not zero
        section += number * last_unit / 10 if spoken else number
    return total + section if tokens else None


def find(text: str) -> list[Number]:
    """Return all numbers of a ``plain`` text, left to right."""
    found = []
    for match in _run().finditer(text):
        run = match.group().rstrip(",.")
        several = bool(re.search(_reading()["several"], run))
        # "几万" is at least one; "十几万" at least ten: the size is what is known.
        counted = re.sub(_reading()["several"], "", run.lstrip("-"))
        value = value_of(counted)
        if value is None:
            continue
        units = [_table("units")[char] for char in run if char in _table("units")]
        sign = -1 if run.startswith("-") else 1
        literal = any(char.isdigit() and char.isascii() for char in run)
        end = match.start() + len(run)
        found.append(Number(sign * value, match.start(), end, max(units, default=1), several, literal))
    return found


def money(text: str, asked: bool) -> dict[str, Any] | None:
    """Return ``{"yuan", "about", "said"}`` of the sum in ``text``; ``asked``: the words answer "how much"."""
    seen = plain(text)
    words: dict[str, str] = _reading()["money"]
    corrected = re.search(words["corrected"], seen)
    first = corrected.end() if corrected and find(seen[corrected.end() :]) else 0
    sums = [one for one in find(seen) if one.start >= first and _is_money(seen, one, asked)]
    if not sums:
        return None
    total = re.search(words["total"], seen)
    after_total = [one for one in sums if total and one.start >= total.end()]
    if after_total or len(sums) == 1 or not re.search(words["joined"], seen):
        return _sum(seen, (after_total or sums)[0])
    each = [_sum(seen, one) for one in sums]
    yuan = sum(one["yuan"] for one in each)
    return {"yuan": yuan, "about": any(one["about"] for one in each), "said": ""}


def _is_money(text: str, number: Number, asked: bool) -> bool:
    words: dict[str, str] = _reading()["money"]
    before, after = text[: number.start], text[number.end :]
    if re.search(words["after"], after):
        return True
    if re.search(words["not_after"], after):
        return False
    sized = number.unit >= 100 or (number.literal and number.value >= 100)
    if asked:
        return sized or number.literal or not re.match(r"[\u4e00-\u9fff]", after)
    return sized and bool(re.search(words["before"], before) or number.unit >= 10_000)


def _sum(text: str, number: Number) -> dict[str, Any]:
    words: dict[str, str] = _reading()["money"]
    after = text[number.end :]
    more = re.search(words["more"], after)
    vague = bool(number.several or more)
    near = text[max(0, number.start - 6) : number.end + 6]
    said = text[number.start : number.end + (more.end() if more else 0)].strip() if vague else ""
    return {"yuan": number.value, "about": vague or bool(re.search(words["about"], near)), "said": said}


def _reading() -> Any:
    return content.load("guided/reading")


def _table(name: str) -> dict[str, int]:
    table: dict[str, int] = _reading()[name]
    return table


@cache
def _token() -> re.Pattern[str]:
    signs = "".join([*_table("digits"), *_table("units")])
    return re.compile(rf"\d+(?:\.\d+)?|[{signs}]")


@cache
def _run() -> re.Pattern[str]:
    signs = "".join([*_table("digits"), *_table("units")])
    starts, several = _reading()["starts"], _reading()["several"].replace("|", "")
    inside = rf"[\d{signs}{several}]|,(?=\d{{3}})|\.(?=\d)"
    return re.compile(rf"(?<![\d.])-?[{starts}](?:{inside})*(?<![wk])(?:[wk](?![a-z]))?")
