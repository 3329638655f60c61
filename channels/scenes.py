"""Where a person came from: the scene that a QR code carries, and how many came by a campaign's posters.

``sch:ABCD12``, ``com:…`` and ``sta:…`` say to whom somebody belongs and stay with the person. ``poster:<campaign>`` says
which poster was scanned: that is counted, and kept of nobody.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, select

from channels.schools import CODE
from storage.campaign_tables import campaign, campaign_scan
from storage.engine import add_up

SCHOOL, POSTER = "sch:", "poster:"


def school_of(scene: str) -> str:
    """Return the code of the school whose scene it is, empty for any other scene."""
    code = scene.removeprefix(SCHOOL)
    return code if CODE.fullmatch(code) else ""


def spellings(code: str) -> tuple[str, ...]:
    """Return how a person's row may hold what a campaign calls ``code``: a school's code stands alone there."""
    return (code, f"{SCHOOL}{code}") if CODE.fullmatch(code) else (code,)


def lasting(scene: str) -> str:
    """Return what of ``scene`` is kept with the person."""
    return "" if scene.startswith(POSTER) else scene


def count(connection: Connection, channel: str, scene: str, now: float) -> bool:
    """Count somebody who came by a poster; False for another scene, or a campaign that is not there."""
    name = scene.removeprefix(POSTER)
    if (
        name == scene
        or connection.execute(select(campaign.c.id).where(campaign.c.id == name)).first() is None
    ):
        return False
    day = datetime.fromtimestamp(now, UTC).date().isoformat()
    add_up(
        connection, campaign_scan, [{"campaign": name, "channel": channel, "day": day, "count": 1}], "count"
    )
    return True
