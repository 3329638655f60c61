"""A year on one page: twelve months with holidays and make-up workdays, occasions as bars, planned campaigns."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from campaigns.calendar import days
from campaigns.calendar.days import Span
from knowledge_base import content, taxonomy

HERE = Path(__file__).parent
Mark = Literal["", "weekend", "holiday", "makeup", "tentative"]


@dataclass(frozen=True, slots=True)
class Planned:
    """A campaign on the view: its title, its occasion (if any), and the days of its waves."""

    title: str
    occasion: str | None
    days: tuple[dt.date, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """An occasion. ``start`` and ``length``: parts of the year (0 to 1). ``waves``: where planned waves lie in it."""

    span: Span
    types: tuple[str, ...]
    start: float
    length: float
    waves: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class View:
    """What both pictures of a year are made of. ``loose``: planned campaigns without an occasion."""

    year: int
    announced: bool
    months: tuple[tuple[tuple[dt.date | None, Mark], ...], ...]
    bars: tuple[Bar, ...]
    planned: tuple[Planned, ...]
    loose: tuple[tuple[str, tuple[float, ...]], ...]

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks that the year can have, for the legend."""
        return ("holiday", "makeup", "weekend") if self.announced else ("tentative", "weekend")


def view(year: int, planned: Sequence[Planned] = ()) -> View:
    """Return the year. Each month is weeks of seven days from Monday, None outside it. Raises ``OutOfRange``."""
    spans = days.year_of(year)
    marks = _marks(year, spans)
    months = tuple(tuple(_cell(day, month, marks) for day in _grid(year, month)) for month in range(1, 13))
    names = taxonomy.load().types
    bars = tuple(
        Bar(
            span,
            tuple(names[name] for name in span.occasion.types),
            _part(span.first, year),
            min(_part(span.last + dt.timedelta(1), year), 1.0) - _part(span.first, year),
            _waves(year, (one for one in planned if one.occasion == span.occasion.id)),
        )
        for span in spans
    )
    known = {span.occasion.id for span in spans}
    loose = tuple((one.title, _waves(year, [one])) for one in planned if one.occasion not in known)
    here = tuple(one for one in planned if any(day.year == year for day in one.days))
    return View(year, days.announced(year), months, bars, here, tuple(one for one in loose if one[1]))


def html(found: View) -> str:
    """Return a page that stands by itself, without script."""
    return _environment().get_template("year_view.html").render(found=found, words=words())


@cache
def words() -> Mapping[str, Any]:
    """Return the words of the view."""
    known: Mapping[str, Any] = content.read(HERE / "year_view.yml")
    return known


def _marks(year: int, spans: Iterable[Span]) -> dict[dt.date, Mark]:
    found: dict[dt.date, Mark] = {}
    first = dt.date(year, 1, 1)
    for number in range(366):
        day = first + dt.timedelta(number)
        if day.weekday() >= 5:
            found[day] = "weekend"
    for span in spans:
        if span.occasion.when.holiday is not None:
            for number in range((span.last - span.first).days + 1):
                found[span.first + dt.timedelta(number)] = "holiday" if span.announced else "tentative"
    if days.announced(year):
        found |= dict.fromkeys(days.makeup_days(year), "makeup")
    return found


def _cell(day: dt.date, month: int, marks: Mapping[dt.date, Mark]) -> tuple[dt.date | None, Mark]:
    return (day, marks.get(day, "")) if day.month == month else (None, "")


def _grid(year: int, month: int) -> list[dt.date]:
    return list(calendar.Calendar().itermonthdates(year, month))


def _part(day: dt.date, year: int) -> float:
    whole = (dt.date(year + 1, 1, 1) - dt.date(year, 1, 1)).days
    return (day - dt.date(year, 1, 1)).days / whole


def _waves(year: int, planned: Iterable[Planned]) -> tuple[float, ...]:
    return tuple(sorted(_part(day, year) for one in planned for day in one.days if day.year == year))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
