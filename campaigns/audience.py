"""Who gets a campaign: only who consented, chosen by SQL, once, within everybody's own limits.

A selection is read in slices by the person's number, so it takes the same memory for a hundred people as for a
hundred thousand. What a condition means is written once, in ``_conditions``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, true

from campaigns.document import Audience, Campaign, Route, Variant
from channels import scenes
from channels.consent import FREQUENCIES, district_name
from storage.campaign_tables import campaign_letter, subscriber
from storage.tables import person

SLICE = 2_000
DAY = 86_400.0
REACHED = ("chosen", "queued", "sent", "unknown")  # letters that count as one message
ROUTES_OF_CHANNELS: Mapping[str, tuple[Route, ...]] = {
    "wechat": (Route.WECHAT_MASS, Route.WECHAT_NOTICE, Route.WECHAT_SERVICE),
    "telegram": (Route.TELEGRAM,),
    "wecom": (Route.WECOM,),
    "dingtalk": (Route.DINGTALK,),
}


class NobodyMeant(Exception):
    """The rule names no condition and does not say ``everyone``: that is a mistake, not an audience."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One person of the audience."""

    person_id: int
    channel: str
    account: str
    route: Route
    variant: str


def count(connection: Connection, rule: Audience, now: float) -> dict[str, int]:
    """Return how many people the rule means, by channel; caps are left out. Raises ``NobodyMeant``."""
    found = (
        select(person.c.channel, func.count())
        .join(subscriber, subscriber.c.person_id == person.c.id)
        .where(_conditions(rule, now))
        .group_by(person.c.channel)
    )
    return {str(channel): int(number) for channel, number in connection.execute(found).all()}


def meant(rule: Audience, now: float, channel: str) -> Select[tuple[int]]:
    """Return the question for the numbers of those whom the rule means on ``channel``. Raises ``NobodyMeant``."""
    found = select(person.c.id).join(subscriber, subscriber.c.person_id == person.c.id)
    return found.where(_conditions(rule, now), person.c.channel == channel)


def welcome(campaign: Campaign, now: float) -> Select[tuple[int]]:
    """Return the question for the numbers of all who may get one more message now: by the cap and by their own wish."""
    found = select(person.c.id).join(subscriber, subscriber.c.person_id == person.c.id)
    return found.where(subscriber.c.active, _under_the_cap(campaign, now), _as_often_as_wished(now))


def choose(connection: Connection, campaign: Campaign, wave: int, now: float) -> Iterator[Sequence[Chosen]]:
    """Yield the people of one wave in slices; see ``part``. Raises ``NobodyMeant``."""
    after: int | None = 0
    while after is not None:
        found, after = part(connection, campaign, wave, now, after)
        if found:
            yield found


def part(
    connection: Connection, campaign: Campaign, wave: int, now: float, after: int
) -> tuple[Sequence[Chosen], int | None]:
    """Return the people of one wave past number ``after``, at most ``SLICE``, and where to go on (None: at the end).

    Left out: who has no route among the campaign's, whom this wave chose already (a run that goes on after a crash),
    and who would get more than the campaign's cap or her own frequency allows. Raises ``NobodyMeant``.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL jit = off")  # compiling takes longer than the question itself
    rows = connection.execute(_slice(campaign, now, after)).all()
    chosen = _chosen(connection, campaign, wave, rows[0].id, rows[-1].id) if rows else frozenset()
    ways = {
        channel: next((one for one in routes if one in campaign.routes), None)
        for channel, routes in ROUTES_OF_CHANNELS.items()
    }
    found = [
        Chosen(row.id, row.channel, row.account, route, variant_of(campaign, row.id).key)
        for row in rows
        if row.id not in chosen and (route := ways.get(row.channel)) is not None
    ]
    return found, rows[-1].id if len(rows) == SLICE else None


def variant_of(campaign: Campaign, person_id: int) -> Variant:
    """Return the version a person gets: the same at every call, in the shares of the document."""
    if len(campaign.variants) == 1:
        return campaign.variants[0]
    total = sum(variant.share for variant in campaign.variants)
    digest = hashlib.sha256(f"{campaign.id}|{person_id}".encode()).digest()
    place = int.from_bytes(digest[:8]) % total
    for variant in campaign.variants:
        place -= variant.share
        if place < 0:
            return variant
    raise AssertionError("the shares add up to the total")


def _chosen(connection: Connection, campaign: Campaign, wave: int, first: int, last: int) -> frozenset[int]:
    """Return whom of the people from ``first`` to ``last`` the wave has chosen before.

    Asked apart: within the other question PostgreSQL, which has not heard yet how many there are, compares each with all.
    """
    letter = campaign_letter.c
    mine = (letter.campaign == campaign.id) & (letter.wave == wave)
    return frozenset(
        connection.scalars(select(letter.person_id).where(mine, letter.person_id.between(first, last)))
    )


def _slice(campaign: Campaign, now: float, after: int) -> Select[Any]:
    # In the order of the subscribers' index, so that a slice ends the reading; by person.id, all would be sorted each time.
    return (
        select(person.c.id, person.c.channel, person.c.account)
        .join(subscriber, subscriber.c.person_id == person.c.id)
        .where(_conditions(campaign.audience, now), subscriber.c.person_id > after, person.c.id > after)
        .where(_under_the_cap(campaign, now), _as_often_as_wished(now))
        .order_by(subscriber.c.person_id)
        .limit(SLICE)
    )


def _conditions(rule: Audience, now: float) -> ColumnElement[bool]:
    if not rule.everyone and not rule.limited:
        raise NobodyMeant
    found: list[ColumnElement[bool]] = [subscriber.c.active, person.c.reachable]
    for column, wanted in (
        (subscriber.c.role, rule.roles),
        (subscriber.c.district, [district_name(one) for one in rule.districts]),
        (person.c.scene, [one for code in rule.scenes for one in scenes.spellings(code)]),
        (subscriber.c.language, rule.languages),
        (subscriber.c.age, rule.ages),
        (person.c.channel, rule.channels),
    ):
        if wanted:
            found.append(column.in_(wanted))
    if rule.topics:  # stored as " one two "; an empty list is everything
        every = subscriber.c.topics == ""
        found.append(or_(every, *(subscriber.c.topics.contains(f" {topic} ") for topic in rule.topics)))
    if rule.active_days is not None:
        found.append(person.c.last_seen >= now - rule.active_days * DAY)
    return and_(true(), *found)


def _under_the_cap(campaign: Campaign, now: float) -> ColumnElement[bool]:
    return _heard_since(now - campaign.cap.days * DAY) < campaign.cap.messages


def _as_often_as_wished(now: float) -> ColumnElement[bool]:
    slower = [
        (subscriber.c.frequency == name) & (_heard_since(now - seconds) == 0)
        for name, seconds in FREQUENCIES.items()
        if seconds
    ]
    return or_(subscriber.c.frequency == "all", *slower)


def _heard_since(since: float) -> ColumnElement[int]:
    letter = campaign_letter.alias()
    return (
        select(func.count())
        .select_from(letter)
        .where(letter.c.person_id == person.c.id, letter.c.state.in_(REACHED))
        .where(or_(letter.c.sent_at.is_(None), letter.c.sent_at > since))
        .scalar_subquery()
    )
