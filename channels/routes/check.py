"""POST /api/v1/check: is this text a scam?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.assessment.model import Assessment
from channels.answers import failure, json_answer, log_bug
from channels.base import Refuse
from channels.fallback import Fallback
from channels.metrics import Metrics
from channels.rates import Rates, visitor
from channels.requests import CheckRequest, read_check
from channels.routes.documented import body_of, errors
from channels.wording import Wording


def check_routes(fallback: Fallback, rates: Rates, metrics: Metrics, wording: Wording) -> APIRouter:
    """Return the route; it shares the fallback's ``checks``, which appear once the index is loaded."""
    router = APIRouter(tags=["check"])

    @router.post(
        "/api/v1/check",
        summary=wording.docs["check_summary"],
        response_model=Assessment,
        responses=errors(400, 413, 415, 422, 429, 503),
        openapi_extra=body_of(CheckRequest.model_json_schema()),
    )
    async def check(request: Request) -> Response:
        await rates.spend_address(visitor(request.client.host if request.client else None))
        text = read_check(request.headers, await request.body())
        if fallback.checks is None:
            return failure(503, "unavailable", wording)
        try:
            checked = await fallback.checks.check(text)
        except Refuse:
            raise
        except Exception as error:  # a text that breaks the assessor still gets the hotlines
            log_bug(error, "/api/v1/check")
            return failure(503, "unavailable", wording)
        metrics.checks.labels(str(checked.assessment.verdict), "cache" if checked.known else "fresh").inc()
        return json_answer(checked.json)

    return router
