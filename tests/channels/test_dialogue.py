"""The client of the dialogue engine against a strict fake Rasa."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from channels.base import Button, Reply
from channels.dialogue import Answer, DialogueDown, RasaDialogue

pytestmark = pytest.mark.asyncio
Handler = Callable[[httpx.Request], Any]


async def ask(handler: Handler, timeout: float = 1.0) -> Answer:
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
        return await RasaDialogue(client, "http://rasa:5005", timeout).ask("id-1", "你好")


async def test_speaks_rasas_rest_channel_and_reads_every_kind_of_entry() -> None:
    entries = [
        {"recipient_id": "id-1", "text": "您好"},
        {"recipient_id": "id-1", "text": "选", "buttons": [{"title": "甲", "payload": "/a", "type": "x"}]},
        {"recipient_id": "id-1", "custom": {"text": "卡", "buttons": [], "card": {"kind": "guide"}}},
        {"recipient_id": "id-1", "custom": {"command": "feedback", "value": "helpful"}},
        {"recipient_id": "id-1"},
    ]

    def rasa(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/webhooks/rest/webhook")
        assert json.loads(request.content) == {"sender": "id-1", "message": "你好"}
        return httpx.Response(200, json=entries)

    answer = await ask(rasa)
    assert answer.replies == (
        Reply("您好"),
        Reply("选", (Button("甲", "/a"),)),
        Reply("卡", (), {"kind": "guide"}),
    )
    assert answer.commands == ({"command": "feedback", "value": "helpful"},)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (httpx.Response(200, json=[]), "empty"),
        (httpx.Response(200, json=[{"recipient_id": "id-1"}]), "empty"),
        (httpx.Response(200, json={"status": "failure"}), "malformed"),
        (httpx.Response(200, content=b"<html>"), "malformed"),
        (httpx.Response(200, json=[{"text": 5}]), "malformed"),
        (httpx.Response(200, json=[{"custom": {"buttons": "x"}}]), "malformed"),
        (httpx.Response(200, content=b"[" + b" " * 600_000), "too_long"),
        (httpx.Response(500, json=[{"text": "no"}]), "error_status"),
        (httpx.Response(302, headers={"Location": "http://elsewhere"}), "error_status"),
    ],
)
async def test_what_is_no_answer(answer: httpx.Response, cause: str) -> None:
    with pytest.raises(DialogueDown) as caught:
        await ask(lambda _: answer)
    assert caught.value.cause == cause


async def test_unreachable() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(DialogueDown, match="unreachable"):
        await ask(refuse)


async def test_silence_ends_with_the_time_limit() -> None:
    async def silent(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return httpx.Response(200)

    with pytest.raises(DialogueDown, match="timeout"):
        await asyncio.wait_for(ask(silent, timeout=0.05), 1)


async def test_httpx_timeouts_count_as_one() -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow")

    with pytest.raises(DialogueDown, match="timeout"):
        await ask(slow)
