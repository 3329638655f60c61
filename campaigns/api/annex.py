"""The annex: switched on by the first operator in FANZHA_CAMPAIGN_OPERATORS."""

from __future__ import annotations

from fastapi import APIRouter

from campaigns.api.desk import ROOT, Desk
from campaigns.api.documents import add_documents
from campaigns.api.figures import add_figures
from campaigns.api.moves import add_moves
from campaigns.document import MOST_BYTES
from campaigns.office.drafts import Drafts
from campaigns.office.ground import Ground, build
from campaigns.office.office import Office
from channels.operators import Operators
from channels.rates import Rates
from channels.registry import Annex, Grounds
from channels.wording import Wording


def build_annex(grounds: Grounds) -> Annex | None:
    """Return the API, None without operators. Raises ``SettingsError``."""
    ground, operators = build(grounds.settings, grounds.engine, grounds.client)
    if not len(operators):
        return None
    router = campaign_routes(ground, operators, grounds.rates, grounds.wording)
    return Annex(router, ROOT, MOST_BYTES + 1024)


def campaign_routes(ground: Ground, operators: Operators, rates: Rates, wording: Wording) -> APIRouter:
    """Return the routes. Words of their own (``/calendar``) come before those with a campaign's id."""
    router = APIRouter(prefix=ROOT, tags=["campaigns"])
    desk = Desk(router, operators, rates, wording)
    add_figures(desk, ground)
    add_documents(desk, Office(ground), Drafts(ground))
    add_moves(desk, ground, Office(ground))
    return router
