"""What is thrown away, and when: the one list of time limits (docs/privacy.md says the same for people)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, delete, exists, select

from channels.people import Talk
from channels.transitions import FINAL
from storage.campaign_tables import campaign_letter, mass_spent, notice_grant, platform_report, subscriber
from storage.tables import inbox, outbox, person, push_window

GONE_SECONDS = 3600.0  # so long the receipt of a deletion may take to be delivered
LETTER_SECONDS = (
    400 * 24 * 3600.0
)  # whom a campaign chose; the same occasion a year later is compared with it
UNSENT_SECONDS = 14 * 24 * 3600.0  # an answer that waits for a person who does not come back


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds after the last change: answered messages and sent answers; people without any message left."""

    messages: float
    people: float


def sweep(engine: Engine, limits: Limits, now: float) -> int:
    """Delete what is past its time; returns how many rows.

    Conversations that wait for a human or are with one keep their messages until they end.
    """
    kept = select(person.c.id).where(person.c.state.in_([Talk.WAITING, Talk.HUMAN]))
    old = now - limits.messages
    final = [str(state) for state in FINAL]
    gone = select(person.c.id).where(person.c.state == Talk.GONE, person.c.state_at < now - GONE_SECONDS)
    steps = (
        delete(inbox).where(inbox.c.state != "new", inbox.c.done_at < old, inbox.c.person_id.not_in(kept)),
        delete(inbox).where(inbox.c.state != "new", inbox.c.done_at.is_(None), inbox.c.received_at < old),
        delete(outbox).where(
            outbox.c.state.in_(final), outbox.c.done_at < old, outbox.c.person_id.not_in(kept)
        ),
        delete(outbox).where(outbox.c.created_at < now - UNSENT_SECONDS),
        delete(outbox).where(outbox.c.person_id.in_(gone)),
        delete(push_window).where(push_window.c.until < now),
        delete(person).where(person.c.id.in_(gone)),
        delete(person).where(
            person.c.last_seen < now - limits.people,
            ~exists().where(inbox.c.person_id == person.c.id),
            ~exists().where(outbox.c.person_id == person.c.id),
            ~exists().where(subscriber.c.person_id == person.c.id, subscriber.c.active),
        ),
        delete(subscriber).where(subscriber.c.person_id.not_in(select(person.c.id))),
        delete(notice_grant).where(notice_grant.c.person_id.not_in(select(person.c.id))),
        delete(campaign_letter).where(campaign_letter.c.person_id.not_in(select(person.c.id))),
        delete(campaign_letter).where(campaign_letter.c.sent_at < now - LETTER_SECONDS),
        delete(mass_spent).where(
            mass_spent.c.person_id != 0, mass_spent.c.person_id.not_in(select(person.c.id))
        ),
        delete(platform_report).where(platform_report.c.at < now - limits.people),
    )
    count = 0
    for step in steps:
        with engine.begin() as connection:
            count += connection.execute(step).rowcount
    return count
