"""How a request of the API becomes a call of the office, and what comes back an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from campaigns.office import views
from campaigns.office.refusals import UNKNOWN, Refusal
from channels.answers import failure, json_answer
from channels.operators import Operator, Operators
from channels.rates import Rates, visitor
from channels.routes.documented import errors
from channels.wording import Wording

ROOT = "/api/v1/campaigns"
ID = re.compile(r"[a-z0-9][a-z0-9_-]{1,47}")
Work = Callable[[Request, Operator], Awaitable[Any]]
TEXT: Mapping[str, Any] = {"type": "string"}
SCHEMAS: Mapping[str, Mapping[str, Any]] = {"application/json": {"type": "object"}}
STATUSES = (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429)


class Desk:
    """Adds routes to a router. A function gets the request and who asks; it returns data, a ``Response``, or None (204)."""

    def __init__(self, router: APIRouter, operators: Operators, rates: Rates, wording: Wording) -> None:
        self._router = router
        self._operators = operators
        self._rates = rates
        self._wording = wording

    def route(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Mapping[str, Any]] | None = None,
        empty: bool = False,
        kind: str = "application/json",
    ) -> Callable[[Work], None]:
        """Return what adds a route. ``query``: name → JSON schema; ``empty``: it answers 204; ``kind``: of the answer."""
        answer: dict[int | str, dict[str, Any]] = {
            200: {"content": {kind: {"schema": SCHEMAS.get(kind, TEXT)}}}
        }

        def add(work: Work) -> None:
            async def endpoint(request: Request) -> Response:
                await self._rates.spend_address(visitor(request.client.host if request.client else None))
                operator = self._operators.known(request.headers.get("authorization", ""))
                if operator is None:
                    answer = failure(401, "operator_unknown", self._wording)
                    answer.headers["WWW-Authenticate"] = "Bearer"
                    return answer
                try:
                    return _answer(await work(request, operator))
                except Refusal as refusal:
                    return _refused(refusal)

            self._router.add_api_route(
                path,
                endpoint,
                methods=[method],
                summary=(work.__doc__ or "").rstrip("."),
                name=work.__name__,
                response_model=None,
                response_class=Response,
                status_code=204 if empty else 200,
                responses={**({} if empty else answer), **errors(*STATUSES)},
                openapi_extra=_documented(path, query or {}, body),
            )

        return add


def campaign_of(request: Request) -> str:
    """Return the id in the path. Raises ``Refusal`` for what can be none: nothing strange reaches the database."""
    value = str(request.path_params["campaign"])
    if ID.fullmatch(value) is None:
        raise Refusal("campaign_unknown", UNKNOWN)
    return value


def _answer(result: Any) -> Response:
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(status_code=204)
    answer = json_answer(json.dumps(result, ensure_ascii=False).encode())
    if isinstance(result, dict) and "version" in result:
        answer.headers["ETag"] = f'"{result["version"]}"'
    return answer


def _refused(refusal: Refusal) -> Response:
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.sentence}
    if refusal.findings:
        error["findings"] = views.findings(refusal.findings)
    return json_answer(json.dumps({"error": error}, ensure_ascii=False).encode(), refusal.status)


def _documented(
    path: str, query: Mapping[str, Mapping[str, Any]], body: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the pieces of the OpenAPI page."""
    names = re.findall(r"\{(\w+)\}", path)
    parts = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
    ] + [{"name": name, "in": "query", "schema": dict(schema)} for name, schema in query.items()]
    return {"parameters": parts, **({"requestBody": dict(body)} if body else {})}
