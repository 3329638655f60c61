"""POST /api/v1/check/image: is what stands on this picture a scam?"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.assessment.model import Assessment, Verdict
from channels.answers import failure, json_answer, log_bug
from channels.base import Refuse
from channels.checks import Checked, Checks
from channels.fallback import Fallback
from channels.forms import FORM, read_form
from channels.metrics import Metrics
from channels.pictures.reader import PicturesDown, Reading
from channels.rates import Rates, visitor
from channels.requests import CHECK_LIMIT
from channels.routes.documented import body_of, errors
from channels.schemas import PictureAssessment
from channels.sight import Sight
from channels.wording import Wording

PATH = "/api/v1/check/image"
FIELDS = frozenset({"file"})
UNKNOWN = 0.5  # the probability when nothing could be read: neither way
SCHEMA = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "PNG, JPEG, WebP, BMP or GIF, 8 MB"}
    },
    "required": ["file"],
}


def check_image_routes(
    fallback: Fallback, sight: Sight, rates: Rates, metrics: Metrics, wording: Wording
) -> APIRouter:
    """Return the route; it shares the fallback's ``checks`` as the one for texts does."""
    router = APIRouter(tags=["check"])

    @router.post(
        PATH,
        summary=wording.docs["check_image_summary"],
        response_model=PictureAssessment,
        responses=errors(400, 413, 415, 422, 429, 503),
        openapi_extra=body_of(SCHEMA, FORM),
    )
    async def check_image(request: Request) -> Response:
        await rates.spend_address(visitor(request.client.host if request.client else None))
        picture = read_form(request.headers, await request.body(), FIELDS)["file"]
        if fallback.checks is None:
            return failure(503, "unavailable", wording)
        try:
            reading = await sight.read(picture, CHECK_LIMIT)
            checked = await _judge(reading, fallback.checks, wording)
        except Refuse:
            raise
        except PicturesDown:
            return failure(503, "pictures_down", wording)
        except Exception as error:  # a text that breaks the assessor still gets the hotlines
            log_bug(error, PATH)
            return failure(503, "unavailable", wording)
        metrics.checks.labels(str(checked.assessment.verdict), "picture").inc()
        return json_answer(_merged(checked, reading))

    return router


async def _judge(reading: Reading, checks: Checks, wording: Wording) -> Checked:
    if reading.text:
        return await checks.check(reading.text)
    nothing = Assessment(Verdict.UNCLEAR, UNKNOWN, None)
    nothing = replace(nothing, advice=(wording.pictures["nothing"],))
    return Checked(nothing, json.dumps(nothing.to_dict(), ensure_ascii=False).encode())


def _merged(checked: Checked, reading: Reading) -> bytes:
    data: dict[str, Any] = json.loads(checked.json)
    data["recognised_text"] = reading.text
    data["recognised_whole"] = reading.whole
    data["qr_codes"] = [asdict(code) for code in reading.codes]
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
