"""/readyz, /healthz, and a start with a broken index."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from channels import gateway as gateway_module
from channels import readiness
from channels.metrics import Metrics
from channels.readiness import Readiness, actions_health

pytestmark = pytest.mark.asyncio
PARTS = {"rasa", "actions", "campaigns", "index", "database"}
Open = Callable[..., Any]


def world(down: str = "") -> httpx.AsyncClient:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.port in {5005, 5006} and down == "rasa":  # the second port is for a reload
            raise httpx.ConnectError("refused")
        if request.url.port == 5056:
            assert request.url.path == "/healthz"
            return httpx.Response(503 if down == "campaigns" else 200)
        if request.url.port == 5055:
            assert request.url.path == "/health"
            return httpx.Response(500 if down == "actions" else 200)
        return httpx.Response(200)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.readiness.PROBE_SECONDS", 20.0)  # a busy machine is no answer of its own


async def test_all_parts_up(open_gateway: Open) -> None:
    async with open_gateway(client=world()) as gateway:
        answer = await gateway.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["ready"] and set(answer.json()["parts"]) == PARTS


@pytest.mark.parametrize(("part", "cause"), [("rasa", "ConnectError"), ("actions", "wrong answer")])
async def test_says_which_part_is_down(open_gateway: Open, part: str, cause: str) -> None:
    async with open_gateway(client=world(part)) as gateway:
        answer = await gateway.client.get("/readyz")
        figures = (await gateway.client.get("/metrics")).text
        assert (await gateway.client.get("/healthz")).status_code == 200
    parts = answer.json()["parts"]
    assert answer.status_code == 503
    assert parts[part] == {"up": False, "cause": cause}
    assert [name for name in parts if not parts[name]["up"]] == [part]
    assert f'fanzha_part_up{{part="{part}"}} 0.0' in figures


async def test_people_are_served_without_the_campaigns_worker(open_gateway: Open) -> None:
    async with open_gateway(client=world("campaigns")) as gateway:
        answer = await gateway.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["parts"]["campaigns"] == {"up": False, "cause": "wrong answer"}


async def test_a_broken_database_is_a_part(open_gateway: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> bool:
        raise OSError("disk")

    monkeypatch.setattr(gateway_module, "alive", broken)
    async with open_gateway(client=world()) as gateway:
        assert (await gateway.client.get("/readyz")).json()["parts"]["database"] == {
            "up": False,
            "cause": "OSError",
        }


async def test_without_an_index_checks_say_so_and_the_dialogue_goes_on(
    make_settings: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise FileNotFoundError("index")

    monkeypatch.setattr(gateway_module, "load_assessor", broken)
    app = gateway_module.create_app(make_settings(), client=world(), allowed=gateway_module.AllowList({}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://g") as client,
    ):
        check = await client.post("/api/v1/check", json={"text": "转账"})
        chat = await client.post("/api/v1/chat", json={"session_id": "a", "text": "转账"})
        ready = await client.get("/readyz")
    assert check.status_code == 503 and "110" in check.json()["error"]["message"]
    assert chat.status_code == 200 and "96110" in chat.json()["replies"][0]["text"]
    assert ready.json()["parts"]["index"] == {"up": False, "cause": "IndexNotLoaded"}
    assert "FileNotFoundError" in caplog.text


async def test_an_index_that_loads_later_is_used(
    make_settings: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    def second_time() -> object:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("half written")
        return object()

    monkeypatch.setattr(gateway_module, "RELOAD_SECONDS", 0.01)
    monkeypatch.setattr(gateway_module, "load_assessor", second_time)
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 0)
    app = gateway_module.create_app(make_settings(), client=world(), allowed=gateway_module.AllowList({}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://g") as client,
    ):
        for _ in range(100):
            if (await client.get("/readyz")).status_code == 200:
                break
            await asyncio.sleep(0.02)
        assert (await client.get("/readyz")).json()["parts"]["index"]["up"] and tries == 2


async def test_a_silent_part_is_down_and_answers_are_shared_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0

    async def silent() -> bool:
        nonlocal asked
        asked += 1
        await asyncio.sleep(5)
        return True

    monkeypatch.setattr(readiness, "PROBE_SECONDS", 0.02)
    ready = Readiness({"x": silent}, Metrics())
    first, second = await asyncio.gather(ready.parts(), ready.parts())
    assert first == second and first["x"].cause == "no answer in time" and asked == 1


async def test_actions_health() -> None:
    assert actions_health("http://h:5055/webhook") == "http://h:5055/health"
