"""Routes for moves: preview, submit, approve, reject, hold, stop, send again."""

from __future__ import annotations

from asyncio import to_thread as run
from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from campaigns.api.bodies import ApproveBody, NoteBody, PreviewBody, ReasonBody, body_of, read_body
from campaigns.api.desk import Desk, campaign_of
from campaigns.office.ground import Ground
from campaigns.office.office import Office
from campaigns.office.previews import Previews
from channels.operators import Operator


def add_moves(desk: Desk, ground: Ground, office: Office) -> None:
    """Add the routes. Each answers with the campaign as it stands then."""
    previews = Previews(ground)

    @desk.route("GET", "/{campaign}/preview")
    async def preview_texts(request: Request, operator: Operator) -> Any:
        """The texts of each variant and route."""
        return await run(previews.texts, operator, campaign_of(request))

    @desk.route("POST", "/{campaign}/preview")
    async def look_at(request: Request, operator: Operator) -> Any:
        """The same, and note that they were looked at: without that nobody can approve."""
        return await run(previews.look, operator, campaign_of(request))

    @desk.route("POST", "/{campaign}/preview/send", body_of(PreviewBody))
    async def preview_send(request: Request, operator: Operator) -> Any:
        """Send one version to one's own phone, or to a group of one's own."""
        body = await read_body(PreviewBody, request)
        return await previews.send(operator, campaign_of(request), body.route, body.to, body.variant)

    @desk.route("POST", "/{campaign}/approve", body_of(ApproveBody))
    async def approve(request: Request, operator: Operator) -> Any:
        """Approve the very text of ``digest``; never by one of its authors."""
        body = await read_body(ApproveBody, request)
        return await run(office.approve, operator, campaign_of(request), body.digest, body.everyone)

    @desk.route("POST", "/{campaign}/reject", body_of(ReasonBody))
    async def reject(request: Request, operator: Operator) -> Any:
        """Give it back to its authors, with a reason."""
        body = await read_body(ReasonBody, request)
        return await run(office.reject, operator, campaign_of(request), body.reason)

    @desk.route("POST", "/{campaign}/note", body_of(NoteBody), empty=True)
    async def note(request: Request, operator: Operator) -> Any:
        """Write down something for the next time; it stands in the report."""
        body = await read_body(NoteBody, request)
        await run(office.note, operator, campaign_of(request), body.note)

    @desk.route("POST", "/{campaign}/stop")
    async def stop(request: Request, operator: Operator) -> Any:
        """End it for good; what is surely not on its way stays at home."""
        campaign = campaign_of(request)
        await office.stop(operator, campaign)
        return await run(office.show, operator, campaign)

    def plain(name: str, move: Callable[[Operator, str], Any], about: str) -> None:
        async def work(request: Request, operator: Operator) -> Any:
            return await run(move, operator, campaign_of(request))

        work.__name__, work.__doc__ = name, about
        desk.route("POST", f"/{{campaign}}/{name}")(work)

    plain("submit", office.submit, "Ask for approval.")
    plain(
        "withdraw", office.withdraw, "Take an approved campaign back before it is sent: it is a draft again."
    )
    plain("pause", office.pause, "Hold it; what waits comes back.")
    plain("resume", office.resume, "Let a held campaign go on.")
    plain("send", office.send, "Let it go out, if it is due or held.")
    plain("resend", office.resend, "Send once more to those alone whom it surely did not reach.")
