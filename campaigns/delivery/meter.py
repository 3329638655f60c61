"""What a WeChat account has left for a campaign, for the people who approve it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from campaigns import audience, quota
from campaigns.document import Audience
from channels.broadcast import AccountKind
from storage.campaign_tables import mass_spent


@dataclass(frozen=True, slots=True)
class Meter:
    """``per_day`` mass messages of the account, ``left_today`` of them; ``people`` on WeChat that the rule means.

    ``missed``: those of them who have had this month's four already and would not get it (service accounts).
    """

    kind: AccountKind
    per_day: int
    left_today: int
    people: int
    missed: int

    @property
    def per_month(self) -> int | None:
        """Return how many reach one person in a month, None where there is no such limit."""
        return quota.PER_PERSON_AND_MONTH if self.kind == "service" else None


def read(connection: Connection, account: str, kind: AccountKind, rule: Audience, now: float) -> Meter:
    """Return the figures as of ``now``, which is best the time of sending. Raises ``audience.NobodyMeant``."""
    left = quota.room(connection, account, kind, (), now).today
    people = audience.count(connection, rule, now).get("wechat", 0)
    missed = 0
    if kind == "service":
        full = (
            select(mass_spent.c.person_id)
            .where(mass_spent.c.account == account, mass_spent.c.period == quota.month(now))
            .where(mass_spent.c.count >= quota.PER_PERSON_AND_MONTH)
        )
        wanted = audience.meant(rule, now, "wechat").subquery()
        missed = connection.execute(
            select(func.count()).select_from(wanted).where(wanted.c.id.in_(full))
        ).scalar_one()
    return Meter(kind, quota.PER_DAY[kind], left, people, int(missed))
