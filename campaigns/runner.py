"""One wave of a campaign, step by step. Every step can be done again after a crash; nobody gets two messages by it.

``advance`` does what is due and says when to come again. Who calls it, and how it survives the death of a process, is
``campaigns/workflow.py``. The order of writing is what keeps the promises:

- whom a wave chose is written before anything goes out, once for each person;
- a letter enters the outbox in the transaction that notes it, with the time after which it must not be sent;
- that a job goes out is written, with its quota, before the request; what a platform may have is never sent again
  unless its key keeps it from being taken twice.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from campaigns import audience, jobs, letters, quiet
from campaigns.document import Campaign, Route, Variant
from campaigns.jobs import FINAL, SELECT, Job, JobState, Result
from campaigns.senders import LETTERS, Senders
from campaigns.states import Action, NotAllowed, State
from campaigns.store import Store, Stored
from channels.base import Reply
from channels.keys import Keys
from storage.engine import reading

LOOK_SECONDS = 1.0  # between two rounds while letters flow
BREATH_SECONDS = (
    0.01  # between two large transactions: SQLite lets in whoever asks at the right moment, and in no order
)
LATE_SECONDS = 6 * 3600.0  # a wave that could not start for so long is a thing of the past
MARGIN_SECONDS = 120.0  # so long before quiet hours letters stop: what is on its way has left by then
NOT_SET_UP = "not set up"
JUDGED_FROM = 50  # letters; shares of fewer say nothing
log = logging.getLogger("fanzha.campaigns")

Check = Callable[
    [Campaign], Sequence[str]
]  # what forbids to send, by code: a withdrawn bulletin, a lost permission


@dataclass(frozen=True, slots=True)
class Desk:
    """What a runner works with. ``opted_out(campaign)``: how many said no after they got it.

    ``letters``: the routes of letters for which the gateway has a channel; what goes by another one is refused.
    """

    engine: Engine
    keys: Keys
    store: Store
    senders: Senders
    check: Check
    opted_out: Callable[[str], int]
    clock: Callable[[], float] = time.time
    letters: Collection[Route] = frozenset(LETTERS)


class Runner:
    """Does the work of waves. Blocks on the database for moments only; call it in one task per wave."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def advance(self, campaign_id: str, wave: int) -> float | None:
        """Do what is due; returns the seconds until the next look, None when the wave needs none any more."""
        now = self._desk.clock()
        stored = self._desk.store.get(campaign_id)
        row = self._wave(campaign_id, wave)
        if row is None or row.state in FINAL:
            return None
        if stored.state is State.SCHEDULED and row.due_at <= now:
            stored = self._desk.store.act(campaign_id, Action.START, "", now)
        if stored.state is not State.SENDING:
            return None
        if now > row.due_at + LATE_SECONDS and row.state is JobState.WAITING:
            self._close(stored, row, JobState.FAILED, "too late", now)
            return None
        if cause := self._forbidden(stored, now):
            await self.stop(stored, cause, now)
            return None
        hours = stored.campaign.quiet_hours
        if quiet.is_quiet(hours, now):
            return max(LOOK_SECONDS, min(300.0, quiet.next_end(hours, now) - now))
        if row.state is JobState.WAITING and not await self._choose(stored.campaign, row, now):
            return None
        wait = await self._work(stored, wave, now)
        if wait is not None:
            return wait
        row = self._wave(campaign_id, wave)
        assert row is not None
        self._close(stored, row, JobState.SENT, "", now)
        return None

    async def stop(self, stored: Stored, cause: str, now: float, by: str = "") -> None:
        """End a campaign: what is surely not on its way stays at home. Raises ``NotAllowed``."""
        all_jobs = await asyncio.to_thread(self._halt, stored, cause, now, by)
        for job in all_jobs:
            if job.route in self._desk.senders and job.state not in {JobState.FAILED, JobState.WAITING}:
                await self._desk.senders[Route(job.route)].stop(stored.campaign, job, now)

    def pause(self, campaign_id: str, by: str, now: float, cause: str = "") -> Stored:
        """Hold a campaign; what waits in the outbox comes back. Raises ``NotAllowed``."""
        found = self._desk.store.act(campaign_id, Action.PAUSE, by, now, cause)
        with self._desk.engine.begin() as connection:
            letters.take_back(connection, campaign_id, now, "paused", for_ever=False)
        return found

    def resume(self, campaign_id: str, by: str, now: float) -> Stored:
        """Let a held campaign go on; waves whose time has passed begin now. Raises ``NotAllowed``."""
        found = self._desk.store.act(campaign_id, Action.RESUME, by, now)
        with self._desk.engine.begin() as connection:
            jobs.renew(connection, campaign_id, now)
        return found

    def again(self, campaign_id: str, by: str, now: float) -> int:
        """Send once more to those whom the campaign surely did not reach; returns how many. Raises ``NotAllowed``."""
        found = self._desk.store.act(campaign_id, Action.RESEND, by, now)
        with self._desk.engine.begin() as connection:
            count = letters.again(connection, found.campaign, now)
            jobs.reopen(connection, campaign_id, [str(route) for route in LETTERS], now)
        return count

    def _halt(self, stored: Stored, cause: str, now: float, by: str) -> Sequence[Job]:
        """Do what the database alone can do of a stop; with many letters that takes a while."""
        campaign = self._desk.store.act(stored.campaign.id, Action.STOP, by, now, cause).campaign.id
        with self._desk.engine.begin() as connection:
            jobs.stop(connection, campaign, cause, now)
            letters.take_back(connection, campaign, now, cause, for_ever=True)
            return jobs.of(connection, campaign)

    def _wave(self, campaign_id: str, wave: int) -> Job | None:
        with reading(self._desk.engine).connect() as connection:
            return jobs.wave(connection, campaign_id, wave)

    def _forbidden(self, stored: Stored, now: float) -> str:
        """Return why the campaign has to stop, a fixed word; empty when it may go on."""
        campaign = stored.campaign
        if found := self._desk.check(campaign):
            return found[0]
        if campaign.stop.until is not None and quiet.local_day(now) > campaign.stop.until:
            return "until is over"
        with reading(self._desk.engine).connect() as connection:
            counted = letters.counts(connection, campaign.id)
        sent = counted.get(letters.SENT, 0) + counted.get(letters.UNKNOWN, 0)
        failed = counted.get(letters.FAILED, 0)
        if sent + failed >= JUDGED_FROM and failed > campaign.stop.failed * (sent + failed):
            return "too many failed"
        if sent >= JUDGED_FROM and self._desk.opted_out(campaign.id) > campaign.stop.opted_out * sent:
            return "too many said no"
        return ""

    async def _choose(self, campaign: Campaign, row: Job, now: float) -> bool:
        """Choose everybody, in short transactions; then write the jobs. Done again, it goes on where it was.

        False when the campaign was stopped or paused meanwhile: then there are no jobs.
        """
        after: int | None = 0
        while after is not None:
            with self._desk.engine.begin() as connection:
                found, after = audience.part(connection, campaign, row.wave, now, after)
                letters.choose(connection, campaign.id, row.wave, found)
            await asyncio.sleep(BREATH_SECONDS)
        with self._desk.engine.begin() as connection:
            if not self._desk.store.holds(connection, campaign.id, State.SENDING):
                letters.forget_choice(connection, campaign.id, row.wave)
                return False
            for route in campaign.routes:
                for variant, target, part in self._plan(connection, route, campaign, row.wave, now):
                    jobs.add(connection, campaign.id, row.wave, route, row.due_at, variant, target, part)
            counted = letters.counts(connection, campaign.id, row.wave)
            jobs.settle(connection, row, Result(JobState.SENDING, counts=counted), now)
        return True

    def _plan(
        self, connection: Connection, route: Route, campaign: Campaign, wave: int, now: float
    ) -> Sequence[tuple[str, str, int]]:
        if route in LETTERS or route not in self._desk.senders:
            return [("", "", 0)]
        return self._desk.senders[route].plan(connection, campaign, wave, now)

    async def _work(self, stored: Stored, wave: int, now: float) -> float | None:
        """Work on every open job of a wave; returns when to come again, None when all are done."""
        with reading(self._desk.engine).connect() as connection:
            open_ = [
                job
                for job in jobs.of(connection, stored.campaign.id, wave)
                if job.route != SELECT and job.state not in FINAL
            ]
        waits = []
        for job in open_:
            if Route(job.route) in LETTERS:
                done = self._letters(stored.campaign, job, now)
                waits.append(None if done else LOOK_SECONDS)
            else:
                waits.append(await self._job(stored.campaign, job))
            await asyncio.sleep(BREATH_SECONDS)
        left = [wait for wait in waits if wait is not None]
        return min(left) if left else None

    def _letters(self, campaign: Campaign, job: Job, now: float) -> bool:
        """Feed and reap the letters of one route; True when all are where they end."""
        if Route(job.route) not in self._desk.letters:
            with self._desk.engine.begin() as connection:
                letters.refuse(connection, campaign.id, job.wave, job.route, NOT_SET_UP)
                counted = letters.counts(connection, campaign.id, job.wave, job.route)
                jobs.settle(connection, job, Result(JobState.FAILED, cause=NOT_SET_UP, counts=counted), now)
            return True
        rate = LETTERS[Route(job.route)]
        until = quiet.next_start(campaign.quiet_hours, now)
        with self._desk.engine.begin() as connection:
            letters.reap(connection, campaign.id, job.wave, job.route)
            counted = letters.counts(connection, campaign.id, job.wave, job.route)
            on_the_way = counted.get(letters.QUEUED, 0)
            late = until is not None and now > until - MARGIN_SECONDS
            # What a dead gateway left lying would go out all at once beside the new ones: the two together are a second's.
            most = int(rate * LOOK_SECONDS) - on_the_way
            if counted.get(letters.CHOSEN, 0) and not late and most > 0:
                replies = {variant.key: Reply(variant.texts.message) for variant in campaign.variants}
                end = None if until is None else until - MARGIN_SECONDS / 2
                letters.feed(
                    connection, self._desk.keys, campaign.id, job.wave, job.route, replies, most, end, now
                )
                counted = letters.counts(connection, campaign.id, job.wave, job.route)
            done = not any(counted.get(state, 0) for state in letters.OPEN)
            state = JobState.SENT if done else JobState.SENDING
            jobs.settle(connection, job, Result(state, counts=counted), now)
        return done

    async def _job(self, campaign: Campaign, job: Job) -> float | None:
        """Send one job, or ask how it stands; returns when to come again, None when it is done."""
        now = self._desk.clock()
        sender = self._desk.senders.get(Route(job.route))
        if sender is None:  # switched off since the approval
            with self._desk.engine.begin() as connection:
                self._settle(connection, job, Result(JobState.FAILED, cause=NOT_SET_UP), now)
            return None
        if job.state is JobState.WAITING:
            with self._desk.engine.begin() as connection:
                if cause := sender.starting(connection, campaign, job, now):
                    self._settle(connection, job, Result(JobState.FAILED, cause=cause), now)
                    return None
                if not jobs.start(connection, job.id, now):
                    return None
            result = await sender.send(campaign, _variant(campaign, job).texts, job, now)
        elif job.platform_id or job.state is JobState.CONFIRMING:
            result = await sender.look(campaign, job, now)
        elif sender.repeatable:  # a crash came between the note and the platform's answer
            result = await sender.send(campaign, _variant(campaign, job).texts, job, now)
        else:
            result = Result(JobState.UNKNOWN, cause="worker died")
        with self._desk.engine.begin() as connection:
            self._settle(connection, job, result, self._desk.clock())
        return None if result.state in FINAL else result.after

    def _settle(self, connection: Connection, job: Job, result: Result, now: float) -> None:
        jobs.settle(connection, job, result, now)
        became = {
            JobState.SENT: letters.SENT,
            JobState.FAILED: letters.FAILED,
            JobState.UNKNOWN: letters.UNKNOWN,
            JobState.STOPPED: letters.SKIPPED,
        }
        if result.state in became:
            letters.follow(connection, job.id, became[result.state], result.cause, now)
        log.info("job of route %s is %s %s", job.route, result.state, result.cause)

    def _close(self, stored: Stored, row: Job, state: JobState, cause: str, now: float) -> None:
        """End a wave, and with the last one the campaign."""
        campaign = stored.campaign.id
        with self._desk.engine.begin() as connection:
            counted = letters.counts(connection, campaign, row.wave)
            jobs.settle(connection, row, Result(state, cause=cause, counts=counted), now)
            waves = [job for job in jobs.of(connection, campaign) if job.route == SELECT]
        if all(job.state in FINAL for job in waves):
            try:
                self._desk.store.act(campaign, Action.FINISH, "", now)
            except NotAllowed:  # stopped or paused at this very moment
                log.info("a campaign was not finished: it is not being sent any more")


def _variant(campaign: Campaign, job: Job) -> Variant:
    return next((one for one in campaign.variants if one.key == job.variant), campaign.variants[0])
