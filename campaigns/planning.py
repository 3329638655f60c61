"""From an approved document to times: one row of route ``select`` for each wave, in the table ``campaign_job``.

Called inside the transaction that approves a campaign, or takes the approval back, so that what is scheduled always has
its rows and nothing else has any. Times are Unix seconds, worked out once from Beijing time: neither the machine's time
zone nor a clock that is set back moves them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, exists, select

from campaigns import jobs, quiet
from campaigns.calendar import days
from campaigns.calendar.days import CHINA, CalendarError, NotAnnounced, Past
from campaigns.calendar.occasions import UnknownOccasion
from campaigns.document import Audience, Campaign, Kind, build
from campaigns.jobs import FINAL, SELECT, JobState
from campaigns.states import State
from storage.campaign_tables import campaign as campaign_table
from storage.campaign_tables import campaign_job, campaign_letter

LIVE = (State.SCHEDULED, State.SENDING, State.PAUSED)


class Unplannable(Exception):
    """The waves cannot be planned, or a plan cannot be taken back; ``codes`` are keys of ``lint.yml``."""

    def __init__(self, *codes: str) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes


class Calendar(Protocol):
    """What gives the waves' times; the module ``campaigns.calendar.days`` is one."""

    def waves(self, campaign: Campaign, year: int | None, now: dt.datetime) -> tuple[dt.datetime, ...]:
        """Return an aware time for each wave. Raises ``CalendarError``."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A wave, and when it is due (Unix seconds)."""

    wave: int
    due_at: float


def plan(
    connection: Connection, campaign: Campaign, now: float, calendar: Calendar = days
) -> tuple[Planned, ...]:
    """Add the rows of the waves; done again, nothing is added. Returns them in the document's order.

    Raises ``Unplannable``: ``wave_in_the_past``, ``holiday_not_announced``, ``wave_out_of_range``, ``same_day`` (another
    campaign goes to the very same audience by the same route on one of the days; flash warnings are let through),
    ``already_begun`` (some of an earlier plan was sent: a changed text needs a campaign of its own).
    """
    times = _times(campaign, now, calendar)
    if _begun(connection, campaign.id):
        raise Unplannable("already_begun")
    if _crowded(connection, campaign, times):
        raise Unplannable("same_day")
    found = tuple(Planned(number, at) for number, at in enumerate(times))
    for one in found:
        jobs.add(connection, campaign.id, one.wave, SELECT, one.due_at)
    return found


def unplan(connection: Connection, campaign_id: str) -> None:
    """Take the rows back; without any, nothing happens. Raises ``Unplannable`` (``already_begun``)."""
    if _begun(connection, campaign_id):
        raise Unplannable("already_begun")
    jobs.forget_waves(connection, campaign_id)


def _times(campaign: Campaign, now: float, calendar: Calendar) -> tuple[float, ...]:
    try:
        found = calendar.waves(campaign, None, dt.datetime.fromtimestamp(now, CHINA))
    except Past:
        raise Unplannable("wave_in_the_past") from None
    except NotAnnounced:
        raise Unplannable("holiday_not_announced") from None
    except UnknownOccasion:
        raise Unplannable("occasion_unknown") from None
    except (CalendarError, ValueError, OverflowError):
        raise Unplannable("wave_out_of_range") from None
    return tuple(at.timestamp() for at in found)


def _begun(connection: Connection, campaign_id: str) -> bool:
    """Tell whether anybody was chosen, or any job went further than waiting."""
    mine = (campaign_job.c.campaign == campaign_id) & (campaign_job.c.state != JobState.WAITING)
    chosen = exists().where(campaign_letter.c.campaign == campaign_id)
    return bool(connection.execute(select(exists().where(mine) | chosen)).scalar())


def _crowded(connection: Connection, campaign: Campaign, times: Sequence[float]) -> bool:
    """Tell whether the same people would get two campaigns by one route on one day."""
    if campaign.kind is Kind.FLASH:
        return False
    taken = {quiet.local_day(at) for at in times}
    around = campaign_job.c.due_at.between(min(times) - 86_400, max(times) + 86_400)
    wanted = (
        select(campaign_job.c.due_at, campaign_table.c.document)
        .join(campaign_table, campaign_table.c.id == campaign_job.c.campaign)
        .where(campaign_job.c.route == SELECT, campaign_job.c.state.not_in([str(one) for one in FINAL]))
        .where(campaign_table.c.state.in_(LIVE), campaign_table.c.id != campaign.id, around)
    )
    for row in connection.execute(wanted):
        if quiet.local_day(row.due_at) not in taken:
            continue
        other = build(json.loads(row.document))
        together = set(other.routes) & set(campaign.routes)
        if other.kind is not Kind.FLASH and together and _same(other.audience, campaign.audience):
            return True
    return False


def _same(one: Audience, other: Audience) -> bool:
    """Tell whether two rules mean the same people, in whatever order their words stand."""
    mine, theirs = one.model_dump(), other.model_dump()
    return all(
        set(value) == set(theirs[name]) if isinstance(value, tuple) else value == theirs[name]
        for name, value in mine.items()
    )
