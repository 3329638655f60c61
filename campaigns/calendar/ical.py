"""The occasions of some years as an iCalendar file (RFC 5545), for the calendars of those who plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from icalendar import Alarm, Calendar, Event

from campaigns.calendar.days import CHINA, Span, year_of

PRODUCT = "-//fanzha//campaign calendar//ZH"


def calendar(years: Iterable[int], made_at: dt.datetime) -> bytes:
    """Return the file. ``made_at`` is the time stamp of all entries. Raises ``OutOfRange``.

    Each occasion is a whole-day entry; a holiday that is only worked out is marked as tentative. The alarm rings
    ``lead_days`` before, at nine: time to have the campaign approved.
    """
    file = Calendar()
    file.add("prodid", PRODUCT)
    file.add("version", "2.0")
    file.add("x-wr-timezone", CHINA.key)
    for year in years:
        for span in year_of(year):
            file.add_component(_event(span, made_at))
    return bytes(file.to_ical())


def _event(span: Span, made_at: dt.datetime) -> Event:
    occasion = span.occasion
    event = Event()
    event.add("uid", f"{occasion.id}-{span.first.year}@fanzha")
    event.add("dtstamp", made_at.astimezone(dt.UTC))
    event.add("dtstart", span.first)
    event.add("dtend", span.last + dt.timedelta(1))  # the day after: RFC 5545 leaves the end out
    event.add("summary", occasion.name)
    event.add("description", occasion.about)
    event.add("categories", [*occasion.types])
    event.add("status", "CONFIRMED" if span.announced else "TENTATIVE")
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", occasion.name)
    alarm.add("trigger", dt.timedelta(days=-occasion.lead_days, hours=9))
    event.add_component(alarm)
    return event
