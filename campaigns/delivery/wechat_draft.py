"""Drafts, for accounts that may not publish (platform rules 1.8): a person presses send, and we look whether she did.

A draft leaves the box when it is sent, published or deleted, and a publication stands in a list; what a person sent by
hand is told by the event of a mass message that is none of ours. What cannot be told is not called sent.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine

from campaigns.delivery import article, ending, mass_result, reports
from campaigns.delivery.article import Cover
from campaigns.document import Article, Campaign, Route, Texts
from campaigns.jobs import FINAL, Job, JobState, Result
from channels.base import Outcome
from channels.broadcast import MEDIA_UNKNOWN, Broadcaster, Said
from storage.engine import reading

WAIT_SECONDS = 48 * 3600.0  # for a person to press send
LOOK_SECONDS = 300.0
RETRY_SECONDS = 15.0
TRY_SECONDS = 30 * 60.0
WAITS = "waits for a person to press send"


class WeChatDraft:
    """The sender: one draft for each variant. Its letters, if any, become what the draft becomes."""

    route = Route.WECHAT_DRAFT
    repeatable = True  # before a draft is added again, the box is searched for it

    def __init__(self, engine: Engine, account: Broadcaster | None, cover: Cover) -> None:
        self._engine = engine
        self._account = account
        self._cover = cover

    def plan(
        self, connection: Connection, campaign: Campaign, wave: int, now: float
    ) -> Sequence[tuple[str, str, int]]:
        """Return one job for each variant."""
        return [(variant.key, "draft", 0) for variant in campaign.variants]

    def starting(self, connection: Connection, campaign: Campaign, job: Job, now: float) -> str:
        """Count nothing: what a person sends by hand is counted by nobody but WeChat."""
        return "" if self._account is not None else "not configured"

    async def send(self, campaign: Campaign, texts: Texts, job: Job, now: float) -> Result:
        """Put the article into the draft box, unless an attempt before did."""
        account, words = self._account, texts.article
        if account is None or words is None:
            return Result(JobState.FAILED, cause="no article" if account else "not configured")
        started = job.started_at or now
        if now > started + TRY_SECONDS:
            return Result(JobState.UNKNOWN, cause="no answer")
        known = await account.find_draft(words.title, words.digest, started - 1)
        if known.value is None:
            return _again(known)
        made = (
            known if known.value else await article.draft(account, words, self._cover(campaign, job.variant))
        )
        if made.value is None:
            return _again(made)
        return Result(JobState.CONFIRMING, made.value, WAITS, None, now + WAIT_SECONDS, LOOK_SECONDS)

    async def look(self, campaign: Campaign, job: Job, now: float) -> Result:
        """Look whether a person has sent or published the draft."""
        account, words = self._account, _article(campaign, job)
        if account is None or words is None:
            return Result(JobState.UNKNOWN, cause="not configured")
        since = job.started_at or now
        there = await account.has_draft(job.platform_id)
        with reading(self._engine).connect() as connection:
            report = reports.unclaimed(connection, reports.MASS, account.account, since)
        if report is not None and there.value is not True:
            return self._claimed(mass_result.of_event(report, job))
        listed = await account.published(words.title, since)
        if listed.value:
            return Result(JobState.SENT, cause="published")
        if there.value is False:
            return _gone(job, now)
        if now >= (job.deadline or 0.0):
            cause = "nobody pressed send" if there.value else "draft cannot be looked at"
            return Result(JobState.UNKNOWN, cause=cause)
        return Result(JobState.CONFIRMING, cause=WAITS, after=LOOK_SECONDS)

    async def stop(self, campaign: Campaign, job: Job, now: float) -> None:
        """Delete the draft, if nobody has sent it, and end the job."""
        if self._account is None or job.state in FINAL:
            return
        if not job.platform_id:
            ending.end(self._engine, job, JobState.UNKNOWN, ending.ON_ITS_WAY, now)
            return
        dropped = await self._account.drop_draft(job.platform_id)
        if dropped.done:
            ending.end(self._engine, job, JobState.STOPPED, "stopped", now)
        elif dropped.cause == MEDIA_UNKNOWN:
            ending.end(self._engine, job, JobState.SENT, "draft is gone", now)
        else:
            ending.end(self._engine, job, JobState.UNKNOWN, "draft is still in the box", now)

    def faults(self, connection: Connection, campaign: Campaign, now: float) -> Sequence[str]:
        """Return what is missing for a draft."""
        if self._account is None:
            return ["wechat_not_configured"]
        if any(variant.texts.article is None for variant in campaign.variants):
            return ["wechat_article_missing"]
        return list(article.faults(campaign, self._cover))

    async def preview(self, campaign: Campaign, texts: Texts, to: str) -> Result:
        """Return that there is none: a draft is looked at in the draft box itself."""
        return Result(JobState.FAILED, cause="no preview for drafts")

    @staticmethod
    def _claimed(result: Result) -> Result:
        """Return the result of a message that a person sent by hand."""
        cause = "sent by hand" if result.state is JobState.SENT else result.cause
        return Result(result.state, cause=cause, counts=result.counts)


def _article(campaign: Campaign, job: Job) -> Article | None:
    variant = next((one for one in campaign.variants if one.key == job.variant), campaign.variants[0])
    return variant.texts.article


def _gone(job: Job, now: float) -> Result:
    """Return that it was sent, once the event that would say more has had its time: WeChat reviews before it sends."""
    at = job.counts.get("gone_at", int(now))
    if now >= at + mass_result.CONFIRM_SECONDS:
        return Result(JobState.SENT, cause="draft is gone")
    return Result(JobState.CONFIRMING, cause="draft left the box", counts={"gone_at": at}, after=LOOK_SECONDS)


def _again(said: Said[object]) -> Result:
    if said.outcome in {Outcome.RETRY, Outcome.UNKNOWN}:
        return Result(JobState.SENDING, cause=said.cause, after=said.after or RETRY_SECONDS)
    return Result(JobState.FAILED, cause=said.cause or "refused")
