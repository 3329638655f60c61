"""A mass message by tag: one temporary tag for each job, given to its people 50 at a time, and deleted afterwards.

The work is done in rounds, so that a large audience keeps neither the lease nor other jobs waiting; how far it got is
in the job's counts (``tag``, and ``after``: the last letter that has it). Doing a round again does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from sqlalchemy import Engine

from campaigns.delivery import bound
from campaigns.delivery.bound import Addressee
from campaigns.jobs import Job, JobState, Result
from channels.base import Outcome
from channels.broadcast import MOST_TAGGED, TAG_MISSING, Broadcaster, Said
from channels.keys import Keys
from storage.engine import reading

CALLS_A_ROUND = 20
RETRY_SECONDS = 10.0
LEFT = "left"
log = logging.getLogger("fanzha.campaigns")


def name_of(job: Job) -> str:
    """Return the tag's name: of this job alone, and at most 30 bytes."""
    return f"fz-{job.key[:20]}"


def begun(job: Job) -> bool:
    """Tell whether the job has its tag."""
    return "tag" in job.counts


async def give(engine: Engine, keys: Keys, account: Broadcaster, job: Job) -> Result | int:
    """Do one round. Returns the tag's number once everybody has it, else how the job stands."""
    number = job.counts.get("tag")
    if number is None:
        made = await account.make_tag(name_of(job))
        if made.value is None:
            return _stands(made, {})
        return Result(JobState.SENDING, counts={"tag": made.value, "after": 0}, after=0.0)
    after = job.counts.get("after", 0)
    with reading(engine).connect() as connection:
        people = bound.addressees(connection, keys, job, after, MOST_TAGGED * CALLS_A_ROUND)
    if not people:
        return await _complete(engine, keys, account, job, number)
    for start in range(0, len(people), MOST_TAGGED):
        some = people[start : start + MOST_TAGGED]
        said = await _tag(engine, account, number, some)
        if not said.done:
            return _stands(said, {"tag": number, "after": after})
        after = some[-1].letter
    return Result(JobState.SENDING, counts={"tag": number, "after": after}, after=0.0)


async def remove(account: Broadcaster, job: Job) -> None:
    """Delete the job's tag, if it has one. A tag that stays behind does no harm but fills one of 100 places."""
    number = job.counts.get("tag")
    if number is None:
        return
    said = await account.drop_tag(number)
    if not said.done and said.cause != TAG_MISSING:
        log.warning("the tag of a job was not deleted: %s", said.cause)


async def _tag(engine: Engine, account: Broadcaster, number: int, people: Sequence[Addressee]) -> Said[None]:
    said = await account.tag_people(number, [one.address for one in people])
    if not said.gone:
        return said
    for one in people:  # WeChat refuses all fifty for one who left, and does not say who it is
        said = await account.tag_people(number, [one.address])
        if said.gone:
            with engine.begin() as connection:
                bound.drop(connection, one.letter, LEFT)
        elif not said.done:
            return said
    return Said(Outcome.SENT)


async def _complete(engine: Engine, keys: Keys, account: Broadcaster, job: Job, number: int) -> Result | int:
    """Take the tag from who said no meanwhile, and look whether somebody deleted it on WeChat's page."""
    with reading(engine).connect() as connection:
        leaving = bound.turned_away(connection, keys, job)
    for start in range(0, len(leaving), MOST_TAGGED):
        some = [one.address for one in leaving[start : start + MOST_TAGGED]]
        taken = await account.tag_people(number, some, on=False)
        if not taken.done and not taken.gone:
            return _stands(taken, job.counts)
    with engine.begin() as connection:
        bound.leave_out(connection, job, account.account)
        expected = len(bound.persons(connection, job))
    if not expected:
        return Result(JobState.FAILED, cause="nobody left", counts=job.counts)
    said = await account.tag(number)
    if said.value is None:
        return _stands(said, job.counts)
    if said.value.name != name_of(job) or said.value.count == 0:
        return Result(JobState.FAILED, cause=TAG_MISSING, counts=job.counts)
    return number


def _stands(said: Said[object], counts: Mapping[str, int]) -> Result:
    if said.outcome in {Outcome.RETRY, Outcome.UNKNOWN}:  # tagging twice does no harm
        return Result(JobState.SENDING, cause=said.cause, counts=counts, after=said.after or RETRY_SECONDS)
    return Result(JobState.FAILED, cause=said.cause, counts=counts)
