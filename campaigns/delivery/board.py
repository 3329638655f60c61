"""Warnings on our own pages: the banner of the chat page and of schools' widgets, and the feeds.

Both are the table ``warning``, one row for each wave; the gateway shows it (``channels/routes/warnings.py``). What is
withdrawn disappears from pages and feeds; the row stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, update

from campaigns.calendar.days import CHINA
from campaigns.document import Campaign, Route, Texts
from campaigns.jobs import Job, JobState, Result
from storage.campaign_tables import warning as table
from storage.engine import once

BANNER_SECONDS = 7 * 24 * 3600.0  # a banner that nobody limited; what always hangs there is not read any more


class Board:
    """The sender of both routes: ``route`` says which it is."""

    repeatable = True

    def __init__(self, engine: Engine, route: Route) -> None:
        self._engine = engine
        self.route = route

    def plan(
        self, connection: Connection, campaign: Campaign, wave: int, now: float
    ) -> Sequence[tuple[str, str, int]]:
        """Return one job: everybody sees the same, the first variant."""
        return [(campaign.variants[0].key, str(self.route), 0)]

    def starting(self, connection: Connection, campaign: Campaign, job: Job, now: float) -> str:
        """Count nothing: our own pages have no quota."""
        return ""

    async def send(self, campaign: Campaign, texts: Texts, job: Job, now: float) -> Result:
        """Write the warning; done again, nothing changes. What was withdrawn stays withdrawn."""
        changes = {"banner": texts.banner} if self.route is Route.BANNER else {"body": _body(texts)}
        values: dict[str, object] = {
            "campaign": campaign.id,
            "wave": job.wave,
            "title": texts.article.title if texts.article is not None else campaign.title,
            "body": "",
            "banner": "",
            "scenes": _packed(campaign.audience.scenes),
            "published_at": now,
            "until": _until(campaign, now),
            "withdrawn_at": None,
        }
        with self._engine.begin() as connection:
            if once(connection, table, values | changes) is None:
                mine = (table.c.campaign == campaign.id) & (table.c.wave == job.wave)
                connection.execute(update(table).where(mine).values(**changes))
        return Result(JobState.SENT, platform_id=f"{campaign.id}-{job.wave}")

    async def look(self, campaign: Campaign, job: Job, now: float) -> Result:
        """Return that it is done: writing is."""
        return Result(JobState.SENT)

    async def stop(self, campaign: Campaign, job: Job, now: float) -> None:
        """Withdraw the warning."""
        with self._engine.begin() as connection:
            withdraw(connection, campaign.id, now)

    def faults(self, connection: Connection, campaign: Campaign, now: float) -> Sequence[str]:
        """Return what is missing: the words of a banner; or a condition that pages cannot keep."""
        texts = campaign.variants[0].texts
        found = []
        if self.route is Route.BANNER and not texts.banner:
            found.append("banner_text_missing")
        if self.route is Route.FEED and not _body(texts):
            found.append("feed_text_missing")
        return found

    async def preview(self, campaign: Campaign, texts: Texts, to: str) -> Result:
        """Return that there is none: pages are public."""
        return Result(JobState.FAILED, cause="no preview for pages")


def withdraw(connection: Connection, campaign: str, now: float) -> int:
    """Take a campaign's warnings off pages and feeds, also after it has ended; returns how many."""
    mine = (table.c.campaign == campaign) & table.c.withdrawn_at.is_(None)
    return connection.execute(update(table).where(mine).values(withdrawn_at=now)).rowcount


def _body(texts: Texts) -> str:
    return texts.article.body if texts.article is not None else texts.message or texts.banner


def _until(campaign: Campaign, now: float) -> float:
    if campaign.stop.until is None:
        return now + BANNER_SECONDS
    midnight = dt.datetime.combine(campaign.stop.until + dt.timedelta(1), dt.time(), CHINA)
    return midnight.timestamp()


def _packed(scenes: Sequence[str]) -> str:
    """Return codes as the gateway looks for them: each between blanks."""
    return f" {' '.join(sorted(set(scenes)))} " if scenes else ""
