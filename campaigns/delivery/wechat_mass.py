"""Mass messages of a WeChat account (platform rules 1.7).

A service account sends to lists of people, a subscription account by tag, which is also the way for one person alone.
Sending to every follower happens only when the operator has said that following is consent (``to_all``): then the
account's admin must agree within 30 minutes. Every message carries the job's key, so asking again sends nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import Connection, Engine

from campaigns import quota
from campaigns.audience import NobodyMeant
from campaigns.delivery import article, bound, ending, mass_result, meter, reports, tagging
from campaigns.delivery.article import Cover
from campaigns.document import Campaign, Route, Texts
from campaigns.jobs import FINAL, Job, JobState, Result
from channels.base import Outcome
from channels.broadcast import (
    FEWEST_PEOPLE,
    MOST_PEOPLE,
    NO_QUOTA,
    SENT_BEFORE,
    Broadcaster,
    Content,
    Said,
)
from channels.keys import Keys
from storage.engine import reading

PEOPLE, TAG, ALL = "people", "tag", "all"
MOST_TAG_PEOPLE = 100_000  # a tag with more cannot be deleted (45057)
RETRY_SECONDS = 15.0
TRY_SECONDS = 30 * 60.0  # after that, what WeChat may have taken is unknown
LOOK_SECONDS = 5.0


class WeChatMass:
    """The sender. ``account`` is None where WeChat is not set up; its jobs then fail, and ``faults`` says so before."""

    route = Route.WECHAT_MASS
    repeatable = True

    def __init__(
        self, engine: Engine, keys: Keys, account: Broadcaster | None, cover: Cover, to_all: bool = False
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._account = account
        self._cover = cover
        self._to_all = to_all

    def plan(
        self, connection: Connection, campaign: Campaign, wave: int, now: float
    ) -> Sequence[tuple[str, str, int]]:
        """Return a job for each variant and each 10,000 people of a list; one for each variant by tag."""
        target = self._target(campaign)
        most = MOST_PEOPLE if target == PEOPLE else MOST_TAG_PEOPLE if target == TAG else 1_000_000_000
        keys = [variant.key for variant in campaign.variants]
        found = bound.parts(connection, campaign.id, wave, self.route, keys, most)
        return [(variant, target, part) for variant, part in found]

    def starting(self, connection: Connection, campaign: Campaign, job: Job, now: float) -> str:
        """Bind the job's letters, leave out whose month is full, and count the rest."""
        bound.bind(connection, job)
        account = self._account
        if account is None:
            return "not configured"
        if account.kind == "unverified":
            return "not permitted"
        bound.leave_out(connection, job, account.account)
        people = bound.persons(connection, job)
        room = quota.room(connection, account.account, account.kind, people, now)
        if people and room.today < 1:
            return NO_QUOTA
        bound.skip(connection, job, room.full, "month full")
        left = [one for one in people if one not in room.full]
        if not left:
            return "nobody left"
        quota.spend(connection, account.account, account.kind, left, now)
        return ""

    async def send(self, campaign: Campaign, texts: Texts, job: Job, now: float) -> Result:
        """Do the next step: tag people, or send. Until WeChat has given a number, this is called again."""
        account = self._account
        if account is None:
            return Result(JobState.FAILED, cause="not configured")
        result = await self._step(account, campaign, texts, job, now)
        if result.state in FINAL:
            await tagging.remove(account, job)
        return result

    async def look(self, campaign: Campaign, job: Job, now: float) -> Result:
        """Take the event when it has come; when half an hour has passed without one, ask WeChat."""
        account = self._account
        with reading(self._engine).connect() as connection:
            report = reports.find(connection, reports.MASS, job.platform_id)
        if report is not None:
            result = mass_result.of_event(report, job)
        elif account is None or now < (job.deadline or 0.0):
            result = Result(job.state, cause=job.cause, after=LOOK_SECONDS)
        else:
            said = await account.state(job.platform_id)
            result = (
                mass_result.of_state(said.value, job, now)
                if said.value is not None
                else mass_result.waiting(job, now)
            )
        if result.state in FINAL and account is not None:
            await tagging.remove(account, job)
        return result

    async def stop(self, campaign: Campaign, job: Job, now: float) -> None:
        """Delete the article's page and the tag, and end the job; WeChat takes nothing back from phones."""
        if self._account is None:
            return
        if job.platform_id:
            await self._account.withdraw(job.platform_id)
        if job.state in FINAL:
            return
        await tagging.remove(self._account, job)
        result = await self.look(campaign, job, now) if job.platform_id else None
        if result is not None and result.state in FINAL:
            ending.end(self._engine, job, result.state, result.cause, now)
        elif job.platform_id or job.cause or not tagging.begun(job):  # a request may have gone out
            ending.end(self._engine, job, JobState.UNKNOWN, ending.ON_ITS_WAY, now)
        else:
            ending.end(self._engine, job, JobState.STOPPED, "stopped", now)

    def faults(self, connection: Connection, campaign: Campaign, now: float) -> Sequence[str]:
        """Return what would keep the account from sending at ``now``; sentences in ``faults.yml``."""
        account = self._account
        if account is None:
            return ["wechat_not_configured"]
        if account.kind == "unverified":
            return ["wechat_unverified"]
        found = [*article.faults(campaign, self._cover)]
        try:
            left = meter.read(connection, account.account, account.kind, campaign.audience, now)
        except NobodyMeant:
            return [*found, "audience_empty"]
        if not left.left_today:
            found.append("wechat_day_used")
        if left.missed and left.missed == left.people:
            found.append("wechat_month_used")
        if account.kind == "subscription" and len(campaign.variants) > 1:
            found.append("wechat_one_variant_a_day")
        return found

    def meter(self, connection: Connection, campaign: Campaign, now: float) -> meter.Meter | None:
        """Return what the account has left, and how many people would miss the message; None without account."""
        account = self._account
        if account is None:
            return None
        return meter.read(connection, account.account, account.kind, campaign.audience, now)

    async def preview(self, campaign: Campaign, texts: Texts, to: str) -> Result:
        """Show the message to one follower; ``to`` is her openid."""
        account = self._account
        if account is None:
            return Result(JobState.FAILED, cause="not configured")
        key = next(one.key for one in campaign.variants if one.texts == texts)
        made = await article.content(account, texts, self._cover(campaign, key))
        if made.value is None:
            return Result(JobState.FAILED, cause=made.cause)
        said = await account.preview(to, made.value)
        if made.value.draft:
            await account.drop_draft(made.value.draft)
        state = {Outcome.SENT: JobState.SENT, Outcome.UNKNOWN: JobState.UNKNOWN}
        return Result(state.get(said.outcome, JobState.FAILED), cause=said.cause)

    async def _step(
        self, account: Broadcaster, campaign: Campaign, texts: Texts, job: Job, now: float
    ) -> Result:
        patience = mass_result.GIVE_UP_SECONDS if tagging.begun(job) else TRY_SECONDS
        if now > (job.started_at or now) + patience:
            return Result(JobState.UNKNOWN, cause="no answer")
        addresses: list[str] = []
        if job.target == PEOPLE:
            addresses = await asyncio.to_thread(self._addresses, job, account.account)
            if not addresses:
                return Result(JobState.FAILED, cause="nobody left")
        tag: int | None = None
        if job.target == TAG or (job.target == PEOPLE and len(addresses) < FEWEST_PEOPLE):
            found = await tagging.give(self._engine, self._keys, account, job)
            if isinstance(found, Result):
                return found
            tag = found
        made = await article.content(account, texts, self._cover(campaign, job.variant))
        if made.value is None:
            return self._failed(made, job)
        said = await self._submit(account, job, addresses, tag, made.value)
        if said.cause == SENT_BEFORE and made.value.draft:  # the first attempt has taken its own draft along
            await account.drop_draft(made.value.draft)
        return self._answered(account, said, job, now)

    def _target(self, campaign: Campaign) -> str:
        everybody = campaign.audience.everyone and not campaign.audience.limited
        if self._to_all and everybody and len(campaign.variants) == 1:
            return ALL
        return PEOPLE if self._account is None or self._account.kind == "service" else TAG

    def _addresses(self, job: Job, account: str) -> list[str]:
        with self._engine.begin() as connection:
            bound.leave_out(connection, job, account)  # it may be a while since the job began
            return [one.address for one in bound.addressees(connection, self._keys, job, 0, MOST_PEOPLE)]

    async def _submit(
        self, account: Broadcaster, job: Job, addresses: Sequence[str], tag: int | None, content: Content
    ) -> Said[str]:
        if job.target == ALL:
            return await account.to_all(content, job.key)
        if tag is not None:
            return await account.to_tag(tag, content, job.key)
        return await account.to_people(addresses, content, job.key)

    def _exhausted(self, account: Broadcaster, now: float) -> None:
        """Somebody sent by hand what we did not count."""
        with self._engine.begin() as connection:
            quota.exhausted(connection, account.account, account.kind, now)

    def _answered(self, account: Broadcaster, said: Said[str], job: Job, now: float) -> Result:
        """Return what WeChat's answer to the message itself means."""
        if said.value is None:
            if said.cause == NO_QUOTA:
                self._exhausted(account, now)
            if said.done:  # WeChat has it from an attempt before, and does not say under which number
                return Result(JobState.SENT, cause=said.cause)
            return self._failed(said, job)
        confirming = job.target == ALL
        state = JobState.CONFIRMING if confirming else JobState.SENDING
        cause = "waits for the admin" if confirming else ""
        until = now + mass_result.CONFIRM_SECONDS
        return Result(state, said.value, cause, job.counts, until, LOOK_SECONDS)

    def _failed(self, said: Said[object], job: Job) -> Result:
        """Return that it failed, or that it is to be tried again: the key keeps it from going out twice."""
        if said.outcome in {Outcome.RETRY, Outcome.UNKNOWN}:
            after = said.after or RETRY_SECONDS
            return Result(JobState.SENDING, cause=said.cause, counts=job.counts, after=after)
        return Result(JobState.FAILED, cause=said.cause or "refused")
