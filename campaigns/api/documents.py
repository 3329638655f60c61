"""Routes for documents: list, read, write, look for faults, look at."""

from __future__ import annotations

from asyncio import to_thread as run
from typing import Any

from starlette.requests import Request

from campaigns import shipped
from campaigns.api.bodies import FlashBody, ShippedBody, body_of, document_body, read_body, read_document
from campaigns.api.desk import Desk, campaign_of
from campaigns.office import views
from campaigns.office.drafts import Drafts
from campaigns.office.office import VIEWER, Office, may
from campaigns.office.refusals import CHANGED, FAULTY, Refusal
from campaigns.states import State
from channels.operators import Operator

STATE = {"state": {"type": "string", "enum": ["", *State], "default": ""}}


def add_documents(desk: Desk, office: Office, drafts: Drafts) -> None:
    """Add the routes."""

    @desk.route("GET", "", query=STATE)
    async def list_campaigns(request: Request, operator: Operator) -> Any:
        """Campaigns, the latest change first (``?state=review``)."""
        wanted = request.query_params.get("state", "")
        states = [State(wanted)] if wanted in set(State) else []
        return {"campaigns": await run(office.listed, operator, states)}

    @desk.route("GET", "/shipped")
    async def list_shipped(request: Request, operator: Operator) -> Any:
        """The ready campaigns of a whole year."""
        may(operator, VIEWER)
        return {"campaigns": [views.shipped(one) for one in (await run(shipped.load)).values()]}

    @desk.route("POST", "/shipped", body_of(ShippedBody))
    async def add_shipped(request: Request, operator: Operator) -> Any:
        """Make a ready campaign this year's draft, fitted to the routes that are set up here."""
        body = await read_body(ShippedBody, request)
        return await run(drafts.add, operator, body.id, body.year)

    @desk.route("POST", "/flash", body_of(FlashBody))
    async def start_flash(request: Request, operator: Operator) -> Any:
        """Make a flash warning of a bulletin: a draft that can go out in ten minutes."""
        body = await read_body(FlashBody, request)
        return await run(drafts.flash, operator, body.bulletin, body.line, body.audience, body.robots)

    @desk.route("POST", "/lint", document_body())
    async def lint_document(request: Request, operator: Operator) -> Any:
        """What is wrong with a document; nothing is stored."""
        return await run(office.lint, operator, await read_document(request))

    @desk.route("GET", "/{campaign}")
    async def show_campaign(request: Request, operator: Operator) -> Any:
        """A campaign with its document and times; its version is the ETag."""
        return await run(office.show, operator, campaign_of(request))

    @desk.route("PUT", "/{campaign}", document_body())
    async def put_campaign(request: Request, operator: Operator) -> Any:
        """Store a document as a draft. A change needs ``If-Match`` with the version that was looked at."""
        version = _version(request)
        campaign = await read_document(request)
        if campaign.id != campaign_of(request):
            raise Refusal("id_differs", FAULTY)
        return await run(office.save, operator, campaign, version)

    @desk.route("GET", "/{campaign}/lint")
    async def lint_campaign(request: Request, operator: Operator) -> Any:
        """What is wrong with a campaign, and what would keep a route from sending it."""
        stored = await run(office.stored, campaign_of(request))
        return await run(office.lint, operator, stored.campaign)

    @desk.route("GET", "/{campaign}/log")
    async def read_log(request: Request, operator: Operator) -> Any:
        """What was done to a campaign, by whom, oldest first; nobody can change it."""
        return {"log": await run(office.log, operator, campaign_of(request))}


def _version(request: Request) -> int | None:
    """Return the version of ``If-Match``, None without. Raises ``Refusal`` for one that we never gave."""
    given = request.headers.get("if-match")
    if given is None:
        return None
    plain = given.strip().removeprefix("W/").strip('"')
    if not (plain.isascii() and plain.isdigit() and len(plain) < 10):
        raise Refusal("version_changed", CHANGED)
    return int(plain)
