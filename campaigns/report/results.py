"""The figures of a campaign, from its letters and jobs. What a platform does not tell is None, never a guess."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from campaigns import jobs, letters
from campaigns.document import Campaign
from campaigns.jobs import SELECT, Job
from campaigns.report import answers
from campaigns.report.counts import Count, Difference, cell, difference, total
from channels.schools import SMALLEST
from storage.campaign_tables import campaign as campaign_table
from storage.campaign_tables import campaign_job, campaign_letter, campaign_log, campaign_scan, subscriber

OPT_OUT_SECONDS = 7 * 86_400.0  # a no within a week after a message counts as said to it
YEAR = re.compile(r"-[0-9]{4}$")  # what ``shipped.fitted`` adds to an id
ANOTHER_YEAR = 180 * 86_400.0
FEWEST_COMPARED = 30  # people of each variant; of fewer nothing can be said
GOT = ("sent", "unknown")
NOBODY = Count()


@dataclass(frozen=True, slots=True)
class Cell:
    """The finest cell there is."""

    wave: int
    route: str
    variant: str
    state: str
    cause: str
    number: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a group of letters. ``delivered``, ``replies``, ``checks``: None when nobody told (yet)."""

    audience: Count
    sent: Count
    failed: Count
    unknown: Count
    skipped: Count
    waiting: Count
    failed_by: Mapping[str, Count]
    skipped_by: Mapping[str, Count]
    delivered: Count | None = None
    replies: Count | None = None
    checks: Count | None = None
    opted_out: Count = NOBODY


