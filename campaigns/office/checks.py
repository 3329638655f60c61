"""Everything that can be known before anything is sent: the lint, the routes, the people, what WeChat has left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from campaigns import audience, lint
from campaigns.audience import ROUTES_OF_CHANNELS, NobodyMeant
from campaigns.calendar import days
from campaigns.calendar.days import CalendarError
from campaigns.calendar.occasions import UnknownOccasion
from campaigns.context import Context
from campaigns.document import Campaign, Route
from campaigns.finding import Finding
from campaigns.office.allowance import Allowance, allowance
from campaigns.office.ground import Ground
from storage.engine import reading

DIRECT = frozenset(route for routes in ROUTES_OF_CHANNELS.values() for route in routes)


def check(ground: Ground, campaign: Campaign, now: float) -> tuple[Finding, ...]:
    """Return all that is found, errors first. Reads the database; knows the platforms only by what they told before."""
    context = ground.context(now)
    found = [*lint.check(campaign, context)]
    known = {one.code for one in found}
    moments = times(campaign, context.now)
    at = moments[0].timestamp() if moments else now
    with reading(ground.engine).connect() as connection:
        mine = [
            *_routes(ground, connection, campaign, at),
            *_people(connection, campaign, at),
            *_quotas(ground, connection, campaign, moments, context),
        ]
    found += [one for one in mine if one.code not in known]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.level != "error"))


def times(campaign: Campaign, now: dt.datetime) -> tuple[dt.datetime, ...]:
    """Return when the waves go out, none when that cannot be said: the lint says why."""
    try:
        return days.waves(campaign, None, now)
    except (CalendarError, UnknownOccasion, ValueError, OverflowError):
        return ()


def next_year(campaign: Campaign, now: dt.datetime) -> int:
    """Return the next year in which all waves of a ready campaign lie ahead, announced or not."""
    for year in (now.year, now.year + 1):
        try:
            days.waves(campaign, year, now, only_announced=False)
        except CalendarError:
            continue
        return year
    return now.year + 1


def _routes(ground: Ground, connection: Connection, campaign: Campaign, at: float) -> Iterator[Finding]:
    """Yield what would keep a route from sending at its first time."""
    for route in campaign.routes:
        if route in ground.senders:
            for code in ground.senders[route].faults(connection, campaign, at):
                yield Finding("error", code, f"routes.{route}")
        elif route not in ground.outfit.letters:
            yield Finding("error", "route_not_set_up", f"routes.{route}")


def _people(connection: Connection, campaign: Campaign, at: float) -> Iterator[Finding]:
    direct = DIRECT & set(campaign.routes)
    if not direct:
        return
    try:
        counted = audience.count(connection, campaign.audience, at)
    except NobodyMeant:
        return  # the lint says so
    if not any(
        counted.get(channel, 0) for channel, routes in ROUTES_OF_CHANNELS.items() if direct & {*routes}
    ):
        if direct == set(campaign.routes):
            yield Finding("error", "audience_nobody", "audience")
        else:
            yield Finding("warning", "audience_nobody_direct", "audience")


def _quotas(
    ground: Ground,
    connection: Connection,
    campaign: Campaign,
    moments: Sequence[dt.datetime],
    context: Context,
) -> Iterator[Finding]:
    """Yield what is planned beyond what WeChat lets through: nobody may learn that on the day itself."""
    if ground.outfit.account is None or Route.WECHAT_MASS not in campaign.routes:
        return
    for number in range(len(moments)):
        found = allowance(connection, ground.outfit.account, campaign, moments, number, context)
        if found is None:
            return
        yield from _of(found)


def _of(found: Allowance) -> Iterator[Finding]:
    day, month = f"{found.at:%Y-%m-%d}", f"{found.at:%Y-%m}"
    field = f"waves.{found.wave}"
    if found.left_that_day <= 0 and found.planned_that_day:
        yield Finding("error", "wechat_day_planned", field, day)
    if found.per_month is not None and found.people:
        if found.missed >= found.people:
            yield Finding("error", "wechat_month_planned", field, month)
        elif found.missed:
            yield Finding("warning", "wechat_month_some", field, month)
