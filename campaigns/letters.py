"""The table ``campaign_letter``: each person a wave chose, once, and what became of her message.

Persons who are written to one by one go through the gateway's outbox: a letter becomes a row there in the same
transaction that notes it as queued. So a crash can neither lose nor double it, and the outbox goes on telling apart what a
platform may have taken.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from campaigns import audience
from campaigns.audience import Chosen
from campaigns.document import Campaign
from channels import outbox, posting
from channels.base import Reply
from channels.keys import Keys
from channels.transitions import State as Letter
from storage.campaign_tables import campaign_letter as table
from storage.campaign_tables import subscriber
from storage.tables import outbox as outgoing
from storage.tables import person

CHOSEN, QUEUED, SENT, FAILED, UNKNOWN, SKIPPED = "chosen", "queued", "sent", "failed", "unknown", "skipped"
OPEN = (CHOSEN, QUEUED)


def choose(connection: Connection, campaign: str, wave: int, people: Sequence[Chosen]) -> None:
    """Note whom a wave chose."""
    rows = [
        {
            "campaign": campaign,
            "wave": wave,
            "person_id": one.person_id,
            "route": str(one.route),
            "variant": one.variant,
            "job_id": None,
            "letter_id": None,
            "state": CHOSEN,
            "cause": "",
            "sent_at": None,
        }
        for one in people
    ]
    if rows:
        connection.execute(insert(table), rows)


def forget_choice(connection: Connection, campaign: str, wave: int) -> None:
    """Forget whom a wave chose that has no jobs yet: its campaign was stopped or paused meanwhile."""
    mine = (table.c.campaign == campaign) & (table.c.wave == wave) & (table.c.state == CHOSEN)
    connection.execute(delete(table).where(mine))


def feed(
    connection: Connection,
    keys: Keys,
    campaign: str,
    wave: int,
    route: str,
    replies: dict[str, Reply],
    most: int,
    until: float | None,
    now: float,
) -> int:
    """Put up to ``most`` chosen letters into the outbox; returns how many.

    ``replies``: the message of each variant. Whoever said no, or cannot be reached any more, is skipped here, as late
    as can be. What has not left by ``until`` (Unix seconds) comes back as chosen, see ``reap``.
    """
    mine = _of(campaign, wave, route) & (table.c.state == CHOSEN)
    wanted = (
        select(table.c.id, table.c.person_id, table.c.variant, subscriber.c.active, person.c.reachable)
        .outerjoin(subscriber, subscriber.c.person_id == table.c.person_id)
        .outerjoin(person, person.c.id == table.c.person_id)
        .where(mine)
        .order_by(table.c.id)
        .limit(most)
        .with_for_update(of=table)
    )
    fed = 0
    for row in connection.execute(wanted).all():
        this = table.c.id == row.id
        if not row.active or not row.reachable:
            cause = "left" if row.active else "opted out"
            connection.execute(update(table).where(this).values(state=SKIPPED, cause=cause))
            continue
        # A new key each time: a letter that was taken back goes out under another one, whatever the clock says.
        key = secrets.token_hex(16)
        number = posting.add_once(connection, keys, row.person_id, replies[row.variant], now, key, until)
        connection.execute(update(table).where(this).values(state=QUEUED, letter_id=number))
        fed += 1
    return fed


def refuse(connection: Connection, campaign: str, wave: int, route: str, cause: str) -> None:
    """Give up the letters of a route that nobody serves here; those in the outbox end there."""
    mine = _of(campaign, wave, route) & (table.c.state == CHOSEN)
    connection.execute(update(table).where(mine).values(state=FAILED, cause=cause))


def reap(connection: Connection, campaign: str, wave: int, route: str) -> None:
    """Take over what became of the letters in the outbox."""
    mine = _of(campaign, wave, route) & (table.c.state == QUEUED)
    ends = (Letter.SENT, Letter.DEAD, Letter.UNKNOWN)
    wanted = (
        select(
            table.c.id, outgoing.c.id.label("letter"), outgoing.c.state, outgoing.c.cause, outgoing.c.done_at
        )
        .outerjoin(outgoing, outgoing.c.id == table.c.letter_id)
        .where(mine, outgoing.c.id.is_(None) | outgoing.c.state.in_(ends))
    )
    for row in connection.execute(wanted).all():
        values: dict[str, object] = {
            "state": UNKNOWN,
            "cause": "no trace",
        }  # thrown away before it was asked for
        if row.letter is not None:
            values = _became(Letter(row.state), row.cause, row.done_at)
        connection.execute(update(table).where(table.c.id == row.id).values(**values))


def bind(connection: Connection, numbers: Sequence[int], job_id: int) -> None:
    """Note by which job letters (numbers of rows) go out together."""
    for some in _slices(numbers):
        connection.execute(update(table).where(table.c.id.in_(some)).values(job_id=job_id))


def follow(connection: Connection, job_id: int, state: str, cause: str, now: float) -> None:
    """Let the letters of a job become what the job became."""
    mine = (table.c.job_id == job_id) & table.c.state.in_(OPEN)
    sent_at = now if state in {SENT, UNKNOWN} else None
    connection.execute(update(table).where(mine).values(state=state, cause=cause, sent_at=sent_at))


def take_back(connection: Connection, campaign: str, now: float, cause: str, for_ever: bool) -> int:
    """Stop the letters of a campaign that are surely not on their way; returns how many are left as they were.

    ``for_ever``: they are skipped with ``cause``; else they are chosen still, to be sent when it goes on.
    """
    waiting = (table.c.campaign == campaign) & (table.c.state == QUEUED)
    numbers = list(connection.scalars(select(table.c.letter_id).where(waiting)))
    back: set[int] = set()
    for some in _slices(numbers):
        back |= posting.take_back(connection, some, now, cause)
    for some in _slices(sorted(back)):
        this = waiting & table.c.letter_id.in_(some)
        connection.execute(update(table).where(this).values(state=CHOSEN, letter_id=None))
    if for_ever:
        skip = (table.c.campaign == campaign) & (table.c.state == CHOSEN)
        connection.execute(update(table).where(skip).values(state=SKIPPED, cause=cause))
    return len(numbers) - len(back)


def again(connection: Connection, campaign: Campaign, now: float) -> int:
    """Choose anew those whom the campaign surely did not reach, within everybody's limits; returns how many."""
    failed = (table.c.campaign == campaign.id) & (table.c.state == FAILED)
    waves = connection.scalars(select(table.c.wave).where(failed).distinct().order_by(table.c.wave)).all()
    count = 0
    for wave in waves:  # one after the other, so that the second counts what the first has chosen
        mine = failed & (table.c.wave == wave) & table.c.person_id.in_(audience.welcome(campaign, now))
        fresh = {"state": CHOSEN, "cause": "", "letter_id": None, "job_id": None}
        count += connection.execute(update(table).where(mine).values(**fresh)).rowcount
    return count


