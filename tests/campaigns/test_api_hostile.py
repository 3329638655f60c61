"""Requests that mean harm, and the document of the API under generated ones: never a 5xx."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limits
from hypothesis.errors import Unsatisfiable
from office_house import SETTING, TOKENS, Here, as_yaml, document
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine

from campaigns.api.desk import ROOT
from channels.gateway import create_app
from channels.settings import Settings

LAUGHS = (
    "a0: &a0 [x]\n"
    + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    + "quotes: *a8\n"
)
MERGED = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 9)
)
HOSTILE = {
    "laughs": LAUGHS,
    "merged laughs": MERGED,
    "brackets": "[" * 90_000,
    "braces": "{a: " * 30_000,
    "stairs": "\n".join(" " * n + "a:" for n in range(400)),
    "cycle": "&a [*a]",
    "merged cycle": "&a\n<<: *a\nb: 1",
    "a command": '!!python/object/apply:os.system ["id"]',
    "no date": "id: !!timestamp tomorrow",
    "no truth": "id: !!bool maybe",
    "no number": 'id: !!int ""',
    "a null byte": "id: \0",
    "two documents": "--- {}\n--- {}",
    "nothing": "",
    "a list": "[]",
    "numbers as names": "{1: 2}",
}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
quick = limits(
    max_examples=3,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def here(any_engine: Engine, tmp_path: Path) -> Here:
    return Here(any_engine, tmp_path)


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_yaml_is_refused_at_once(here: Here, name: str) -> None:
    began = time.perf_counter()
    answer = await here.raw("ann", "/good", HOSTILE[name].encode())
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "document_wrong")
    assert answer.json()["error"]["message"] and time.perf_counter() - began < 2


async def test_the_place_of_the_fault_is_told(here: Here) -> None:
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "routes.0": (document(routes=["fax"]), "没有这个选项"),
        "titel": (document(titel="x"), "不认识这一项"),
        "cap.messages": (document(cap={"messages": "viele"}), "要写成整数"),
        "waves.0.at": (document(waves=[{"at": "bald"}]), "日期时间要写成"),
        "quiet_hours.start": (document(quiet_hours={"start": "21:00Z"}), "zone"),
        "audience.districts.0": (document(audience={"districts": ["a\0"]}), "写法不对"),
    }
    for place, (found, said) in wrong.items():
        for body, kind in (
            (as_yaml(found), "application/yaml"),
            (json.dumps(found).encode(), "application/json"),
        ):
            answer = await here.raw("ann", "/good", body, kind)
            assert answer.status_code == 422
            assert place in answer.json()["error"]["message"] and said in answer.json()["error"]["message"]
    unfinished = await here.raw("ann", "/good", b"id: good\ntitle: [1\n")
    assert "第3行" in unfinished.json()["error"]["message"]


async def test_bodies_that_are_none(here: Here) -> None:
    assert (await here.raw("ann", "/good", b"\xff\xfe")).status_code == 400
    assert (await here.raw("ann", "/good", b"{}", "text/html")).status_code == 415
    half = json.dumps({**document(), "note": "\ud800"}).encode()
    assert (await here.raw("ann", "/good", half, "application/json")).status_code == 422
    whole = json.dumps({**document(), "note": "\U0001f600"}).encode()
    assert (await here.raw("ann", "/good", whole, "application/json")).status_code == 200
    long = as_yaml(document(note="长" * 70_000))
    assert (await here.raw("ann", "/good", long)).status_code == 422
    assert (await here.put("ann", document(id="calendar"))).json()["error"]["code"] == "id_reserved"


@pytest.mark.parametrize(
    "name", ["..%2f..%2fetc%2fpasswd", "GOOD", "a%00b", "x" * 49, "good'--", "%e4%b8%ad", "."]
)
async def test_strange_ids_are_unknown(here: Here, name: str) -> None:
    for path in (f"/{name}", f"/{name}/lint", f"/{name}/report.csv"):
        assert (await here.call("vera", "GET", path)).status_code in {404, 200 if name == "." else 404}
    answer = await here.raw("ann", f"/{name}", as_yaml(document()))
    assert answer.status_code in {404, 405}
    differs = await here.raw("ann", "/other", as_yaml(document()))
    assert differs.json()["error"]["code"] == "id_differs"


class Nothing:
    """Judges and reads nothing: the real ones take long to load, and none of this is about them."""

    def assess(self, text: str) -> Any:
        raise AssertionError

    async def read(self, data: bytes) -> Any:
        raise AssertionError

    async def warm(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[FastAPI]:
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        campaign_operators=SETTING,
        **dict.fromkeys(("rate_per_minute", "rate_per_day", "rate_ip_per_minute", "rate_ip_per_day"), 0),
    )
    outside = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    nothing: Any = Nothing()
    yield create_app(settings, nothing, nothing, outside, pictures=nothing)
    shutdown_lifespans()


async def test_the_gateway_serves_it_and_takes_no_more_than_it_needs(gateway: FastAPI) -> None:
    bearer = {"Authorization": f"Bearer {TOKENS['ann'][0]}", "Content-Type": "application/yaml"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://test") as client:
        for size, status in ((150_000, 422), (20_000_000, 413)):
            answer = await client.put(f"{ROOT}/good", content=b"a" * size, headers=bearer)
            assert answer.status_code == status
        assert (await client.get(ROOT, headers=bearer)).json() == {"campaigns": []}
        assert (await client.post("/api/v1/check", content=b"a" * 150_000)).status_code == 413
        assert (await client.get(ROOT, headers=bearer)).headers["cache-control"] == "no-store"
        assert (await client.get(f"{ROOT}/calendar.html", headers=bearer)).status_code == 200


def test_without_operators_there_is_no_such_address(tmp_path: Path) -> None:
    app = create_app(Settings(_env_file=None, data_dir=tmp_path))
    assert not [path for path in app.openapi()["paths"] if path.startswith(ROOT)]


@pytest.fixture
def operations(gateway: FastAPI) -> list[Any]:
    schema = schemathesis.openapi.from_asgi("/docs/openapi.json", gateway)
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return [one for one in found if one.path.startswith(ROOT)]


def drive(operation: Any, mode: GenerationMode) -> set[int]:
    """Send generated requests as an approver; return the statuses that came back."""
    headers = {"Authorization": f"Bearer {TOKENS['bob'][0]}"}
    seen = set()

    @quick
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        seen.add(case.call_and_validate(checks=CHECKS, headers=headers).status_code)

    try:
        run()
    except Unsatisfiable:  # nothing can be wrong with a request that takes nothing
        assert mode is GenerationMode.NEGATIVE
    except Exception as error:
        error.add_note(f"{operation.method} {operation.path}, {mode.value}")
        raise
    return seen


def test_generated_requests_meet_no_fault(operations: list[Any]) -> None:
    assert len(operations) > 25
    seen: set[int] = set()
    for operation in operations:
        for mode in GenerationMode:
            seen |= drive(operation, mode)
    assert {200, 404, 422} <= seen
