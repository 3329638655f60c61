"""Drafts that nobody has to write: of a ready campaign, of a bulletin. All raise ``Refusal``."""

from __future__ import annotations

from collections.abc import Sequence

from campaigns import flash, shipped
from campaigns.calendar import days
from campaigns.context import Context
from campaigns.document import Audience, Campaign
from campaigns.flash import LineRefused
from campaigns.office import checks
from campaigns.office.ground import Ground
from campaigns.office.office import AUTHOR, Office, may
from campaigns.office.refusals import CONFLICT, FAULTY, UNKNOWN, Refusal
from campaigns.office.views import Data
from campaigns.shipped import NothingLeft
from channels.operators import Operator
from knowledge_base import shelf


class Drafts:
    """Makes documents, and stores them as an author's."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._office = Office(ground)

    def add(self, operator: Operator, name: str, year: int | None = None) -> Data:
        """Store one of the ready documents as a draft, fitted to this place and the next year that it can be in."""
        may(operator, AUTHOR)
        known = shipped.load().get(name)
        if known is None:
            raise Refusal("shipped_unknown", UNKNOWN)
        context = self._ground.context(self._ground.clock())
        year = checks.next_year(known, context.now) if year is None else year
        if not days.FIRST_YEAR <= year <= days.LAST_YEAR:
            raise Refusal("year_out_of_range", FAULTY)
        return self._office.save(operator, self._fitted(known, context, year), None)

    def flash(
        self, operator: Operator, bulletin_id: str, line: str, rule: Audience, robots: Sequence[str]
    ) -> Data:
        """Make a flash warning of a bulletin, a draft that can go out in ten minutes; done again, with fresh times."""
        may(operator, AUTHOR)
        bulletin = shelf.load().bulletins.get(bulletin_id)
        if bulletin is None:
            raise Refusal("bulletin_unknown", UNKNOWN)
        context = self._ground.context(self._ground.clock())
        try:
            made = flash.from_bulletin(bulletin, line, rule, context.now, robots=tuple(robots))
        except LineRefused as error:
            code = "line_refused" if error.findings else "line_unclear"
            raise Refusal(code, FAULTY, findings=error.findings) from None
        made = self._fitted(made, context)
        known = self._office.known(made.id)
        return self._office.save(operator, made, None if known is None else known.version)

    def _fitted(self, campaign: Campaign, context: Context, year: int | None = None) -> Campaign:
        """Return the document with the routes that are set up here, the gateway's channels included."""
        try:
            fitted = shipped.fitted(campaign, context, year)
        except NothingLeft:
            raise Refusal("nothing_left", CONFLICT) from None
        served = {*self._ground.senders, *self._ground.outfit.letters}
        routes = tuple(route for route in fitted.routes if route in served)
        if not routes:
            raise Refusal("nothing_left", CONFLICT)
        return fitted.model_copy(update={"routes": routes})
