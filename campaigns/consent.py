"""What campaigns ask about consents; the consents themselves are the gateway's (``channels/consent.py``)."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from storage.campaign_tables import campaign_letter, subscriber


def opted_out_since(connection: Connection, campaign: str, since: float, until: float) -> int:
    """Return how many of those who got ``campaign`` said no between two times (Unix seconds)."""
    reached = select(campaign_letter.c.person_id).where(
        campaign_letter.c.campaign == campaign, campaign_letter.c.state.in_(("sent", "unknown"))
    )
    said_no = (~subscriber.c.active) & subscriber.c.changed_at.between(since, until)
    found = select(func.count()).select_from(subscriber).where(said_no, subscriber.c.person_id.in_(reached))
    return int(connection.execute(found).scalar_one())
