"""When it goes out: days that do not exist, nights, the past, and other campaigns to the same people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from campaigns import quiet
from campaigns.calendar import days
from campaigns.calendar.days import CalendarError, NotAnnounced, Past
from campaigns.calendar.occasions import UnknownOccasion
from campaigns.context import Context
from campaigns.document import Audience, Campaign
from campaigns.finding import Book, Finding

CONDITIONS = ("roles", "districts", "scenes", "languages", "ages", "channels", "topics")


def rules(campaign: Campaign, context: Context, book: Book) -> Iterator[Finding]:
    """Yield what is wrong with occasion and waves."""
    if campaign.occasion is not None and campaign.occasion not in context.occasions:
        yield book.finding("occasion_unknown", "occasion", campaign.occasion)
        return
    if campaign.occasion is not None and context.occasions[campaign.occasion].confidence == "D":
        yield book.finding("occasion_unverified", "occasion", context.occasions[campaign.occasion].name)
    try:
        moments = days.waves(campaign, None, context.now)
    except NotAnnounced:
        yield book.finding("holiday_not_announced", "waves", campaign.occasion or "")
        return
    except Past:
        yield book.finding("wave_in_the_past", "waves")
        return
    except (CalendarError, UnknownOccasion, ValueError, OverflowError):
        yield book.finding("wave_out_of_range", "waves")
        return
    yield from _each(campaign, moments, book)
    yield from _others(campaign, moments, context, book)


def _each(campaign: Campaign, moments: Sequence[dt.datetime], book: Book) -> Iterator[Finding]:
    for number, moment in enumerate(moments):
        if quiet.is_quiet(campaign.quiet_hours, moment.timestamp()):
            yield book.finding("wave_in_quiet_hours", f"waves.{number}", f"{moment:%H:%M}")
        if campaign.stop.until is not None and moment.date() > campaign.stop.until:
            yield book.finding("wave_after_until", f"waves.{number}", campaign.stop.until)
        if number and moment <= moments[number - 1]:
            yield book.finding("waves_out_of_order", f"waves.{number}", f"{moment:%m-%d %H:%M}")
        window = moment - dt.timedelta(campaign.cap.days)
        near = sum(window < other <= moment for other in moments)
        if near > campaign.cap.messages:
            yield book.finding("waves_over_cap", f"waves.{number}", near)


def _others(
    campaign: Campaign, moments: Sequence[dt.datetime], context: Context, book: Book
) -> Iterator[Finding]:
    for other in context.others:
        if other.id == campaign.id or not may_meet(campaign.audience, other.audience):
            continue
        try:
            theirs = days.waves(other, None, context.now, only_announced=False)
        except (CalendarError, UnknownOccasion, ValueError, OverflowError):
            continue  # over, or at fault itself: its own lint says so
        near = dt.timedelta(max(campaign.cap.days, other.cap.days))
        if any(abs(mine - one) < near for mine in moments for one in theirs):
            yield book.finding("overlaps", "waves", other.id)


def may_meet(one: Audience, other: Audience) -> bool:
    """Tell whether a person may belong to both: no condition of theirs excludes each other."""
    for name in CONDITIONS:
        mine, theirs = set(getattr(one, name)), set(getattr(other, name))
        if mine and theirs and not mine & theirs:
            return False
    return True
