"""Who wrote within a day after a warning. Messages are kept for three days only, so the figures are kept in time.

Only whether and when somebody wrote is looked at, never what: messages are encrypted, and stay so. The figures stand
in the row of the wave (``campaign_job.counts``), ``replies:a`` for variant a and so on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, Engine, func, select, update

from campaigns.jobs import SELECT, JobState
from storage.campaign_tables import campaign_job, campaign_letter
from storage.engine import reading
from storage.tables import inbox

DAY = 86_400.0
KEPT = "kept"  # the key that says that a wave has its figures
# Kinds of messages (``channels.base.Kind``): somebody writing, and somebody bringing something to look at.
WRITING = ("text", "button", "media")
CONTENT = ("text", "media")
GOT = ("sent", "unknown")


def count(connection: Connection, campaign: str, wave: int) -> dict[str, int]:
    """Return how many people wrote within 24 hours after their message.

    By ``replies:<variant>`` (anything) and ``checks:<variant>`` (a text or a picture).
    """
    found: dict[str, int] = {}
    letter = campaign_letter.c
    for name, kinds in (("replies", WRITING), ("checks", CONTENT)):
        soon = inbox.c.received_at.between(letter.sent_at, letter.sent_at + DAY)
        wanted = (
            select(letter.variant, func.count(letter.person_id.distinct()))
            .join(inbox, (inbox.c.person_id == letter.person_id) & soon)
            .where(letter.campaign == campaign, letter.wave == wave, letter.state.in_(GOT))
            .where(inbox.c.kind.in_(kinds))
            .group_by(letter.variant)
        )
        for variant, number in connection.execute(wanted).all():
            found[f"{name}:{variant}"] = int(number)
    return found


def keep(engine: Engine, now: float) -> int:
    """Store the figures of each wave that ended a day ago or more and has none yet; returns how many waves.

    The service calls it every hour or so; within 48 hours is soon enough (``keep_messages_hours`` is 72 at least).
    """
    table = campaign_job.c
    ended = (table.route == SELECT) & (table.state == JobState.SENT) & (table.done_at <= now - DAY)
    wanted = select(table.id, table.campaign, table.wave, table.counts).where(ended)
    with reading(engine).connect() as connection:
        rows = [row for row in connection.execute(wanted) if KEPT not in json.loads(row.counts)]
    for row in rows:
        with engine.begin() as connection:
            counts = {**json.loads(row.counts), **count(connection, row.campaign, row.wave), KEPT: 1}
            mine = (table.id == row.id) & (table.counts == row.counts)
            connection.execute(update(campaign_job).where(mine).values(counts=json.dumps(counts)))
    return len(rows)


def kept(counts: Mapping[str, int], name: str) -> dict[str, int] | None:
    """Return the stored figures by variant; None when nothing is stored yet."""
    if KEPT not in counts:
        return None
    start = f"{name}:"
    return {key.removeprefix(start): number for key, number in counts.items() if key.startswith(start)}
