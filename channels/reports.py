"""What platforms report, kept for whoever reads it: the tables ``platform_report`` and ``notice_grant``.

A report comes as a message of kind ``report``. Its adapter has put into ``data``: ``event``; ``platform_id``, when it
tells what became of a sending; ``grants``, a list of [template, change], when a person allowed notices (+1) or took
every allowance of a template back (0). Both are written in the transaction that stores the message, so each counts once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert

from channels.base import Inbound
from storage.campaign_tables import notice_grant, platform_report
from storage.engine import add_up

NOT_KEPT = {"event", "platform_id", "grants"}
MOST_GRANTS = 50  # of one report


def note(connection: Connection, message: Inbound, person_id: int, now: float) -> None:
    """Keep what ``message`` reports. ``person_id``: whose message it is."""
    data = message.data
    number = str(data.get("platform_id") or "")
    if number:
        fields = {name: value for name, value in data.items() if name not in NOT_KEPT}
        values = {"account": message.account, "event": str(data.get("event")), "platform_id": number[:64]}
        kept = json.dumps(fields, ensure_ascii=False)
        connection.execute(insert(platform_report).values(**values, fields=kept, at=now))
    _count(connection, data, person_id)


def _count(connection: Connection, data: Mapping[str, object], person_id: int) -> None:
    grants = data.get("grants")
    for entry in grants[:MOST_GRANTS] if isinstance(grants, list) else ():
        template, change = str(entry[0])[:64], int(entry[1])
        mine = {"person_id": person_id, "template": template}
        if change > 0:
            add_up(connection, notice_grant, [{**mine, "left": change}], "left")
        else:
            same = (notice_grant.c.person_id == person_id) & (notice_grant.c.template == template)
            connection.execute(delete(notice_grant).where(same))
