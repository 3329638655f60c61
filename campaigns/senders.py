"""What a route out is to the runner. The adapters' own doings are behind it (``campaigns/delivery``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection

from campaigns.document import Campaign, Route, Texts
from campaigns.jobs import Job, Result


class Sender(Protocol):
    """One route whose jobs are calls to a platform, or writings of our own: mass messages, drafts, robots, banners.

    The runner notes that a job goes out before it calls ``send``; after a crash it calls ``send`` again only where
    ``repeatable`` says that the same key is not taken twice, else the job ends as unknown. Nothing here raises for
    what a platform or the network does.
    """

    route: Route
    repeatable: bool

    def plan(
        self, connection: Connection, campaign: Campaign, wave: int, now: float
    ) -> Sequence[tuple[str, str, int]]:
        """Return the jobs of a wave as (variant, target, part), when everybody is chosen."""

    def starting(self, connection: Connection, campaign: Campaign, job: Job, now: float) -> str:
        """Count the job against quotas, in the transaction that notes that it goes out.

        Returns why it must not (a fixed word), and then nothing is counted; empty when it may.
        """

    async def send(self, campaign: Campaign, texts: Texts, job: Job, now: float) -> Result:
        """Send. A result that is not final is followed by ``look``."""

    async def look(self, campaign: Campaign, job: Job, now: float) -> Result:
        """Ask what became of a job, or how it stands."""

    async def stop(self, campaign: Campaign, job: Job, now: float) -> None:
        """Undo what can be undone when the campaign stops: withdraw a banner, cancel what waits."""

    def faults(self, connection: Connection, campaign: Campaign, now: float) -> Sequence[str]:
        """Return what would keep the route from sending this campaign, by code (quota used up, not permitted)."""

    async def preview(self, campaign: Campaign, texts: Texts, to: str) -> Result:
        """Send the message to one person's own phone; ``to`` is her address on the platform."""


Senders = Mapping[Route, Sender]
# Routes of which each person gets her own message through the gateway's outbox, and at most how many a second.
# Telegram: 30/s in bulk (platform rules, section 3), five left for answers. The others are far below their limits.
LETTERS: Mapping[Route, int] = {
    Route.TELEGRAM: 25,
    Route.WECHAT_SERVICE: 10,
    Route.WECOM: 10,
    Route.DINGTALK: 10,
}
