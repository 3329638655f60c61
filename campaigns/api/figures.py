"""Routes for figures: the audience, what WeChat has left, reports, the calendar."""

from __future__ import annotations

from asyncio import to_thread as run
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.api.desk import Desk, campaign_of
from campaigns.office.figures import Figures, plain
from campaigns.office.ground import Ground
from campaigns.office.refusals import FAULTY, Refusal
from campaigns.office.year import Year
from campaigns.report import page
from channels.operators import Operator

YEAR = {"year": {"type": "integer", "minimum": 2004, "maximum": 2099}}
# The report is one page without script; the gateway's own policy forbids even its colours.
PAGE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
}


def add_figures(desk: Desk, ground: Ground) -> None:
    """Add the routes."""
    figures, year = Figures(ground), Year(ground)

    @desk.route("GET", "/calendar", query=YEAR)
    async def read_calendar(request: Request, operator: Operator) -> Any:
        """The occasions of a year, with what is planned for them."""
        return await run(year.data, operator, _year(request))

    @desk.route("GET", "/calendar.ics", query=YEAR, kind="text/calendar")
    async def calendar_file(request: Request, operator: Operator) -> Any:
        """The same as iCalendar."""
        found = await run(year.ics, operator, _year(request))
        return Response(found, media_type="text/calendar")

    @desk.route("GET", "/calendar.html", query=YEAR, kind="text/html")
    async def calendar_page(request: Request, operator: Operator) -> Any:
        """The same as a page."""
        found = await run(year.page, operator, _year(request))
        return Response(found, media_type="text/html", headers=PAGE)

    @desk.route("GET", "/{campaign}/audience")
    async def count_audience(request: Request, operator: Operator) -> Any:
        """How many people it is for, by channel and role; fewer than ten are told as "<10"."""
        return await run(figures.audience, operator, campaign_of(request))

    @desk.route("GET", "/{campaign}/quota")
    async def read_quota(request: Request, operator: Operator) -> Any:
        """What WeChat will let through at each wave: by day, by person and month."""
        return await run(figures.quota, operator, campaign_of(request))

    @desk.route("GET", "/{campaign}/report")
    async def read_report(request: Request, operator: Operator) -> Any:
        """What came of it; each figure as the least and the most it can be."""
        return plain(await run(figures.report, operator, campaign_of(request)))

    @desk.route("GET", "/{campaign}/report.csv", kind="text/csv")
    async def report_table(request: Request, operator: Operator) -> Any:
        """The same as a table."""
        found = await run(figures.report, operator, campaign_of(request))
        return Response(page.csv(found), media_type="text/csv")

    @desk.route("GET", "/{campaign}/report.html", kind="text/html")
    async def report_page(request: Request, operator: Operator) -> Any:
        """The same as a page."""
        found = await run(figures.report, operator, campaign_of(request))
        return Response(page.html(found), media_type="text/html", headers=PAGE)


def _year(request: Request) -> int | None:
    given = request.query_params.get("year")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) == 4):
        raise Refusal("year_out_of_range", FAULTY)
    return int(given)
