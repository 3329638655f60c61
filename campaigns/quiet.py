"""Quiet hours: when nobody is to be woken. Beijing time, perhaps over midnight."""

from __future__ import annotations

import datetime as dt

from campaigns.calendar.days import CHINA
from campaigns.document import QuietHours


def is_quiet(hours: QuietHours, now: float) -> bool:
    """Tell whether ``now`` (Unix seconds) lies in the quiet hours. Equal ends: never quiet."""
    clock = _local(now).time()
    if hours.start <= hours.end:
        return hours.start <= clock < hours.end
    return clock >= hours.start or clock < hours.end


def next_start(hours: QuietHours, now: float) -> float | None:
    """Return when the next quiet hours begin, Unix seconds; None when there are none."""
    return None if hours.start == hours.end else _next(hours.start, now)


def next_end(hours: QuietHours, now: float) -> float:
    """Return when quiet hours end next, Unix seconds."""
    return _next(hours.end, now)


def local_day(now: float) -> dt.date:
    """Return the day of ``now`` (Unix seconds) in Beijing."""
    return _local(now).date()


def _next(clock: dt.time, now: float) -> float:
    local = _local(now)
    found = dt.datetime.combine(local.date(), clock, CHINA)
    if found <= local:
        found = dt.datetime.combine(local.date() + dt.timedelta(1), clock, CHINA)
    return found.timestamp()


def _local(now: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(now, CHINA)
