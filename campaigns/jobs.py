"""The table ``campaign_job``: one sending of one wave by one route, and what came of it.

The row of route ``select`` is the wave itself: when it is due, who works on it (``deadline`` is that lease), and, once
everybody is chosen, the figures of the choice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from storage.campaign_tables import campaign as campaign_table
from storage.campaign_tables import campaign_job as table
from storage.engine import once

SELECT = "select"
LEASE_SECONDS = 60.0


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    SENDING = "sending"  # the platform may have it; it tells later, or is asked again under the same key
    CONFIRMING = "confirming"  # the account's admin must agree, until ``deadline``
    SENT = "sent"
    FAILED = "failed"
    STOPPED = "stopped"
    UNKNOWN = "unknown"  # the platform may have it, and cannot be asked


FINAL = frozenset({JobState.SENT, JobState.FAILED, JobState.STOPPED, JobState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Job:
    """A row. ``key``: 32 hex digits, the same at every attempt. Times are Unix seconds."""

    id: int
    campaign: str
    wave: int
    route: str
    variant: str
    target: str
    part: int
    key: str
    state: JobState
    platform_id: str
    due_at: float
    started_at: float | None
    deadline: float | None
    cause: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Result:
    """What a route says of a job. ``cause`` is a fixed word; ``after``: seconds until it is worth asking again."""

    state: JobState
    platform_id: str = ""
    cause: str = ""
    counts: Mapping[str, int] | None = None
    deadline: float | None = None
    after: float = 5.0


def key_of(*parts: object) -> str:
    """Return the idempotency key of what ``parts`` name: always the same, 32 hex digits."""
    return hashlib.sha256("|".join(str(part) for part in parts).encode()).hexdigest()[:32]


def add(
    connection: Connection,
    campaign: str,
    wave: int,
    route: str,
    due_at: float,
    variant: str = "",
    target: str = "",
    part: int = 0,
) -> int | None:
    """Add a waiting job; None when it is there already."""
    what = (campaign, wave, route, variant, target, part)
    names = ("campaign", "wave", "route", "variant", "target", "part")
    values: dict[str, object] = dict(zip(names, what, strict=True))
    values |= {"key": key_of(*what), "state": JobState.WAITING, "platform_id": "", "due_at": due_at}
    values |= {"started_at": None, "deadline": None, "done_at": None, "cause": "", "counts": "{}"}
    return once(connection, table, values)


def of(connection: Connection, campaign: str, wave: int | None = None) -> tuple[Job, ...]:
    """Return the jobs of a campaign, or of one wave, in order."""
    wanted = select(table).where(table.c.campaign == campaign).order_by(table.c.wave, table.c.id)
    if wave is not None:
        wanted = wanted.where(table.c.wave == wave)
    return tuple(_job(row) for row in connection.execute(wanted))


def wave(connection: Connection, campaign: str, number: int) -> Job | None:
    """Return the row of a wave itself, None when it is not planned."""
    mine = (table.c.campaign == campaign) & (table.c.wave == number) & (table.c.route == SELECT)
    row = connection.execute(select(table).where(mine)).first()
    return None if row is None else _job(row)


def renew(connection: Connection, campaign: str, now: float) -> None:
    """Let waves that were held back begin now: a person said so."""
    held = (table.c.campaign == campaign) & (table.c.state == JobState.WAITING) & (table.c.due_at < now)
    connection.execute(update(table).where(held).values(due_at=now, deadline=None))


def due_waves(connection: Connection, states: Sequence[str], now: float) -> tuple[Job, ...]:
    """Return the waves of campaigns in ``states`` that are due, not done, and that nobody works on."""
    open_ = table.c.state.not_in([str(state) for state in FINAL])
    going = table.c.campaign.in_(select(campaign_table.c.id).where(campaign_table.c.state.in_(states)))
    wanted = select(table).where(table.c.route == SELECT, going, open_, _free(now))
    found = connection.execute(wanted.where(table.c.due_at <= now).order_by(table.c.due_at, table.c.id))
    return tuple(_job(row) for row in found)


def lease(connection: Connection, job_id: int, held: float | None, now: float) -> float | None:
    """Take or prolong the work on a wave; returns the new lease's end, None when somebody else has it.

    ``held``: the end of the lease that the caller has, None for none.
    """
    mine = table.c.deadline == held if held is not None else table.c.deadline.is_(None)
    until = now + LEASE_SECONDS
    wanted = update(table).where(table.c.id == job_id, mine | _free(now))
    done = connection.execute(wanted.values(deadline=until))
    return until if done.rowcount == 1 else None


def release(connection: Connection, job_id: int, held: float, now: float) -> None:
    """Give up the work on a wave: the lease is over now. When it was is kept, so that every taking up has its own id."""
    mine = (table.c.id == job_id) & (table.c.deadline == held)
    connection.execute(update(table).where(mine).values(deadline=now))


def start(connection: Connection, job_id: int, now: float) -> bool:
    """Note that the request goes out now; False when the job was started, stopped or done by somebody else."""
    waiting = (table.c.id == job_id) & (table.c.state == JobState.WAITING)
    going = {"state": JobState.SENDING, "started_at": now}
    return connection.execute(update(table).where(waiting).values(**going)).rowcount == 1


def settle(connection: Connection, job: Job, result: Result, now: float) -> None:
    """Note what came of a job, or how it stands. What is final stays as it is."""
    values: dict[str, object] = {"state": result.state, "cause": result.cause}
    if result.platform_id:
        values["platform_id"] = result.platform_id
    if result.counts is not None:
        values["counts"] = json.dumps(dict(result.counts))
    if result.deadline is not None:
        values["deadline"] = result.deadline
    if result.state in FINAL:
        values["done_at"] = now
    open_ = table.c.state.not_in([str(state) for state in FINAL])
    connection.execute(update(table).where(table.c.id == job.id, open_).values(**values))


def reopen(connection: Connection, campaign: str, routes: Sequence[str], now: float) -> None:
    """Let the waves and the jobs of ``routes`` of a campaign work again: some letters are to be sent once more."""
    wanted = (table.c.campaign == campaign) & table.c.route.in_([*routes, SELECT])
    values = {"state": JobState.WAITING, "cause": "", "done_at": None, "deadline": None, "due_at": now}
    connection.execute(update(table).where(wanted).values(**values))


def stop(connection: Connection, campaign: str, cause: str, now: float) -> None:
    """End what has not begun; what a platform may have goes on to be asked about."""
    waiting = (table.c.campaign == campaign) & (table.c.state == JobState.WAITING)
    values = {"state": JobState.STOPPED, "cause": cause, "done_at": now}
    connection.execute(update(table).where(waiting).values(**values))


def forget_waves(connection: Connection, campaign: str) -> None:
    """Take a plan back: nothing of it may have begun."""
    waiting = (table.c.campaign == campaign) & (table.c.state == JobState.WAITING)
    connection.execute(delete(table).where(waiting))


def _free(now: float) -> ColumnElement[bool]:
    """Tell whether nobody works on a wave. A lease longer than any can be is of a clock that was set back since."""
    over = (table.c.deadline <= now) | (table.c.deadline > now + LEASE_SECONDS)
    return table.c.deadline.is_(None) | over


def _job(row: Row[tuple[object, ...]]) -> Job:
    return Job(
        row.id,
        row.campaign,
        row.wave,
        row.route,
        row.variant,
        row.target,
        row.part,
        row.key,
        JobState(row.state),
        row.platform_id,
        row.due_at,
        row.started_at,
        row.deadline,
        row.cause,
        json.loads(row.counts),
    )
