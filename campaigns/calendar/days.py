"""From an occasion and a year to days: public holidays as announced, others by rule, and honest about which.

Public holidays and make-up workdays come from ``chinesecalendar``, which holds what the State Council has announced
(late in each year for the next); ``announced.yml`` takes a year that the package does not know yet. Before that the
day is worked out by the occasion's fallback rule and marked as not announced: good for planning, not for sending.
Lunar days: ``lunardate`` (1900 to 2099).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import chinese_calendar
import yaml
from lunardate import LunarDate
from pydantic import BaseModel, ConfigDict, model_validator

from campaigns.calendar.occasions import Occasion, Rule, get, load
from campaigns.document import Campaign

CHINA = ZoneInfo("Asia/Shanghai")
BY_HAND = Path(__file__).with_name("announced.yml")
YEAR = re.compile(r"-(20\d\d)$")
FIRST_YEAR, LAST_YEAR = 2004, 2099  # chinesecalendar begins, lunardate ends


class CalendarError(Exception):
    """The calendar cannot give the day that is asked for."""


class OutOfRange(CalendarError):
    """The year is before or after what the calendars know."""


class NotAnnounced(CalendarError):
    """The State Council has not announced this year's holidays: give the day by hand (`at`) or wait."""


class Past(CalendarError):
    """A wave lies in the past. ``some_ahead``: others of the same year do not, so that it is this year's all the same."""

    def __init__(self, message: str, some_ahead: bool = False) -> None:
        super().__init__(message)
        self.some_ahead = some_ahead


@dataclass(frozen=True, slots=True)
class Span:
    """An occasion in one year. ``announced``: false when a public holiday is only worked out so far."""

    occasion: Occasion
    first: dt.date
    last: dt.date
    announced: bool


def announced(year: int) -> bool:
    """Tell whether this year's public holidays and make-up workdays are known."""
    return _packaged(year) or year in _by_hand()


def is_workday(day: dt.date) -> bool:
    """Tell whether people work on ``day``, make-up workdays included. Raises ``NotAnnounced``."""
    if not announced(day.year):
        raise NotAnnounced(f"the holidays of {day.year} are not announced")
    by_hand = _by_hand().get(day.year)
    if by_hand is None:
        return bool(chinese_calendar.is_workday(day))
    free = day.weekday() >= 5 or any(first <= day <= last for first, last in by_hand.holidays.values())
    return day in by_hand.workdays or not free


def makeup_days(year: int) -> tuple[dt.date, ...]:
    """Return the weekend days of ``year`` on which people work. Raises ``NotAnnounced``."""
    days = (dt.date(year, 1, 1) + dt.timedelta(n) for n in range(366))
    return tuple(day for day in days if day.year == year and day.weekday() >= 5 and is_workday(day))


