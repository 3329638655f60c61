"""Campaigns as plain data, for JSON and for the terminal. Nothing in it is about a single person of the audience."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from campaigns.calendar.days import CHINA
from campaigns.document import Campaign
from campaigns.finding import Finding
from campaigns.jobs import SELECT, Job
from campaigns.office.refusals import name, say
from campaigns.store import Line, Stored

Data = dict[str, Any]


def brief(stored: Stored) -> Data:
    """Return one line of a list."""
    campaign = stored.campaign
    return {
        "id": campaign.id,
        "title": campaign.title,
        "kind": str(campaign.kind),
        "occasion": campaign.occasion,
        "state": str(stored.state),
        "state_name": name("states", stored.state),
        "cause": stored.cause,
        "version": stored.version,
        "digest": stored.digest,
        "authors": list(stored.authors),
        "approver": stored.approver,
        "previewed": stored.previewed,
        "routes": [str(route) for route in campaign.routes],
        "created_at": when(stored.created_at),
        "changed_at": when(stored.changed_at),
    }


def whole(stored: Stored, jobs_: Sequence[Job], planned: Sequence[dt.datetime]) -> Data:
    """Return a campaign with its document and times: those of its plan, else (``planned``) those it would get now."""
    rows = [job for job in jobs_ if job.route == SELECT]
    waves = [
        {"wave": row.wave + 1, "at": when(row.due_at), "state": str(row.state), "cause": row.cause}
        for row in rows
    ] or [
        {"wave": number, "at": at.isoformat(), "state": "", "cause": ""}
        for number, at in enumerate(planned, 1)
    ]
    return {**brief(stored), "waves": waves, "document": document(stored.campaign)}


def shipped(campaign: Campaign) -> Data:
    """Return one of the ready documents."""
    return {
        "id": campaign.id,
        "title": campaign.title,
        "occasion": campaign.occasion,
        "roles": list(campaign.audience.roles),
        "everyone": campaign.audience.everyone,
        "routes": [str(route) for route in campaign.routes],
        "waves": len(campaign.waves),
    }


def document(campaign: Campaign) -> Data:
    """Return the document without what is as it is by itself."""
    found: Data = campaign.model_dump(mode="json", exclude_defaults=True)
    return found


def findings(found: Iterable[Finding]) -> list[Data]:
    """Return what is to be mended, each with its sentence."""
    return [
        {"level": one.level, "code": one.code, "field": one.field, "detail": one.detail, "sentence": say(one)}
        for one in found
    ]


def line(found: Line) -> Data:
    """Return one line of the log."""
    return {
        "at": when(found.at),
        "operator": found.operator,
        "action": found.action,
        "action_name": name("actions", found.action),
        "digest": found.digest,
        "note": found.note,
    }


def when(at: float) -> str:
    """Return a time (Unix seconds) in Beijing, ISO 8601."""
    return dt.datetime.fromtimestamp(at, CHINA).isoformat(timespec="seconds")