@dataclass(frozen=True, slots=True)
class Way:
    """One route of a wave. ``jobs``: (target, state, cause) of what is not a letter to one person."""

    route: str
    tally: Tally
    jobs: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave; ``due_at`` in Unix seconds."""

    number: int
    due_at: float
    state: str
    cause: str
    tally: Tally
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """All of it. ``differences``: of the share of people who wrote, each variant against the first.

    ``scans``: how many came by the posters' codes, by channel; not people, and not part of the tallies.
    """

    campaign: Campaign
    at: float
    waves: tuple[Wave, ...]
    tally: Tally
    variants: Mapping[str, Tally]
    differences: Mapping[str, Difference]
    before: tuple[str, Tally] | None
    notes: tuple[str, ...]
    scans: Mapping[str, Count]


def results(connection: Connection, campaign: Campaign, now: float, compare: bool = True) -> Results:
    """Return the figures as they stand at ``now`` (Unix seconds); ``compare``: with the same occasion before."""
    cells = _cells(connection, campaign.id)
    all_jobs = jobs.of(connection, campaign.id)
    rows = [job for job in all_jobs if job.route == SELECT]
    replies, checks = (_wrote(connection, campaign.id, rows, name) for name in ("replies", "checks"))
    told = (replies, checks, _opted_out(connection, campaign.id))
    waves = []
    for row in rows:
        mine = [one for one in cells if one.wave == row.wave]
        here = [job for job in all_jobs if job.wave == row.wave and job.route != SELECT]
        ways = tuple(_way(route, mine, here) for route in sorted({*(job.route for job in here)}))
        tally = _tally(mine, here, *[_part(found, row.wave) for found in told])
        waves.append(Wave(row.wave, row.due_at, str(row.state), row.cause, tally, ways))
    keys = [variant.key for variant in campaign.variants]
    others = [job for job in all_jobs if job.route != SELECT]
    by_variant = {
        key: _tally(
            [one for one in cells if one.variant == key],
            [job for job in others if job.variant == key],
            *[_of_variant(found, key) for found in told],
        )
        for key in keys
    }
    sums = [None if found is None else list(found.values()) for found in told]
    before = _before(connection, campaign, rows, now) if compare else None
    return Results(
        campaign,
        now,
        tuple(waves),
        _tally(cells, others, *sums),
        by_variant,
        _differences(cells, replies, keys),
        before,
        _notes(connection, campaign, before),
        _scans(connection, campaign.id),
    )


Wrote = dict[tuple[int, str], int] | None


def _cells(connection: Connection, campaign: str) -> list[Cell]:
    letter = campaign_letter.c
    names = (letter.wave, letter.route, letter.variant, letter.state, letter.cause)
    wanted = select(*names, func.count()).where(letter.campaign == campaign).group_by(*names).order_by(*names)
    return [Cell(*row) for row in connection.execute(wanted).all()]


def _wrote(connection: Connection, campaign: str, rows: Iterable[Job], name: str) -> Wrote:
    """Return how many wrote by (wave, variant): as kept, else counted now; None before anything was sent."""
    found: dict[tuple[int, str], int] = {}
    begun = False
    for row in rows:
        stored = answers.kept(row.counts, name)
        if stored is None:
            if row.state == jobs.JobState.WAITING:
                continue
            start = f"{name}:"
            fresh = answers.count(connection, campaign, row.wave)
            stored = {key.removeprefix(start): one for key, one in fresh.items() if key.startswith(start)}
        begun = True
        found |= {(row.wave, variant): number for variant, number in stored.items()}
    return found if begun else None


def _opted_out(connection: Connection, campaign: str) -> dict[tuple[int, str], int]:
    letter = campaign_letter.c
    soon = subscriber.c.changed_at.between(letter.sent_at, letter.sent_at + OPT_OUT_SECONDS)
    wanted = (
        select(letter.wave, letter.variant, func.count())
        .join(subscriber, subscriber.c.person_id == letter.person_id)
        .where(letter.campaign == campaign, letter.state.in_(GOT), ~subscriber.c.active, soon)
        .group_by(letter.wave, letter.variant)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(wanted).all()}


def _part(found: Wrote, wave: int) -> list[int] | None:
    return None if found is None else [number for (one, _), number in found.items() if one == wave]


def _of_variant(found: Wrote, key: str) -> list[int] | None:
    return None if found is None else [number for (_, one), number in found.items() if one == key]


def _tally(
    cells: list[Cell],
    jobs_: list[Job],
    replies: list[int] | None = None,
    checks: list[int] | None = None,
    left: list[int] | None = None,
) -> Tally:
    def of(*states: str) -> Count:
        return total(cell(one.number) for one in cells if one.state in states)

    told = [job.counts["sent"] for job in jobs_ if job.route == "wechat_mass" and "total" in job.counts]
    return Tally(
        audience=total(cell(one.number) for one in cells),
        sent=of(letters.SENT),
        failed=of(letters.FAILED),
        unknown=of(letters.UNKNOWN),
        skipped=of(letters.SKIPPED),
        waiting=of(*letters.OPEN),
        failed_by=_causes(cells, letters.FAILED),
        skipped_by=_causes(cells, letters.SKIPPED),
        delivered=total(map(cell, told)) if told else None,
        replies=None if replies is None else total(map(cell, replies)),
        checks=None if checks is None else total(map(cell, checks)),
        opted_out=total(map(cell, left or ())),
    )


def _causes(cells: list[Cell], state: str) -> dict[str, Count]:
    names = sorted({one.cause for one in cells if one.state == state})
    return {
        name: total(cell(one.number) for one in cells if one.state == state and one.cause == name)
        for name in names
    }


def _way(route: str, cells: list[Cell], here: list[Job]) -> Way:
    mine = [job for job in here if job.route == route]
    told = tuple((job.target, str(job.state), job.cause) for job in mine)
    return Way(route, _tally([one for one in cells if one.route == route], mine), told)


def _differences(cells: list[Cell], wrote: Wrote, keys: list[str]) -> dict[str, Difference]:
    if wrote is None or len(keys) < 2:
        return {}
    sent = {key: sum(one.number for one in cells if one.variant == key and one.state in GOT) for key in keys}
    answered = {key: sum(_of_variant(wrote, key) or ()) for key in keys}
    # Shares of what is shown as a range would tell more than the range.
    plain = {key for key in keys if total(map(cell, _of_variant(wrote, key) or ())).exact}
    enough = {key for key in plain if sent[key] >= FEWEST_COMPARED and answered[key] >= SMALLEST}
    first = keys[0]
    if first not in enough:
        return {}
    pair = answered[first], sent[first]
    return {key: difference(pair, (answered[key], sent[key])) for key in keys[1:] if key in enough}


def _before(
    connection: Connection, campaign: Campaign, rows: list[Job], now: float
) -> tuple[str, Tally] | None:
    """Return the last campaign of the same kind for the same occasion, half a year or more before this one."""
    if campaign.occasion is None or not rows:
        return None
    stem, first = YEAR.sub("", campaign.id), min(row.due_at for row in rows)
    due = (
        select(campaign_job.c.campaign, func.min(campaign_job.c.due_at).label("due"))
        .where(campaign_job.c.route == SELECT, campaign_job.c.campaign != campaign.id)
        .group_by(campaign_job.c.campaign)
        .subquery()
    )
    wanted = (
        select(campaign_table.c.document)
        .join(due, due.c.campaign == campaign_table.c.id)
        .where(due.c.due <= first - ANOTHER_YEAR)
        .order_by(due.c.due.desc())
    )
    for (document,) in connection.execute(wanted):
        old = Campaign.model_validate(json.loads(document))
        if old.occasion == campaign.occasion and YEAR.sub("", old.id) == stem:
            return old.id, results(connection, old, now, compare=False).tally
    return None


def _scans(connection: Connection, campaign: str) -> dict[str, Count]:
    scan = campaign_scan.c
    wanted = select(scan.channel, func.sum(scan.count)).where(scan.campaign == campaign)
    rows = connection.execute(wanted.group_by(scan.channel).order_by(scan.channel)).all()
    return {str(channel): cell(int(number)) for channel, number in rows}


def _notes(connection: Connection, campaign: Campaign, before: tuple[str, Tally] | None) -> tuple[str, ...]:
    """Return what was noted for the next time: in the document, and since then, last year's first."""
    ids = [before[0], campaign.id] if before else [campaign.id]
    log = campaign_log.c
    wanted = (
        select(log.campaign, log.note).where(log.campaign.in_(ids), log.action == "note").order_by(log.id)
    )
    found = [(row.campaign, row.note) for row in connection.execute(wanted)]
    ordered = [f"{one}: {note}" for one in ids for of, note in found if of == one]
    return (*ordered, campaign.note) if campaign.note else tuple(ordered)
