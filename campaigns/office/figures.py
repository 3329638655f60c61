"""Figures for operators: how many people, what WeChat has left, what came of it. None of them finds a person."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from sqlalchemy import func, select

from campaigns import audience
from campaigns.audience import ROUTES_OF_CHANNELS, NobodyMeant
from campaigns.document import Campaign
from campaigns.office import checks
from campaigns.office.allowance import allowance
from campaigns.office.ground import Ground
from campaigns.office.office import VIEWER, may
from campaigns.office.refusals import CONFLICT, Refusal, refusing
from campaigns.office.views import Data, when
from campaigns.report import page
from campaigns.report.counts import Count, total
from campaigns.report.results import Results, Tally, results
from channels.operators import Operator
from storage.campaign_tables import subscriber
from storage.engine import reading

FEWEST = 10  # people; of fewer it is only told that there are some


class Figures:
    """Counts and reports of stored campaigns. All raise ``Refusal``."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def audience(self, operator: Operator, campaign_id: str) -> Data:
        """Return how many people the rule means now, by channel and role; caps are left out."""
        may(operator, VIEWER)
        campaign = self._campaign(campaign_id)
        cells = self._cells(campaign)
        whole = total(map(_count, cells.values()))
        parts: Data = {"people": _said(whole)}
        for place, label in ((0, "by_channel"), (1, "by_role")):
            names = sorted({key[place] for key in cells})
            counts = {
                name: total(_count(number) for key, number in cells.items() if key[place] == name)
                for name in names
            }
            parts[label] = [
                {"name": name, "people": _said(count), "share": _share(count, whole)}
                for name, count in counts.items()
            ]
        routes = set(campaign.routes)
        without = [key for key in cells if not routes & {*ROUTES_OF_CHANNELS.get(key[0], ())}]
        parts["without_route"] = _said(total(_count(cells[key]) for key in without))
        parts["cap"] = {"messages": campaign.cap.messages, "days": campaign.cap.days}
        return parts

    def quota(self, operator: Operator, campaign_id: str) -> Data:
        """Return what the WeChat account has left at each wave: by day, and by person and month."""
        may(operator, VIEWER)
        campaign = self._campaign(campaign_id)
        account = self._ground.outfit.account
        if account is None:
            return {"account": None, "waves": []}
        context = self._ground.context(self._ground.clock())
        moments = checks.times(campaign, context.now)
        waves = []
        with reading(self._ground.engine).connect() as connection:
            for number in range(len(moments)):
                found = allowance(connection, account, campaign, moments, number, context)
                if found is not None:
                    data = dataclasses.asdict(found)
                    changes = {
                        "wave": number + 1,
                        "at": found.at.isoformat(),
                        "people": _said(_count(found.people)),
                        "missed": _said(_count(found.missed)),
                    }
                    waves.append({**data, **changes})
        return {"account": account.kind, "waves": waves}

    def report(self, operator: Operator, campaign_id: str) -> Results:
        """Return what came of a campaign, as it stands now."""
        may(operator, VIEWER)
        campaign = self._campaign(campaign_id)
        with reading(self._ground.engine).connect() as connection:
            found = results(connection, campaign, self._ground.clock())
        if not found.waves:
            raise Refusal("not_reported", CONFLICT)
        return found

    def _campaign(self, campaign_id: str) -> Campaign:
        with refusing():
            return self._ground.store.get(campaign_id).campaign

    def _cells(self, campaign: Campaign) -> Mapping[tuple[str, str], int]:
        """Return how many people are on each channel in each role."""
        found: dict[tuple[str, str], int] = {}
        now = self._ground.clock()
        try:
            with reading(self._ground.engine).connect() as connection:
                for channel in audience.count(connection, campaign.audience, now):
                    wanted = audience.meant(campaign.audience, now, channel).subquery()
                    counted = (
                        select(subscriber.c.role, func.count())
                        .join(wanted, wanted.c.id == subscriber.c.person_id)
                        .group_by(subscriber.c.role)
                    )
                    for role, number in connection.execute(counted).all():
                        found[channel, role] = number
        except NobodyMeant:
            return {}
        return found


def plain(found: Results) -> Data:
    """Return a report as data: each figure a range of two equal numbers, or of the least and the most it can be."""
    return {
        "id": found.campaign.id,
        "title": found.campaign.title,
        "at": when(found.at),
        "total": _tally(found.tally),
        "waves": [
            {
                "wave": wave.number + 1,
                "at": when(wave.due_at),
                "state": wave.state,
                "cause": wave.cause,
                "total": _tally(wave.tally),
                "routes": [
                    {
                        "route": way.route,
                        "total": _tally(way.tally),
                        "jobs": [
                            {"target": target, "state": state, "cause": cause}
                            for target, state, cause in way.jobs
                        ],
                    }
                    for way in wave.ways
                ],
            }
            for wave in found.waves
        ],
        "variants": {key: _tally(tally) for key, tally in found.variants.items()},
        "differences": {key: dataclasses.asdict(gap) for key, gap in found.differences.items()},
        "before": None if found.before is None else {"id": found.before[0], "total": _tally(found.before[1])},
        "notes": list(found.notes),
    }


def _tally(tally: Tally) -> Data:
    counts: Data = {name: _range(getattr(tally, name, None)) for name in page.FIGURES}
    for name, causes in (("failed_by", tally.failed_by), ("skipped_by", tally.skipped_by)):
        counts[name] = {cause: _range(count) for cause, count in causes.items()}
    return counts


def _range(count: Count | None) -> list[int] | None:
    return None if count is None else [count.low, count.high]


def _count(number: int) -> Count:
    """Return a cell; every sum of cells is then a range where a small one is in it."""
    return Count(1, FEWEST - 1) if 0 < number < FEWEST else Count(number, number)


def _said(count: Count) -> str:
    """Return a number, "<10", or a range."""
    if count.exact:
        return str(count.low)
    return f"<{FEWEST}" if count.high < FEWEST else f"{count.low}-{count.high}"


def _share(count: Count, whole: Count) -> float | None:
    """Return a share (0 to 1) of what is shown of the whole: it tells no more than the two figures beside it."""
    middle = (whole.low + whole.high) / 2
    return round(count.low / middle, 2) if count.exact and middle else None
