"""The documented API under generated requests, good and bad: no 5xx, and every answer as the document says.

In process, with a fixed seed. What schemathesis calls positive data may still be refused by us (a text without words).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limits
from hypothesis.errors import Unsatisfiable
from pytest_socket import disable_socket, enable_socket
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.assessment.assessor import Assessor
from channels.base import Button, Reply
from channels.dialogue import Answer
from channels.gateway import create_app
from channels.operators import make_entry
from channels.pictures.reader import Reading
from channels.settings import Settings

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = 10  # of each operation, good ones and as many bad ones
TOKEN, ENTRY = make_entry("li", "admin")
HUMAN = "转人工"
OPERATOR = "/api/v1/operator/"
quick = limits(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class EchoDialogue:
    async def ask(self, sender_id: str, message: str) -> Answer:
        if message == HUMAN:
            return Answer((), ({"command": "handover"},))
        return Answer((Reply(message, (Button("我转了", "/already_paid"),), {"kind": "guide"}),))


class NoPictures:
    async def read(self, data: bytes) -> Reading:
        return Reading("转账", ())

    async def warm(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def schema(tmp_path: Path, assessor: Assessor) -> Iterator[Any]:
    disable_socket(allow_unix_socket=True)
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        operators=ENTRY,
        widget_origins="https://www.school.example",
        **dict.fromkeys(("rate_per_minute", "rate_per_day", "rate_ip_per_minute", "rate_ip_per_day"), 0),
    )
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    app = create_app(settings, assessor, EchoDialogue(), client, pictures=NoPictures())
    yield schemathesis.openapi.from_asgi("/docs/openapi.json", app)
    shutdown_lifespans()
    enable_socket()


def operations(schema: Any, wanted: Callable[[str], bool]) -> list[Any]:
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return [operation for operation in found if wanted(operation.path)]


def drive(
    operation: Any, mode: GenerationMode, headers: dict[str, str], numbers: dict[str, int] | None = None
) -> set[int]:
    """Send generated requests with ``numbers`` in the path; return the statuses that came back."""
    statuses = set()
    numbers = {name: number for name, number in (numbers or {}).items() if f"{{{name}}}" in operation.path}

    @quick
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=numbers or None))
    def run(case: Any) -> None:
        answer = case.call_and_validate(checks=CHECKS, headers=headers)
        # A form's values are strings, whatever wrong thing they were made from; more in a query harms nobody.
        if mode is GenerationMode.NEGATIVE and case.media_type == "application/json":
            assert 400 <= answer.status_code < 500, case.as_curl_command()
        statuses.add(answer.status_code)

    try:
        run()
    except Unsatisfiable:  # nothing can be wrong with a request that takes nothing
        assert mode is GenerationMode.NEGATIVE and not statuses
    except Exception as error:
        error.add_note(f"{operation.method.upper()} {operation.path}, {mode.value}")
        raise
    return statuses


def test_the_public_api(schema: Any) -> None:
    public = operations(schema, lambda path: not path.startswith(OPERATOR))
    assert {"/api/v1/check", "/api/v1/chat", "/api/v1/widget/chat"} <= {one.path for one in public}
    for operation in public:
        for mode in GenerationMode:
            drive(operation, mode, {})


def test_the_operators_api_with_a_token_and_without(schema: Any) -> None:
    private = operations(schema, lambda path: path.startswith(OPERATOR))
    assert len(private) > 6
    (chat,) = operations(schema, lambda path: path == "/api/v1/chat")
    chat.Case(body={"session_id": "xiaohong-0123456789", "text": HUMAN}).call()
    seen: dict[str, set[int]] = {}
    for operation in private:
        for mode in GenerationMode:
            assert drive(operation, mode, {}) <= {401}
            known = drive(operation, mode, {"Authorization": f"Bearer {TOKEN}"}, {"case": 1, "letter": 1})
            other = drive(operation, mode, {"Authorization": f"Bearer {TOKEN}"})
            seen.setdefault(operation.path.removeprefix(OPERATOR), set()).update(known | other)
    assert {200, 404} <= seen["cases/{case}"] and {200, 404} <= seen["letters"]
    assert {204, 409, 422} <= seen["cases/{case}/claim"] | seen["cases/{case}/reply"], seen
