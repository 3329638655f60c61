"""Public warnings: JSON, RSS, JSON Feed, and the banner of a page. They are everybody's, so caches may keep them."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from channels import feeds
from channels.answers import failure
from channels.feeds import Words
from channels.routes.documented import errors
from channels.schemas import BannerAnswer, WarningsAnswer
from channels.schools import CODE
from channels.warnings import Warnings
from channels.wording import Wording

JSON = "application/json"
CACHE = "public, max-age=60"


def warning_routes(warnings: Warnings, base: str, wording: Wording, words: Words) -> APIRouter:
    """Return the routes; ``base`` is our public address, for the links in feeds."""
    router = APIRouter(tags=["warnings"])

    @router.get(
        "/api/v1/warnings",
        summary="The warnings that are out now, newest first",
        response_model=WarningsAnswer,
        responses=errors(503),
    )
    async def listed(request: Request) -> Response:
        try:
            return _answer(request, feeds.listed(await warnings.listed(), words), JSON)
        except SQLAlchemyError:
            return failure(503, "unavailable", wording)

    @router.get(
        "/api/v1/banner",
        summary="The warning that pages show now; those of a school by its code",
        response_model=BannerAnswer,
        responses=errors(503),
    )
    async def banner(request: Request, school: str = "") -> Response:
        code = school.upper()
        try:
            found = await warnings.banner(code if CODE.fullmatch(code) else "")
        except SQLAlchemyError:
            return failure(503, "unavailable", wording)
        return _answer(request, feeds.banner(found), JSON)

    @router.get(feeds.RSS, include_in_schema=False)
    async def rss(request: Request) -> Response:
        try:
            made = feeds.rss(await warnings.listed(), words, base)
        except SQLAlchemyError:
            return failure(503, "unavailable", wording)
        return _answer(request, made, "application/rss+xml")

    @router.get(feeds.JSON, include_in_schema=False)
    async def json_feed(request: Request) -> Response:
        try:
            made = feeds.json_feed(await warnings.listed(), words, base)
        except SQLAlchemyError:
            return failure(503, "unavailable", wording)
        return _answer(request, made, "application/feed+json")

    return router


def _answer(request: Request, body: bytes, media_type: str) -> Response:
    headers = {
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
        "Cache-Control": CACHE,
        "Access-Control-Allow-Origin": "*",  # schools' own pages may show what is public anyway
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