def span(occasion_id: str, year: int) -> Span:
    """Return when an occasion is in ``year``. Raises ``UnknownOccasion`` and ``OutOfRange``."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise OutOfRange(f"the calendar knows {FIRST_YEAR} to {LAST_YEAR}, not {year}")
    occasion = get(occasion_id)
    rule = occasion.when
    # Before 2008 some of today's holidays were none.
    if rule.holiday is not None and announced(year) and (days := _holiday(rule.holiday, year)):
        return Span(occasion, days[0], days[-1], True)
    counted_from = rule.fallback or rule
    first = _by_rule(counted_from, year)
    return Span(occasion, first, first + dt.timedelta(occasion.days - 1), rule.holiday is None)


def year_of(year: int) -> tuple[Span, ...]:
    """Return all occasions of ``year``, the earliest first. Raises ``OutOfRange``."""
    return tuple(
        sorted((span(name, year) for name in load()), key=lambda found: (found.first, found.occasion.id))
    )


def waves(
    campaign: Campaign, year: int | None, now: dt.datetime, only_announced: bool = True
) -> tuple[dt.datetime, ...]:
    """Return when each wave of ``campaign`` goes out (aware, Beijing time), in the document's order.

    ``year`` is the occasion's; None: the one in the campaign's id (``spring_festival-2027``, see
    ``campaigns/shipped.py``), else this year's while any of its waves lies ahead, else the next one's. Raises ``Past``
    when a wave is not ahead of ``now``, ``NotAnnounced`` when it counts from a holiday that is only worked out (unless
    ``only_announced`` is false, for planning), ``UnknownOccasion``, ``OutOfRange``.
    """
    named = YEAR.search(campaign.id)
    if year is None and named is not None:
        year = int(named[1])
    if year is not None or campaign.occasion is None:
        return _waves(campaign, year or now.year, now, only_announced)
    for candidate in (now.astimezone(CHINA).year, now.astimezone(CHINA).year + 1):
        try:
            return _waves(campaign, candidate, now, only_announced)
        except Past as error:
            if error.some_ahead:
                raise
            last = error
    raise last


def _waves(campaign: Campaign, year: int, now: dt.datetime, only_announced: bool) -> tuple[dt.datetime, ...]:
    found: list[dt.datetime] = []
    for wave in campaign.waves:
        if wave.at is not None:
            moment = wave.at.replace(tzinfo=CHINA)
        else:
            assert campaign.occasion is not None  # the document says so
            assert wave.offset_days is not None
            assert wave.time is not None
            counted = span(campaign.occasion, year)
            if only_announced and not counted.announced:
                raise NotAnnounced(f"{counted.occasion.id}: the holidays of {year} are not announced")
            day = counted.first + dt.timedelta(wave.offset_days)
            moment = dt.datetime.combine(day, wave.time, CHINA)
        found.append(moment)
    for number, moment in enumerate(found, 1):
        if moment <= now:
            raise Past(f"wave {number} would be on {moment:%Y-%m-%d %H:%M}", max(found) > now)
    return tuple(found)


def _by_rule(rule: Rule, year: int) -> dt.date:
    shift = dt.timedelta(rule.shift)
    if rule.solar is not None:
        month, day = (int(part) for part in rule.solar.split("-"))
        return dt.date(year, month, day) + shift
    if rule.lunar is not None:
        month, day = (int(part) for part in rule.lunar.split("-"))
        lunar: dt.date = LunarDate(year, month, day).to_solar_date()
        return lunar + shift
    start = dt.date(year, 1, 1)
    terms: Iterable[tuple[dt.date, str]] = chinese_calendar.get_solar_terms(start, dt.date(year, 12, 31))
    return next(day for day, name in terms if name == rule.term) + shift


def _holiday(name: str, year: int) -> list[dt.date]:
    """Return the free days of one announced holiday that lie in ``year``."""
    days = [dt.date(year, 1, 1) + dt.timedelta(n) for n in range(366)]
    by_hand = _by_hand().get(year)
    if by_hand is not None:
        first, last = by_hand.holidays[name]
        return [day for day in days if first <= day <= last]
    wanted = (True, chinese_calendar.Holiday[name].value)
    free = [day for day in days if day.year == year and chinese_calendar.get_holiday_detail(day) == wanted]
    if name == "new_years_day":  # late December belongs to the next year's holiday
        free = [day for day in free if day.month == 1]
    return free


def _packaged(year: int) -> bool:
    # The package names its last year in its tables only.
    return bool(FIRST_YEAR <= year <= max(day.year for day in chinese_calendar.holidays))


class _Year(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    notice: str
    holidays: dict[str, tuple[dt.date, dt.date]]
    workdays: tuple[dt.date, ...]

    @model_validator(mode="after")
    def _whole(self) -> _Year:
        missing = {rule.holiday for rule in _rules() if rule.holiday} - set(self.holidays)
        if missing:
            raise ValueError(f"without {', '.join(sorted(missing))}")
        if any(first > last for first, last in self.holidays.values()):
            raise ValueError("a holiday ends before it begins")
        return self


class _Years(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    years: dict[int, _Year]


@cache
def _by_hand(path: Path = BY_HAND) -> Mapping[int, _Year]:
    found = _Years.model_validate(yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader))
    return {year: entry for year, entry in found.years.items() if not _packaged(year)}


def _rules() -> list[Rule]:
    return [occasion.when for occasion in load().values()]
