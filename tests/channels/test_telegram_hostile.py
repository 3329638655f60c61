"""The whole gateway and hostile updates: never a 500, never slow, never a link opened."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
import telegram_case
import telegram_requests as tg
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_socket import enable_socket
from telegram_street import CALLBACK, Open, opener

from channels.base import Kind
from channels.telegram.heard import Heard
from channels.telegram.parse import MOST_BYTES


@pytest.fixture
def open_street(open_gateway: Callable[..., Any], tmp_path: Path) -> Open:
    enable_socket()
    return opener(open_gateway, tmp_path)


async def test_broken_updates_are_taken_and_forgotten(open_street: Open) -> None:
    """Refusing them would only make Telegram send them again, and hold back what comes after."""
    async with open_street() as street:
        for hook in telegram_case.BROKEN:
            started = time.process_time()
            answer = await street.gateway.client.post(CALLBACK, content=hook.body, headers=dict(hook.headers))
            assert time.process_time() - started < 0.25, "the whole gateway's work meanwhile"
            wanted = 413 if len(hook.body) > 2 * MOST_BYTES else 200
            assert answer.status_code == wanted, hook.body[:80]
        assert street.rows("SELECT count(*) FROM inbox") == [(0,)] and street.dialogue.asked == []
        street.say("他让我转账")
        await street.until(street.seen)


async def test_the_longest_message_with_an_answer_of_the_longest_passes(open_street: Open) -> None:
    async with open_street(rate_per_day=0) as street:
        long = "长" * 4096
        body = tg.hook(tg.update(text=long, reply_to_message=tg.message(text=long)))
        assert len(body.body) > 48_000
        answer = await street.gateway.client.post(CALLBACK, content=body.body, headers=dict(body.headers))
        assert answer.status_code == 200
        await street.until(lambda: street.dialogue.asked == [long])


async def test_two_longest_texts_with_all_their_marks_and_another_bots_buttons_pass(
    open_street: Open,
) -> None:
    """Telegram gives at most 4096 units and 100 marks a message, and a forwarded one its buttons: over 64 KiB."""
    marks = [
        {
            "type": "text_mention",
            "offset": at * 40,
            "length": 40,
            "user": tg.user(at + 1, first_name="长" * 64),
        }
        for at in range(100)
    ]
    buttons = [[{"text": "长" * 30, "url": f"https://example.com/{at}"}] for at in range(100)]
    long = {"text": "长" * 4096, "entities": marks, "reply_markup": {"inline_keyboard": buttons}}
    async with open_street(rate_per_day=0) as street:
        body = tg.hook(tg.update(**long, reply_to_message=tg.message(**long)))
        assert 128 * 1024 < len(body.body) <= MOST_BYTES
        answer = await street.gateway.client.post(CALLBACK, content=body.body, headers=dict(body.headers))
        assert answer.status_code == 200
        await street.until(lambda: street.dialogue.asked == [long["text"]])
        # What no update can be is taken and dropped, so that it does not come again; what is larger still, refused.
        for size, status in ((MOST_BYTES + 1, 200), (2 * MOST_BYTES + 1, 413)):
            answer = await street.gateway.client.post(
                CALLBACK, content=b" " * size, headers=dict(body.headers)
            )
            assert answer.status_code == status
        other = await street.gateway.client.post("/api/v1/check", content=b" " * (64 * 1024 + 1))
        assert other.status_code == 413, "only where the platform writes so much"


def test_broken_updates_take_no_time() -> None:
    channel = tg.channel()
    for hook in telegram_case.BROKEN:
        started = time.thread_time()
        assert channel.parse(hook) == []
        assert time.thread_time() - started < 0.05, hook.body[:80]


def test_nesting_as_deep_as_it_may_be_is_quick() -> None:
    message: dict[str, Any] = tg.message(text="a")
    for _ in range(60):
        message = tg.message(text="他让我转账", reply_to_message=message)
    started = time.thread_time()
    found = tg.heard({"update_id": 1, "message": message}).message
    assert found is not None and found.text == "他让我转账"
    assert time.thread_time() - started < 0.05


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
WHAT = ("text", "caption", "entities", "photo", "document", "voice", "sticker")
WHENCE = ("chat", "from", "date", "forward_origin", "quote", "external_reply")
FIELDS = st.sampled_from((*WHAT, *WHENCE))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(FIELDS, JSON, max_size=4), st.sampled_from(["message", "edited_message"]))
def test_wrong_types_anywhere_are_nothing_or_something_harmless(fields: dict[str, Any], kind: str) -> None:
    found = tg.heard({"update_id": 1, kind: {**tg.message(text="a"), **fields}})
    assert isinstance(found, Heard)
    if found.message is not None:
        message = found.message
        assert message.sender.isdigit() and message.kind in Kind
        assert message.text is None or isinstance(message.text, str)
        assert all(media.reference.isascii() for media in message.media)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_json_at_all_is_survived(data: Any) -> None:
    assert isinstance(tg.heard(data), Heard)
    assert isinstance(tg.heard({"update_id": 1, "callback_query": data}), Heard)
    assert isinstance(tg.heard({"update_id": 1, "my_chat_member": data}), Heard)


def test_a_good_update_with_bytes_changed_raises_nothing() -> None:
    chance = random.Random(3)
    good = tg.hook(tg.update(text="他让我转账", entities=tg.marks("他让我转账", "他", "bold"))).body
    channel = tg.channel()
    for _ in range(500):
        body = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        channel.parse(tg.hook(bytes(body)))


LINKS = ["http://127.0.0.1:1/admin", "http://169.254.169.254/", "file:///etc/passwd", "http://[::1]/"]


async def test_no_link_is_ever_opened(open_street: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_street() as street:
        connected: list[Any] = []
        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", _note(connected), raising=False)
        for link in LINKS:
            street.say(f"点 {link}")
            street.fake.people.send(
                tg.PERSON, text="点", entities=tg.marks("点", "点", "text_link", url=link)
            )
            photo = [{"file_id": "AgAC", "file_unique_id": "x", "width": 9, "height": 9, "file_path": link}]
            street.fake.people.send(tg.PERSON, photo=photo)
        await street.until(lambda: street.rows("SELECT count(*) FROM inbox WHERE state = 'done'") == [(12,)])
        with pytest.raises(httpx.ConnectError):
            await httpx.AsyncClient(trust_env=False).get("http://127.0.0.2:9/")
    assert ("127.0.0.2", 9) in connected, "it would have been seen"
    assert {f"http://{host}:{port}" for host, port in connected if port != 9} <= {street.fake.address}


def _note(connected: list[Any]) -> Callable[..., Coroutine[Any, Any, None]]:
    async def connect(*args: Any, **kwargs: Any) -> None:
        connected.append(args[1:3])
        raise OSError

    return connect


async def test_a_flood_of_notices_and_presses_is_bounded(open_street: Open) -> None:
    async with open_street(rate_per_minute=5) as street:
        client = street.gateway.client
        street.fake.world.chat(tg.PERSON).started = True
        for number in range(200):
            update = (
                tg.update(number=number, text="/privacy") if number % 2 else tg.press("/already_paid", number)
            )
            hook = tg.hook(update)
            answer = await client.post(CALLBACK, content=hook.body, headers=dict(hook.headers))
            assert answer.status_code == 200
        await street.until(lambda: len(street.seen()) >= 7)
        await asyncio.sleep(0.3)
        # five answers, one word about writing too fast, and the notice (again after ten seconds)
        assert len(street.seen()) <= 8
