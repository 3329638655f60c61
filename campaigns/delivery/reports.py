"""What platforms reported of a sending (the table ``platform_report``, which the gateway writes)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from storage.campaign_tables import campaign_job
from storage.campaign_tables import platform_report as table

MASS = "masssendjobfinish"


@dataclass(frozen=True, slots=True)
class Report:
    """One report: WeChat's own words in ``fields``; ``at`` in Unix seconds."""

    platform_id: str
    fields: Mapping[str, str]
    at: float

    def figure(self, name: str) -> int:
        """Return a number of the report, 0 when it says none."""
        value = str(self.fields.get(name, ""))
        return int(value) if value.isdigit() and len(value) < 12 else 0


def find(connection: Connection, event: str, platform_id: str) -> Report | None:
    """Return the report of this event on a sending, None when none has come."""
    wanted = select(table).where(table.c.event == event, table.c.platform_id == platform_id)
    row = connection.execute(wanted.order_by(table.c.id)).first()
    return None if row is None else Report(row.platform_id, json.loads(row.fields), row.at)


def unclaimed(connection: Connection, event: str, account: str, since: float) -> Report | None:
    """Return the first report since then (Unix seconds) on a sending that is none of ours: a person made it."""
    ours = select(campaign_job.c.platform_id).where(campaign_job.c.platform_id == table.c.platform_id)
    wanted = (
        select(table)
        .where(table.c.event == event, table.c.account == account, table.c.at >= since, ~ours.exists())
        .order_by(table.c.id)
    )
    row = connection.execute(wanted).first()
    return None if row is None else Report(row.platform_id, json.loads(row.fields), row.at)
