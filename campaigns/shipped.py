"""The ready campaigns of ``campaigns/messages``, and how one becomes this year's campaign of this place.

They name every route there is; ``fitted`` leaves those that are set up here. What comes out is a draft like any other:
an author looks at it, a second person approves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from campaigns.context import Context
from campaigns.document import Campaign, DocumentError, Kind, Route, read
from campaigns.rules.platforms import WECHAT

FOLDER = Path(__file__).with_name("messages")


class NothingLeft(Exception):
    """None of the document's routes is set up here."""


@cache
def load(folder: Path = FOLDER) -> Mapping[str, Campaign]:
    """Return the documents by id, in the order of their names. Raises ``DocumentError`` naming the file."""
    found = {}
    for path in sorted(folder.glob("*.yml")):
        campaign = read(path)
        if campaign.id != path.stem:
            raise DocumentError(f"{path.name}: its id is {campaign.id}")
        found[campaign.id] = campaign
    return MappingProxyType(found)


def fitted(campaign: Campaign, context: Context, year: int | None = None) -> Campaign:
    """Return ``campaign`` with the routes that are set up here, and all robots named when it names none.

    An unverified account gets drafts in place of mass messages. ``year`` is added to the id, so that the same
    occasion can come again. Raises ``NothingLeft``.
    """
    robots = tuple(name for name in campaign.robots if name in context.robots) or tuple(
        sorted(context.robots)
    )
    routes = tuple(dict.fromkeys(_routes(campaign, context)))
    if not routes:
        raise NothingLeft(campaign.id)
    changes = {
        "id": campaign.id if year is None else f"{campaign.id}-{year}",
        "routes": routes,
        "robots": robots if Route.ROBOT in routes else (),
    }
    return campaign.model_copy(update=changes)


def _routes(campaign: Campaign, context: Context) -> Iterator[Route]:
    """Yield the routes that the lint would not refuse here (``campaigns/rules/platforms.py``)."""
    for route in campaign.routes:
        usable = {
            Route.ROBOT: bool(context.robots),
            Route.WECHAT_NOTICE: context.wechat == "service" and context.notices,
            Route.WECHAT_SERVICE: campaign.kind is Kind.FLASH
            and context.wechat in {"service", "subscription"},
            Route.WECHAT_MASS: context.wechat in {"service", "subscription"},
        }
        if usable.get(route, route not in WECHAT or bool(context.wechat)):
            yield route
        elif route is Route.WECHAT_MASS and context.wechat == "unverified":
            yield Route.WECHAT_DRAFT
