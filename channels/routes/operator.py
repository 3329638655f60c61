"""The operators' API: take over conversations, and look after letters that did not arrive."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from channels.answers import failure, json_answer
from channels.base import Refuse
from channels.cases import LETTERS, Cases
from channels.fallback import Fallback
from channels.operators import Operator, Operators, Role
from channels.people import Talk
from channels.postman import Postman
from channels.rates import Rates, visitor
from channels.requests import read
from channels.routes.documented import body_of, errors, parameters_of
from channels.schemas import TextRequest
from channels.threads import Threads
from channels.wording import Wording

ROOT = "/api/v1/operator"
ASSESSED = 3  # of the person's latest texts
NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Counter:
    """What the routes need: who may, what is done, and who sends it."""

    operators: Operators
    cases: Cases
    threads: Threads
    postman: Postman
    fallback: Fallback


def operator_routes(counter: Counter, rates: Rates, wording: Wording) -> APIRouter:
    """Return the routes; each names the least role that may use it."""
    router = APIRouter(prefix=ROOT, tags=["operator"])
    cases, run = counter.cases, counter.threads.run

    def route(
        method: str, path: str, role: Role, body: dict[str, Any] | None = None, **choices: Sequence[str]
    ) -> Callable[..., None]:
        """Add a route whose function gets the request and the operator; a GET returns JSON data, a POST None (204).

        ``choices`` are the query's parameters with their values, the default first.
        """

        def add(work: Callable[[Request, Operator], Awaitable[Any]]) -> None:
            async def endpoint(request: Request) -> Response:
                await rates.spend_address(visitor(request.client.host if request.client else None))
                operator = counter.operators.known(request.headers.get("authorization", ""))
                if operator is None:
                    answer = failure(401, "operator_unknown", wording)
                    answer.headers["WWW-Authenticate"] = "Bearer"
                    return answer
                if operator.role < role:
                    return failure(403, "operator_may_not", wording)
                result = await work(request, operator)
                counter.postman.nudge()
                if result is None:
                    return Response(status_code=204)
                return json_answer(json.dumps(result, ensure_ascii=False).encode())

            router.add_api_route(
                path,
                endpoint,
                methods=[method],
                summary=(work.__doc__ or "").rstrip("."),
                name=work.__name__,
                response_model=None,
                status_code=200 if method == "GET" else 204,
                responses=errors(400, 401, 403, 404, 409, 413, 415, 422, 429),
                openapi_extra={**parameters_of(path, choices), **(body_of(body) if body else {})},
            )

        return add

    @route("GET", "/cases", Role.READER, talk=sorted(Talk, key=lambda talk: talk is not Talk.WAITING))
    async def list_cases(request: Request, operator: Operator) -> Any:
        """Conversations by state (``?talk=waiting``), the longest waiting first."""
        talk = request.query_params.get("talk", "waiting")
        return {"cases": await run(cases.listed, talk), "counts": await run(cases.counts)}

    @route("GET", "/cases/{case}", Role.READER)
    async def read_case(request: Request, operator: Operator) -> Any:
        """The masked transcript, with the assessment of the latest texts."""
        found = await run(cases.read, _number(request, "case"), operator)
        texts = [line["text"] for line in found["transcript"] if line["author"] == "person"]
        found["assessments"] = [await _assessed(counter.fallback, text) for text in texts[-ASSESSED:]]
        return found

    @route("POST", "/cases/{case}/claim", Role.AGENT)
    async def claim_case(request: Request, operator: Operator) -> Any:
        """Take over: the bot is silent from now on."""
        await run(cases.claim, _number(request, "case"), operator)

    @route("POST", "/cases/{case}/reply", Role.AGENT, TextRequest.model_json_schema())
    async def reply_case(request: Request, operator: Operator) -> Any:
        """Write to the person."""
        text = read(TextRequest, request.headers, await request.body()).text
        await run(cases.reply, _number(request, "case"), operator, text)

    @route("POST", "/cases/{case}/give-back", Role.AGENT)
    async def give_back_case(request: Request, operator: Operator) -> Any:
        """Let the bot go on."""
        await run(cases.end, _number(request, "case"), operator, closed=False)

    @route("POST", "/cases/{case}/close", Role.AGENT)
    async def close_case(request: Request, operator: Operator) -> Any:
        """End it; the person's next message goes to the bot."""
        await run(cases.end, _number(request, "case"), operator, closed=True)

    @route("GET", "/letters", Role.ADMIN, state=LETTERS)
    async def list_letters(request: Request, operator: Operator) -> Any:
        """Messages that did not arrive (``?state=dead``) or perhaps did (``?state=unknown``)."""
        return {"letters": await run(cases.letters, request.query_params.get("state", "dead"))}

    @route("POST", "/letters/{letter}/resend", Role.ADMIN)
    async def resend_letter(request: Request, operator: Operator) -> Any:
        """Send such a message once more."""
        await run(cases.resend, _number(request, "letter"), operator)

    @route("GET", "/audit", Role.ADMIN)
    async def read_audit(request: Request, operator: Operator) -> Any:
        """What operators did, newest first."""
        return {"audit": await run(cases.audit)}

    return router


def _number(request: Request, name: str) -> int:
    value = str(request.path_params[name])
    if NUMBER.fullmatch(value) is None:
        raise Refuse("not_found", 404)
    return int(value)


async def _assessed(fallback: Fallback, text: str) -> dict[str, Any] | None:
    if fallback.checks is None or not text or text.startswith("/"):
        return None
    found = (await fallback.checks.check(text)).assessment
    flags = [asdict(flag) for flag in found.red_flags]
    return {
        "text": text,
        "verdict": str(found.verdict),
        "probability": found.probability,
        "scam_type": found.scam_type,
        "red_flags": flags,
    }
