"""The letters that go out together in one job: who they are, and leaving out whom at the last moment.

A letter that is bound is ``queued`` under its job's number: what a stop or a pause takes back are only those still
``chosen``. All functions work inside the caller's transaction.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, exists, func, select, update

from campaigns.jobs import FINAL, Job, JobState
from campaigns.letters import CHOSEN, FAILED, QUEUED, SKIPPED
from channels import people
from channels.envelopes import Unreadable
from channels.keys import Keys
from storage.campaign_tables import campaign_job, subscriber
from storage.campaign_tables import campaign_letter as table
from storage.tables import person

SLICE = 500


@dataclass(frozen=True, slots=True)
class Addressee:
    """A letter of a job and where it goes."""

    letter: int
    person: int
    address: str = field(repr=False)


def parts(
    connection: Connection, campaign: str, wave: int, route: str, variants: Sequence[str], most: int
) -> list[tuple[str, int]]:
    """Return the (variant, part) that are still to be planned, so that no part has more than ``most`` letters.

    Called again it returns nothing, unless letters were chosen anew after the first parts had ended.
    """
    found: list[tuple[str, int]] = []
    for variant in variants:
        waiting, last = 0, -1
        mine = _jobs(campaign, wave, route, variant)
        for state, part in connection.execute(
            select(campaign_job.c.state, campaign_job.c.part).where(mine)
        ).all():
            waiting += JobState(state) not in FINAL
            last = max(last, part)
        needed = math.ceil(_chosen(connection, campaign, wave, route, variant) / most)
        found += [(variant, last + 1 + number) for number in range(needed - waiting)]
    return found


def bind(connection: Connection, job: Job) -> None:
    """Give ``job`` its even share of the chosen letters of its variant."""
    waiting = connection.execute(
        select(func.count())
        .select_from(campaign_job)
        .where(_jobs(job.campaign, job.wave, job.route, job.variant))
        .where(campaign_job.c.state == JobState.WAITING)
    ).scalar_one()
    chosen = _chosen(connection, job.campaign, job.wave, job.route, job.variant)
    mine = _letters(job.campaign, job.wave, job.route, job.variant) & (table.c.state == CHOSEN)
    share = select(table.c.id).where(mine).order_by(table.c.id).limit(math.ceil(chosen / max(1, waiting)))
    bound = {"job_id": job.id, "state": QUEUED}
    connection.execute(update(table).where(table.c.id.in_(share.scalar_subquery())).values(**bound))


def leave_out(connection: Connection, job: Job, account: str) -> None:
    """Skip whoever said no meanwhile, cannot be reached any more, or follows another account than ``account``."""
    agreed = exists().where(subscriber.c.person_id == table.c.person_id, subscriber.c.active)
    there = exists().where(person.c.id == table.c.person_id, person.c.reachable, person.c.account == account)
    for condition, cause in ((agreed, "opted out"), (there, "left")):
        gone = _of(job) & ~condition
        connection.execute(update(table).where(gone).values(state=SKIPPED, cause=cause))


def turned_away(connection: Connection, keys: Keys, job: Job) -> list[Addressee]:
    """Return those of a job who have said no since it was bound."""
    agreed = exists().where(subscriber.c.person_id == table.c.person_id, subscriber.c.active)
    return list(_addressees(connection, keys, job, ~agreed, None))


def skip(connection: Connection, job: Job, persons: Collection[int], cause: str) -> None:
    """Skip the letters of ``persons``."""
    ordered = sorted(persons)
    for start in range(0, len(ordered), SLICE):
        mine = _of(job) & table.c.person_id.in_(ordered[start : start + SLICE])
        connection.execute(update(table).where(mine).values(state=SKIPPED, cause=cause))


def drop(connection: Connection, letter: int, cause: str) -> None:
    """Note that one letter of a job surely does not arrive."""
    mine = (table.c.id == letter) & (table.c.state == QUEUED)
    connection.execute(update(table).where(mine).values(state=FAILED, cause=cause))


def persons(connection: Connection, job: Job) -> list[int]:
    """Return the people of a job's letters that are on their way."""
    return list(connection.scalars(select(table.c.person_id).where(_of(job)).order_by(table.c.id)))


def addressees(connection: Connection, keys: Keys, job: Job, after: int, most: int) -> list[Addressee]:
    """Return up to ``most`` letters of a job past letter number ``after``, in order, with their addresses.

    Whose address no key opens any more is left out.
    """
    return list(_addressees(connection, keys, job, table.c.id > after, most))


def _addressees(
    connection: Connection, keys: Keys, job: Job, which: ColumnElement[bool], most: int | None
) -> Iterator[Addressee]:
    wanted = (
        select(table.c.id.label("letter"), person)
        .join(person, person.c.id == table.c.person_id)
        .where(_of(job), which)
        .order_by(table.c.id)
        .limit(most)
    )
    for row in connection.execute(wanted):
        try:
            yield Addressee(row.letter, row.id, people.person_of(row, keys).sender)
        except Unreadable:
            continue


def _chosen(connection: Connection, campaign: str, wave: int, route: str, variant: str) -> int:
    mine = _letters(campaign, wave, route, variant) & (table.c.state == CHOSEN)
    return int(connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one())


def _of(job: Job) -> ColumnElement[bool]:
    return (table.c.job_id == job.id) & (table.c.state == QUEUED)


def _letters(campaign: str, wave: int, route: str, variant: str) -> ColumnElement[bool]:
    mine = (table.c.campaign == campaign) & (table.c.wave == wave)
    return mine & (table.c.route == route) & (table.c.variant == variant)


def _jobs(campaign: str, wave: int, route: str, variant: str) -> ColumnElement[bool]:
    mine = (campaign_job.c.campaign == campaign) & (campaign_job.c.wave == wave)
    return mine & (campaign_job.c.route == route) & (campaign_job.c.variant == variant)
