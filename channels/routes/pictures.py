"""The picture of a card, for whoever knows its name."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from channels.answers import failure
from channels.pictures_out.shelf import PATH, Shelf
from channels.wording import Wording

# Personal: no cache keeps it, no other site shows it.
HEADERS = {"Cache-Control": "no-store, private", "Cross-Origin-Resource-Policy": "same-origin"}


def picture_routes(shelf: Shelf, wording: Wording) -> APIRouter:
    """Return the route."""
    router = APIRouter(include_in_schema=False)

    @router.get(PATH + "{name}.png")
    async def picture(name: str) -> Response:
        body = await shelf.draw(name)
        if body is None:
            return failure(404, "not_found", wording)
        return Response(body, media_type="image/png", headers=HEADERS)

    return router
