"""The ledge of the door: where a message is put down, masked, so that nothing can lose it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from channels.base import Channel, Inbound, Refuse, Reply, Turn
from channels.deposits import Deposit
from channels.inbox import Inbox
from channels.keys import Owner
from channels.lane import Lane
from channels.persist import persist
from channels.privacy import Vault
from channels.slips import Slips
from channels.taken import Taken
from channels.threads import Threads
from channels.wording import Wording

MOST_AT_ONCE = 32  # messages in one transaction
GATHER_SECONDS = 0.003  # in a crowd several messages share one transaction; 15 ms cost more than they won
STORE_SECONDS = 3.0  # a database that restarts is back by then; WeChat waits 5


@dataclass(frozen=True, slots=True)
class _Job:
    """A message to store: when it came, how long its burst may pause, and why it is refused, if it is."""

    channel: Channel
    message: Inbound
    owner: Owner
    now: float
    wait: float
    refused: Refuse | None
    carrier: str
    stored: asyncio.Future[Taken]


class Ledge:
    """Stores messages, those that come close together in one transaction; the database may be away for a moment."""

    def __init__(
        self,
        threads: Threads,
        vault: Vault,
        inbox: Inbox,
        wording: Wording,
        lane: Lane,
        slips: Slips | None = None,
    ) -> None:
        self._threads = threads
        self._vault = vault
        self._inbox = inbox
        self._wording = wording
        self._lane = lane
        self._slips = slips
        self._failing_since: float | None = None
        self._jobs: list[_Job] = []
        self._worker: asyncio.Task[None] | None = None

    async def store(
        self,
        channel: Channel,
        message: Inbound,
        owner: Owner,
        now: float,
        wait: float,
        refused: Refuse | None,
        carrier: str,
    ) -> Taken:
        """Store ``message``, with the sentence for ``refused`` as its answer. Raises the database's error.

        Who comes when it has been away for ``STORE_SECONDS`` does not wait any longer: people must hear something.
        ``carrier`` names the request that brought it.
        """
        self._lane.came()

        async def store() -> Taken:
            stored: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
            self._jobs.append(_Job(channel, message, owner, now, wait, refused, carrier, stored))
            if self._worker is None:
                self._worker = asyncio.create_task(self._work())
            return await stored

        since = now if self._failing_since is None else self._failing_since
        try:
            taken = await persist(store, since + STORE_SECONDS - now)
        except SQLAlchemyError:
            self._failing_since = since
            raise
        self._failing_since = None
        return taken

    async def _work(self) -> None:
        while self._jobs:
            if self._lane.crowded():
                await asyncio.sleep(GATHER_SECONDS)
            jobs, self._jobs = self._jobs[:MOST_AT_ONCE], self._jobs[MOST_AT_ONCE:]
            await self._put_down(jobs)
        self._worker = None

    async def _put_down(self, jobs: list[_Job]) -> None:
        try:
            taken = await self._threads.first(self._store, jobs)
        except Exception as error:  # whatever it is, it belongs to whoever waits for the message
            if len(jobs) == 1:
                if not jobs[0].stored.done():
                    jobs[0].stored.set_exception(error)
                return
            for job in jobs:  # perhaps one message alone is at fault
                await self._put_down([job])
            return
        for job, one in zip(jobs, taken, strict=True):
            if not job.stored.done():
                job.stored.set_result(one)

    def _store(self, jobs: Sequence[_Job]) -> list[Taken]:
        if self._slips is not None:
            self._slips.settle()
        deposits = []
        for job in jobs:
            text = job.message.text
            words = None if text is None else self._vault.mask(job.owner, text)
            sentence = None if job.refused is None else Reply(self._wording.error(job.refused.code))
            replies = () if sentence is None else job.channel.split(Turn((sentence,)))
            deposits.append(Deposit(job.message, words, job.owner, job.now, job.wait, replies, job.carrier))
        return self._inbox.take_all(deposits)
