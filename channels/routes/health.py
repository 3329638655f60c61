"""/healthz, /readyz, /metrics: for machines that watch the system."""

from __future__ import annotations

import json
from dataclasses import asdict

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from channels.answers import json_answer
from channels.metrics import Metrics
from channels.readiness import Readiness
from channels.schemas import ReadyAnswer


def health_routes(readiness: Readiness, metrics: Metrics) -> APIRouter:
    """Return the three routes."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="Is this process alive?", response_model=None)
    async def healthz() -> Response:
        return json_answer(b'{"alive":true}')

    @router.get(
        "/readyz",
        summary="Does every part answer?",
        response_model=ReadyAnswer,
        responses={503: {"model": ReadyAnswer, "description": "a part is down"}},
    )
    async def readyz() -> Response:
        parts = await readiness.parts()
        ready = readiness.ready(parts)
        body = {"ready": ready, "parts": {name: asdict(part) for name, part in parts.items()}}
        answer = json_answer(json.dumps(body).encode(), 200 if ready else 503)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @router.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse)
    async def figures() -> Response:
        await readiness.parts()  # whoever reads the figures may be the only one who asks
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