def counts(connection: Connection, campaign: str, wave: int | None = None, route: str = "") -> dict[str, int]:
    """Return how many letters are in each state."""
    wanted = select(table.c.state, func.count()).where(table.c.campaign == campaign).group_by(table.c.state)
    if wave is not None:
        wanted = wanted.where(table.c.wave == wave)
    if route:
        wanted = wanted.where(table.c.route == route)
    return {str(state): int(number) for state, number in connection.execute(wanted).all()}


def causes(connection: Connection, campaign: str) -> dict[str, int]:
    """Return why letters did not arrive, by fixed word."""
    wanted = (
        select(table.c.cause, func.count())
        .where(table.c.campaign == campaign, table.c.cause != "")
        .group_by(table.c.cause)
    )
    return {str(cause): int(number) for cause, number in connection.execute(wanted).all()}


def _became(state: Letter, cause: str, at: float | None) -> dict[str, object]:
    if state is Letter.SENT:
        return {"state": SENT, "cause": "", "sent_at": at}
    if state is Letter.UNKNOWN:
        return {"state": UNKNOWN, "cause": cause, "sent_at": at}
    if cause == outbox.TOO_LATE:  # quiet hours began: it goes on in the morning
        return {"state": CHOSEN, "cause": "", "letter_id": None}
    return {"state": FAILED, "cause": cause}


def _of(campaign: str, wave: int, route: str) -> ColumnElement[bool]:
    return (table.c.campaign == campaign) & (table.c.wave == wave) & (table.c.route == route)


def _slices(numbers: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]
