"""What WeChat will let through of a wave: what was sent already, and what is planned for the same people before it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from campaigns import audience, jobs, quota
from campaigns.audience import NobodyMeant
from campaigns.calendar.days import CHINA
from campaigns.context import Context
from campaigns.document import Campaign, Route
from campaigns.jobs import SELECT, JobState
from campaigns.rules.waves import may_meet
from channels.broadcast import AccountKind, Broadcaster
from storage.campaign_tables import mass_spent


@dataclass(frozen=True, slots=True)
class Allowance:
    """One wave. ``at`` is Beijing time.

    ``left_that_day``: mass messages of the account, with those taken off that are planned before this one; ``people`` on
    WeChat whom the rule means, ``missed`` of them who will have had their four of the month by then.
    """

    wave: int
    at: dt.datetime
    kind: AccountKind
    per_day: int
    left_that_day: int
    planned_that_day: int
    per_month: int | None
    planned_that_month: int
    people: int
    missed: int


def allowance(
    connection: Connection,
    account: Broadcaster,
    campaign: Campaign,
    moments: Sequence[dt.datetime],
    wave: int,
    context: Context,
) -> Allowance | None:
    """Return what is left for wave number ``wave``, None for an audience that means nobody."""
    at = moments[wave]
    now = at.timestamp()
    before = [*_others(connection, campaign, context), *((one, True) for one in moments[:wave])]
    that_day = sum(one.date() == at.date() for one, _ in before)
    # Also those of others that come later in the month: they were approved first.
    that_month = sum(meets and f"{one:%Y%m}" == f"{at:%Y%m}" for one, meets in before)
    try:
        people = audience.count(connection, campaign.audience, now).get("wechat", 0)
        missed = 0
        if account.kind == "service" and people:
            missed = _full(connection, account.account, campaign, now, that_month, people)
    except NobodyMeant:
        return None
    left = quota.room(connection, account.account, account.kind, (), now).today - that_day
    month = quota.PER_PERSON_AND_MONTH if account.kind == "service" else None
    per_day = quota.PER_DAY[account.kind]
    return Allowance(wave, at, account.kind, per_day, left, that_day, month, that_month, people, missed)


def _others(
    connection: Connection, campaign: Campaign, context: Context
) -> Iterator[tuple[dt.datetime, bool]]:
    """Yield when other campaigns' mass messages are due, and whether they may reach the same people."""
    for other in context.others:
        if other.id == campaign.id or Route.WECHAT_MASS not in other.routes:
            continue
        meets = may_meet(campaign.audience, other.audience)
        for job in jobs.of(connection, other.id):
            if job.route == SELECT and job.state is JobState.WAITING:
                yield dt.datetime.fromtimestamp(job.due_at, CHINA), meets


def _full(
    connection: Connection, account: str, campaign: Campaign, now: float, planned: int, people: int
) -> int:
    """Return how many will have had the month's messages, when ``planned`` more have come."""
    most = quota.PER_PERSON_AND_MONTH - planned
    if most <= 0:
        return people
    spent = (
        select(mass_spent.c.person_id)
        .where(mass_spent.c.account == account, mass_spent.c.period == quota.month(now))
        .where(mass_spent.c.count >= most)
    )
    wanted = audience.meant(campaign.audience, now, "wechat").subquery()
    found = select(func.count()).select_from(wanted).where(wanted.c.id.in_(spent))
    return int(connection.execute(found).scalar_one())
