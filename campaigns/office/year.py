"""A year's occasions with what is planned for them: as data, as iCalendar, as the page of the year."""

from __future__ import annotations

import datetime as dt

from campaigns import jobs
from campaigns.calendar import days, ical, year_view
from campaigns.calendar.days import CHINA, OutOfRange
from campaigns.calendar.year_view import Planned
from campaigns.jobs import SELECT
from campaigns.office.ground import Ground
from campaigns.office.office import VIEWER, may
from campaigns.office.refusals import FAULTY, Refusal
from campaigns.office.views import Data
from campaigns.planning import LIVE
from campaigns.states import State
from channels.operators import Operator
from storage.engine import reading


class Year:
    """The calendar. All raise ``Refusal`` for a year that it does not know."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def data(self, operator: Operator, year: int | None = None) -> Data:
        """Return the year's occasions (None: this year's), the earliest first, each with its campaigns' days."""
        may(operator, VIEWER)
        year = self._year(year)
        planned = self.planned()
        try:
            spans = days.year_of(year)
        except OutOfRange:
            raise Refusal("year_out_of_range", FAULTY) from None
        return {
            "year": year,
            "announced": days.announced(year),
            "occasions": [
                {
                    "id": span.occasion.id,
                    "name": span.occasion.name,
                    "about": span.occasion.about,
                    "first": f"{span.first}",
                    "last": f"{span.last}",
                    "announced": span.announced,
                    "types": list(span.occasion.types),
                    "audience": list(span.occasion.audience),
                    "lead_days": span.occasion.lead_days,
                    "density": span.occasion.density.model_dump(),
                    "planned": [
                        {"title": one.title, "days": [f"{day}" for day in one.days if day.year == year]}
                        for one in planned
                        if one.occasion == span.occasion.id and any(day.year == year for day in one.days)
                    ],
                }
                for span in spans
            ],
        }

    def ics(self, operator: Operator, year: int | None = None) -> bytes:
        """Return the occasions as iCalendar."""
        may(operator, VIEWER)
        made_at = dt.datetime.fromtimestamp(self._ground.clock(), CHINA)
        try:
            return ical.calendar([self._year(year)], made_at)
        except OutOfRange:
            raise Refusal("year_out_of_range", FAULTY) from None

    def page(self, operator: Operator, year: int | None = None) -> str:
        """Return the view of the year, a page that stands by itself."""
        may(operator, VIEWER)
        try:
            return year_view.html(year_view.view(self._year(year), self.planned()))
        except OutOfRange:
            raise Refusal("year_out_of_range", FAULTY) from None

    def planned(self) -> tuple[Planned, ...]:
        """Return the campaigns that were approved, with the days of their waves."""
        found = []
        with reading(self._ground.engine).connect() as connection:
            for stored in self._ground.store.all(*LIVE, State.FINISHED):
                rows = jobs.of(connection, stored.campaign.id)
                moments = tuple(
                    dt.datetime.fromtimestamp(job.due_at, CHINA).date() for job in rows if job.route == SELECT
                )
                found.append(Planned(stored.campaign.title, stored.campaign.occasion, moments))
        return tuple(found)

    def _year(self, year: int | None) -> int:
        return dt.datetime.fromtimestamp(self._ground.clock(), CHINA).year if year is None else year
