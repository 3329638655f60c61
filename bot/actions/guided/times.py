"""Moments as people say them: 刚才, 半小时前, 昨天下午三点, 今早, 11月20号. All times are China's (UTC+8)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from bot.actions import content
from bot.actions.guided.numbers import plain, value_of

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Moment:
    """When: ``exact`` to the minute or so, else only the day or part of the day is known.

    ``vague``: "just now", which a better time told later replaces.
    """

    at: datetime
    exact: bool
    vague: bool = False


def read(text: str, now: datetime, asked: bool) -> dict[str, Any] | None:
    """Return ``{"at": Unix seconds, "exact", "said"}`` (and "vague") of the moment in ``text``, None when there is none.

    ``asked``: the words answer "when"; in passing, only what is surely a time counts. A moment in the future is
    returned as it is: the caller decides.
    """
    seen, here = plain(text), now.astimezone(CHINA)
    found = _ago(seen, here) or _dated(seen, here, asked) or _just_now(seen, here, asked)
    if found is None:
        return None
    value = {"at": found.at.timestamp(), "exact": found.exact, "said": text.strip()[:20]}
    return {**value, "vague": True} if found.vague else value


def _ago(text: str, now: datetime) -> Moment | None:
    found = re.search(_words()["ago"], text)
    if found is None:
        return None
    half = _words()["half"]
    told = _words()["english"].get(found["n"])
    size = 0.5 if found["n"] == half else told or value_of(found["n"]) or 3.0
    size += 0.5 if found["half"] else 0.0
    seconds = size * _words()["unit_seconds"][found["unit"]]
    try:
        return Moment(now - timedelta(seconds=seconds), seconds < 86_400)
    except OverflowError:
        return None


def _just_now(text: str, now: datetime, asked: bool) -> Moment | None:
    said = re.search(_words()["now"], text) or (asked and re.search(_words()["now_asked"], text))
    return Moment(now, True, vague=True) if said else None


def _dated(text: str, now: datetime, asked: bool) -> Moment | None:
    day = _day(text, now, asked)
    part = next((one for one in _words()["parts"] if re.search(one["words"], text)), None)
    clock = _clock(text, part, sure=asked or day is not None or part is not None)
    if day is None and clock is None and part is None:
        return None
    if day is None and clock is None and not asked:
        return None  # "早上好" is no moment
    date = day or now
    if clock is None:
        hour = int(part["alone"]) if part else 12
        at = date.replace(hour=hour, minute=0, second=0, microsecond=0)
        return Moment(min(at, now) if at.date() == now.date() else at, False)
    at = date.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=clock)
    if day is None and at > now:
        at -= timedelta(days=1)
    elif part is None and clock < 720 and at + timedelta(hours=12) <= now and day is None:
        at += timedelta(hours=12)
    return Moment(at, True)


def _clock(text: str, part: dict[str, Any] | None, sure: bool) -> int | None:
    """Return the minutes since midnight that a clock in ``text`` shows."""
    found = re.search(_words()["clock"], text)
    if found is None or not (sure or re.search(_words()["clock_sure"], found.group())):
        return None
    hour = int(value_of(found["hour"]) or 0)
    minute = 30 if found["half"] else 0
    if found["quarter"]:
        minute = 15 * int(value_of(found["quarter"]) or 0)
    elif found["minute"]:
        minute = int(value_of(found["minute"]) or 0)
    if part and hour < 12 and part["add"] and hour < part.get("below", 12):
        hour += int(part["add"])
    if hour > 24 or minute > 59:
        return None
    return hour * 60 + minute


def _day(text: str, now: datetime, asked: bool) -> datetime | None:
    for word, back in _words()["days"].items():
        if word in text:
            return now - timedelta(days=back)
    dated = re.search(_words()["date"], text)
    if dated and (asked or re.search(_words()["date_sure"], dated.group())):
        return _calendar(now, dated["year"], dated["month"], dated["day"])
    weekday = re.search(_words()["weekday"], text)
    if weekday:
        back = (now.weekday() - _words()["weekdays"][weekday["day"]]) % 7
        earlier = 7 if weekday["last"] and back <= now.weekday() else 0
        return now - timedelta(days=back + earlier)
    day = re.search(_words()["day_of_month"], text)
    return _calendar(now, None, str(now.month), day["day"]) if day else None


def _calendar(now: datetime, year: str | None, month: str, day: str) -> datetime | None:
    """Return the date; without a year, one that lies more than half a year ahead was last year's."""
    try:
        at = now.replace(
            year=int(year or now.year), month=int(value_of(month) or 0), day=int(value_of(day) or 0)
        )
        return at.replace(year=at.year - 1) if not year and at - now > timedelta(days=183) else at
    except ValueError:
        return None


def _words() -> Any:
    return content.load("guided/reading")["time"]
