"""The outermost layer: limits while streaming, headers everywhere, no fault shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from channels import guard
from channels.door import Door
from channels.guard import MOST_BODY_BYTES, Guard
from channels.metrics import Metrics
from channels.wording import load_wording

pytestmark = pytest.mark.asyncio
Open = Callable[..., Any]
JSON = {"Content-Type": "application/json"}


async def endless() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield b"x" * 4096
    raise AssertionError("read on past the limit")


async def test_a_body_is_cut_off_while_it_streams(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        answer = await gateway.client.post("/api/v1/check", content=endless(), headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("length", [str(MOST_BODY_BYTES + 1), "9" * 30, "-1", "abc"])
async def test_an_announced_length_is_believed_or_refused(open_gateway: Open, length: str) -> None:
    async with open_gateway() as gateway:
        answer = await gateway.client.post(
            "/api/v1/check", content=b"{}", headers={**JSON, "Content-Length": length}
        )
    assert answer.status_code == 413


async def run(app: Any, messages: list[dict[str, Any]], pause: float = 0) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.sleep(pause)
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/x", "headers": []}
    await Guard(app, Metrics(), load_wording())(scope, receive, send)
    return sent


async def never(*_: object) -> None:
    raise AssertionError("must not be reached")


async def test_a_slow_body_and_a_broken_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.02)
    part = {"type": "http.request", "body": b"{", "more_body": True}
    slow = await run(never, [part], pause=1)
    gone = await run(never, [dict(part), {"type": "http.disconnect"}])
    assert slow[0]["status"] == gone[0]["status"] == 408


async def test_a_fault_after_the_answer_began_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def app(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("13912345678")

    sent = await run(app, [{"type": "http.request", "body": b"", "more_body": False}])
    assert [message["status"] for message in sent] == [200]
    assert "ValueError" in caplog.text and "13912345678" not in caplog.text


async def test_what_is_not_http_passes() -> None:
    seen = []

    async def app(scope: Any, _: Any, __: Any) -> None:
        seen.append(scope["type"])

    await Guard(app, Metrics(), load_wording())({"type": "lifespan"}, never, never)  # type: ignore[arg-type]
    assert seen == ["lifespan"]


async def test_a_bug_is_a_sentence_for_people_and_a_place_for_us(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise KeyError("13912345678")

    async with open_gateway() as gateway:
        monkeypatch.setattr(Door, "hear", broken)
        answer = await gateway.say("13912345678")
    assert answer.status_code == 503
    assert "96110" in answer.json()["error"]["message"]
    assert "bug: KeyError at test_guard.py" in caplog.text and "/api/v1/chat" in caplog.text
    assert "13912345678" not in caplog.text + answer.text


@pytest.mark.parametrize(
    "path", ["/chat", "/", "/docs", "/nowhere", "/healthz", "/openapi.json", "/chat/chat.js"]
)
async def test_security_headers_everywhere(open_gateway: Open, path: str) -> None:
    async with open_gateway() as gateway:
        answer = await gateway.client.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_metrics_hold_routes_not_paths(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        await gateway.client.get("/13912345678")
        await gateway.say("你好", "13912345678-session")
        figures = (await gateway.client.get("/metrics")).text
    assert "13912345678" not in figures
    assert 'route="/api/v1/chat",status="200"' in figures and 'route="other",status="404"' in figures
