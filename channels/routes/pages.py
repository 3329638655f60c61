"""What browsers load: the channels' pages and the API's documentation, all from this host."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Coroutine, Sequence
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from channels.answers import json_answer
from channels.base import Asset, Channel
from channels.guard import CSP
from channels.routes.documented import for_swagger_4

SWAGGER = "vendor/swagger-ui-4.15.5"
DOCS_HTML = b"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>fanzha API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"></head><body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>"""
DOCS_START = b"SwaggerUIBundle({url: '/docs/openapi.json', dom_id: '#swagger-ui', validatorUrl: null});"


def page_routes(channels: Sequence[Channel], openapi: Callable[[], dict[str, Any]]) -> APIRouter:
    """Return the routes; files are read once, here. ``openapi`` makes the API's description."""
    router = APIRouter(include_in_schema=False)
    for asset in [asset for channel in channels for asset in channel.assets()] + _documentation():
        router.add_api_route(asset.path, _endpoint(asset), methods=["GET", "HEAD"], response_model=None)

    @router.get("/docs/openapi.json")
    async def description() -> Response:
        return json_answer(json.dumps(for_swagger_4(openapi())).encode())

    @router.get("/")
    async def root() -> Response:
        return RedirectResponse("/chat", 307)

    return router


def _endpoint(asset: Asset) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    tag = f'"{hashlib.sha256(asset.body).hexdigest()[:16]}"'
    # Asked again each time, answered 304: never a stale page.
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if asset.framed_by:
        headers["Content-Security-Policy"] = CSP + " ".join(asset.framed_by)
    if asset.shared:
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"

    async def serve(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(asset.body, media_type=asset.media_type, headers=headers)

    return serve


def _documentation() -> list[Asset]:
    bundle = files("swagger_ui_bundle").joinpath(SWAGGER)
    return [
        Asset("/docs", "text/html", DOCS_HTML),
        Asset("/docs/start.js", "text/javascript", DOCS_START),
        Asset("/docs/swagger-ui.css", "text/css", bundle.joinpath("swagger-ui.css").read_bytes()),
        Asset(
            "/docs/swagger-ui-bundle.js",
            "text/javascript",
            bundle.joinpath("swagger-ui-bundle.js").read_bytes(),
        ),
    ]
