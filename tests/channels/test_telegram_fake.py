"""The fake Telegram is as strict as the real one: what it lets pass, that one takes too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import telegram_requests as tg
from pytest_socket import enable_socket
from telegram_fake import Fake, running

Call = Any


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    enable_socket()
    async with running() as found:
        found.world.chat(1).started = True
        yield found


async def call(fake: Fake, method: str, token: str = tg.TOKEN, **data: Any) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient(trust_env=False, base_url=fake.address) as client:
        answer = await client.post(f"/bot{token}/{method}", data=data)
        found: dict[str, Any] = answer.json()
        return answer.status_code, found


async def refused(fake: Fake, method: str, **data: Any) -> str:
    status, answer = await call(fake, method, **data)
    assert not answer["ok"] and answer["error_code"] == status
    return str(answer["description"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a" * 4097, "too long"),
        ("长" * 4097, "too long"),
        ("😀" * 2049, "too long"),
        ("", "empty"),
        (" \n", "empty"),
    ],
)
async def test_texts_have_their_limits(fake: Fake, text: str, says: str) -> None:
    assert says in await refused(fake, "sendMessage", chat_id=1, text=text)
    assert (await call(fake, "sendMessage", chat_id=1, text="😀" * 2048))[0] == 200


async def test_markup_must_be_whole(fake: Fake) -> None:
    for text in ("<script>a</script>", "<b>a", "a</b>", "<b><i>a</b></i>"):
        assert "can't parse entities" in await refused(
            fake, "sendMessage", chat_id=1, text=text, parse_mode="HTML"
        )
    assert (await call(fake, "sendMessage", chat_id=1, text="<b>a &lt;</b>", parse_mode="HTML"))[0] == 200
    assert fake.world.chat(1).phone[-1]["text"] == "a <"
    assert (await call(fake, "sendMessage", chat_id=1, text="<script>"))[0] == 200, "no mode, no markup"


def keyboard(**button: Any) -> str:
    return json.dumps({"inline_keyboard": [[{"text": "x", **button}]]})


@pytest.mark.parametrize(
    ("markup", "says"),
    [
        (keyboard(callback_data="x" * 65), "BUTTON_DATA_INVALID"),
        (keyboard(callback_data="长" * 22), "BUTTON_DATA_INVALID"),
        (keyboard(callback_data=""), "BUTTON_DATA_INVALID"),
        (keyboard(url="javascript:alert(1)"), "BUTTON_URL_INVALID"),
        (keyboard(), "unallowed"),
        (json.dumps({"inline_keyboard": [[{"text": " ", "callback_data": "a"}]]}), "non-empty"),
        ("{", "object expected"),
    ],
)
async def test_buttons_have_their_limits(fake: Fake, markup: str, says: str) -> None:
    assert says in await refused(fake, "sendMessage", chat_id=1, text="a", reply_markup=markup)
    assert (
        await call(fake, "sendMessage", chat_id=1, text="a", reply_markup=keyboard(callback_data="x" * 64))
    )[0] == 200


async def test_not_everybody_can_be_written_to(fake: Fake) -> None:
    assert "chat not found" in await refused(fake, "sendMessage", chat_id=2, text="a")
    fake.world.chat(2)
    assert "initiate" in await refused(fake, "sendMessage", chat_id=2, text="a")
    fake.world.chat(1).blocked = True
    assert "blocked" in await refused(fake, "sendMessage", chat_id=1, text="a")
    assert (await call(fake, "getMe", token="1:x"))[0] == 401
    assert (await call(fake, "noSuchMethod"))[0] == 404


async def test_updates_are_given_to_one_at_a_time_and_never_beside_a_webhook(fake: Fake) -> None:
    first = asyncio.create_task(call(fake, "getUpdates", timeout=5))
    await asyncio.sleep(0.2)
    second = asyncio.create_task(call(fake, "getUpdates", timeout=1))
    assert (await first)[0] == 409
    assert (await second)[1]["result"] == []
    await call(fake, "setWebhook", url="http://127.0.0.1:1/x")
    assert "webhook is active" in await refused(fake, "getUpdates")


async def test_an_update_stays_until_a_later_one_is_asked_for(fake: Fake) -> None:
    fake.people.say(1, "一")
    fake.people.say(1, "二")
    for _ in range(2):
        _, answer = await call(fake, "getUpdates")
        assert [one["message"]["text"] for one in answer["result"]] == ["一", "二"]
    _, answer = await call(fake, "getUpdates", offset=answer["result"][1]["update_id"])
    assert [one["message"]["text"] for one in answer["result"]] == ["二"]
    fake.world.offset += 24 * 3600
    assert (await call(fake, "getUpdates"))[1]["result"] == [], "kept for a day"


@pytest.mark.parametrize(
    "data",
    [
        {"url": "ftp://x"},
        {"url": "https://a.example", "secret_token": "a b"},
        {"url": "https://a.example", "secret_token": ""},
        {"url": "https://a.example", "secret_token": "a" * 257},
        {"url": "https://a.example", "max_connections": 101},
    ],
)
async def test_a_webhook_must_be_right(fake: Fake, data: dict[str, Any]) -> None:
    assert "Bad Request" in await refused(fake, "setWebhook", **data)


async def test_only_what_was_asked_for_is_given(fake: Fake) -> None:
    await call(fake, "setWebhook", url="http://127.0.0.1:1/x", allowed_updates='["callback_query"]')
    fake.people.say(1, "一")
    assert fake.world.updates == {}
    fake.people.press(1, "/check")
    assert len(fake.world.updates) == 1
    await call(fake, "deleteWebhook", drop_pending_updates="true")
    assert fake.world.updates == {}


async def test_a_push_is_repeated_until_it_is_taken(fake: Fake) -> None:
    got: list[tuple[str, bytes]] = []

    def take(request: httpx.Request) -> httpx.Response:
        got.append((request.headers["x-telegram-bot-api-secret-token"], request.content))
        return httpx.Response(500 if len(got) < 3 else 200)

    fake.pusher.client = httpx.AsyncClient(transport=httpx.MockTransport(take))
    await call(fake, "setWebhook", url="https://a.example/x", secret_token="s1")
    fake.people.say(1, "一")
    async with asyncio.timeout(5):
        while fake.world.updates:
            await asyncio.sleep(0.02)
    assert len(got) == 3 and {secret for secret, _ in got} == {"s1"} and len({body for _, body in got}) == 1
    assert "500" in (await call(fake, "getWebhookInfo"))[1]["result"]["last_error_message"]


async def test_a_press_is_confirmed_once(fake: Fake) -> None:
    query = fake.people.press(1, "/check")
    assert (await call(fake, "answerCallbackQuery", callback_query_id=query))[0] == 200
    assert "too old" in await refused(fake, "answerCallbackQuery", callback_query_id=query)
    assert "too old" in await refused(fake, "answerCallbackQuery", callback_query_id="made up")
