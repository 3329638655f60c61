"""The short way for platforms' messages: past the routing and the dependencies of the web framework.

Those cost more than storing a message does. Pure ASGI, inside the guard, which limits bodies and catches what goes wrong.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from channels.answers import refusal
from channels.base import Refuse
from channels.metrics import Metrics
from channels.routes.chat import Endpoint
from channels.wording import Wording


class ShortWay:
    """Takes POSTs on the paths of ``endpoints``; everything else goes on to the app."""

    def __init__(
        self, app: ASGIApp, endpoints: Mapping[str, Endpoint], metrics: Metrics, wording: Wording
    ) -> None:
        self._app = app
        self._endpoints = dict(endpoints)
        self._routes = {path: Route(path, endpoint) for path, endpoint in endpoints.items()}
        self._metrics = metrics
        self._wording = wording

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        endpoint = self._endpoints.get(scope["path"]) if scope["type"] == "http" else None
        if endpoint is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        scope["route"] = self._routes[scope["path"]]  # the name that the figures use
        try:
            response = await endpoint(Request(scope, receive, send))
        except Refuse as error:
            self._metrics.refusals.labels(error.code).inc()
            response = refusal(error, self._wording)
        await response(scope, receive, send)
