"""A turn: what reaches the dialogue engine, what comes back, what happens when it is down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from channels.base import Button, Reply
from channels.dialogue import Answer, DialogueDown
from channels.own_data import OwnData

pytestmark = pytest.mark.asyncio
PHONE, CARD = "13912345678", "6222021234567890123"
Open = Callable[..., Any]


async def test_only_masked_text_and_a_random_id_reach_the_dialogue(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        answer = await gateway.say(f"他让我打 {PHONE}")
        sender, words = gateway.dialogue.history[0]
    assert PHONE not in words
    assert "xiaohong" not in sender
    assert answer.json() == {
        "replies": [{"text": f"他让我打 {PHONE}", "buttons": [], "card": None}],
        "degraded": False,
        "talk": "bot",
        "pending": False,
    }


async def test_numbers_come_back_inside_cards_and_for_their_owner_only(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        await gateway.say(f"卡号 {CARD}")
        placeholder = gateway.dialogue.history[0][1].split()[-1]
        card = {"kind": "guide", "steps": [f"报 {placeholder}"], "deep": {"a": [placeholder, 1, None]}}
        reply = Reply(placeholder, (Button(f"用 {placeholder}", "/already_paid"),), card)
        gateway.dialogue.enqueue(Answer((reply,)), Answer((reply,)))
        mine = (await gateway.say("你好")).json()["replies"][0]
        stranger = (await gateway.say("你好", "aming-9876543210")).json()["replies"][0]
    assert mine["card"] == {"kind": "guide", "steps": [f"报 {CARD}"], "deep": {"a": [CARD, 1, None]}}
    assert mine["buttons"] == [{"title": f"用 {CARD}", "payload": "/already_paid"}]
    assert CARD not in str(stranger)
    assert placeholder in stranger["text"]


@pytest.mark.parametrize("words", ["/restart", ' \n/greet{"x":1}', "\u200b/restart", "\x1c/restart", "/"])
async def test_a_typed_slash_is_no_intent(open_gateway: Open, words: str) -> None:
    async with open_gateway() as gateway:
        await gateway.say(words + " 好")
        sent = gateway.dialogue.history[0][1]
    assert not sent.strip().startswith("/")
    assert sent == (words + " 好").replace("/", "\uff0f", 1)


async def test_buttons_are_pressed_by_payload_or_by_number(open_gateway: Open, buttons: Answer) -> None:
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(buttons, buttons, buttons, buttons, buttons)
        shown = (await gateway.say("你好")).json()["replies"][0]["buttons"]
        for words in ("1", "回2", "选 1", "３", "第2个"):
            await gateway.say(words)
        await gateway.press('/set_role{"role" : "resident"}')
        sent = [message for _, message in gateway.dialogue.history]
    assert [button["title"] for button in shown] == ["我转了", "居民"]
    role = '/set_role{"role":"resident"}'
    assert sent == ["你好", "/already_paid", role, "/already_paid", "３", role, role]


async def test_a_number_without_buttons_is_a_text(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        await gateway.say("1")
        assert gateway.dialogue.history[0][1] == "1"


@pytest.mark.parametrize(
    "cause", ["timeout", "unreachable", "empty", "malformed", "error_status", "too_long"]
)
async def test_down_means_hotlines_and_a_short_judgement(
    open_gateway: Open, caplog: pytest.LogCaptureFixture, cause: str
) -> None:
    caplog.set_level(logging.INFO)
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(DialogueDown(cause), DialogueDown(cause))
        said = (await gateway.say(f"请马上转账到 {CARD}")).json()
        pressed = (await gateway.press("/already_paid")).json()
        figures = (await gateway.client.get("/metrics")).text
    assert said["degraded"] and pressed["degraded"]
    for answer in (said, pressed):
        assert "110" in answer["replies"][0]["text"] and "96110" in answer["replies"][0]["text"]
    assert "先别转账" in said["replies"][0]["text"].split("\n")[1]
    assert said["replies"][0]["card"] is None
    assert f"cause={cause}" in caplog.text and CARD not in caplog.text and "xiaohong" not in caplog.text
    assert f'fanzha_turns_total{{outcome="{cause}"}} 2.0' in figures


async def test_dead_actions_lead_to_the_fallback_unless_a_card_came_through(open_gateway: Open) -> None:
    dead = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(503)))
    async with open_gateway(client=dead) as gateway:
        said = (await gateway.say("请转账")).json()
        pressed = (await gateway.press("/already_paid")).json()
        gateway.dialogue.enqueue(Answer((Reply("", (), {"kind": "guide"}),)))
        carded = (await gateway.say("请转账")).json()
    assert [said["degraded"], pressed["degraded"], carded["degraded"]] == [True, False, False]
    assert "先别转账" in said["replies"][0]["text"]


async def test_fallback_survives_a_broken_or_slow_assessor(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.fallback.LONGEST_WAIT_SECONDS", 0.05)
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(DialogueDown("empty"), DialogueDown("empty"))
        gateway.assessor.broken = RuntimeError("index gone")
        broken = (await gateway.say("请转账")).json()["replies"][0]["text"]
        gateway.assessor.broken = None
        gateway.assessor.assess = lambda _: __import__("time").sleep(0.2)
        slow = (await gateway.say("请转账吧")).json()["replies"][0]["text"]
    assert "96110" in broken and "96110" in slow


async def test_a_broken_database_leads_to_the_fallback(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OperationalError("select", {}, Exception("disk full"))

    async with open_gateway() as gateway:
        monkeypatch.setattr("channels.conversations.Conversations.open", broken)
        answer = (await gateway.say("请转账")).json()
    assert answer["degraded"] and "110" in answer["replies"][0]["text"]


async def test_messages_of_one_person_keep_their_order_others_do_not_wait(open_gateway: Open) -> None:
    gate = asyncio.Event()
    order: list[str] = []

    class Slow:
        async def ask(self, sender_id: str, message: str) -> Answer:
            if message == "第一句":
                await gate.wait()
            order.append(message)
            return Answer((Reply(message),))

    async with open_gateway(dialogue=Slow()) as gateway:
        first = asyncio.create_task(gateway.say("第一句"))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(gateway.say("第二句"))
        await asyncio.sleep(0.05)
        assert (await gateway.say("别人的话", "aming-9876543210")).status_code == 200
        assert order == ["别人的话"]
        gate.set()
        await asyncio.gather(first, second)
    assert order == ["别人的话", "第一句", "第二句"]


async def test_a_script_that_types_ahead_is_told_to_wait(open_gateway: Open) -> None:
    gate = asyncio.Event()

    class Stuck:
        async def ask(self, sender_id: str, message: str) -> Answer:
            await gate.wait()
            return Answer((Reply(message),))

    async with open_gateway(dialogue=Stuck()) as gateway:
        tasks = [asyncio.create_task(gateway.say("话")) for _ in range(9)]
        await asyncio.sleep(0.2)
        gate.set()
        statuses = [task.result().status_code for task in await _done(tasks)]
    assert statuses.count(429) == 3


async def _done(tasks: list[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    await asyncio.wait(tasks)
    return tasks


async def test_forget_deletes_and_starts_afresh(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        await gateway.say(f"卡号 {CARD}")
        old, masked = gateway.dialogue.history[0]
        gateway.dialogue.enqueue(Answer((Reply("已删除"),), ({"command": "forget"},)))
        await gateway.press("/delete_data")
        gateway.dialogue.enqueue(Answer((Reply(masked),)))
        later = (await gateway.say("你好")).json()["replies"][0]["text"]
        assert gateway.dialogue.history[-1][0] != old
        assert CARD not in later


async def test_forget_by_the_api_works_with_the_dialogue_down(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        await gateway.say(f"卡号 {CARD}")
        old, masked = gateway.dialogue.history[0]
        gateway.dialogue.enqueue(DialogueDown("unreachable"))
        gone = await gateway.client.post("/api/v1/forget", json={"session_id": "xiaohong-0123456789"})
        again = await gateway.client.post("/api/v1/forget", json={"session_id": "xiaohong-0123456789"})
        assert (gone.status_code, again.status_code) == (200, 200)
        assert (gone.json()["originals"], again.json()["originals"]) == (1, 0)
        assert gone.json()["engine_pending"] and gone.json()["receipt"] != again.json()["receipt"]
        assert gateway.dialogue.history[1:] == [(old, "/delete_data")]
        gateway.dialogue.enqueue(Answer((Reply(masked),)))
        assert CARD not in (await gateway.say("你好")).text


async def test_feedback_is_counted_and_unknown_commands_only_logged(
    open_gateway: Open, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_gateway() as gateway:
        for value in ("helpful", "helpful", "rubbish"):
            command = {"command": "feedback", "value": value}
            gateway.dialogue.enqueue(Answer((Reply("谢谢"),), (command,)))
            assert (await gateway.say("好")).status_code == 200
        figures = (await gateway.client.get("/metrics")).text
    assert 'fanzha_feedback_total{value="helpful"} 2.0' in figures
    assert "rubbish" not in figures and "rubbish" not in caplog.text
    assert "command nobody knows" in caplog.text


async def test_a_failed_deletion_is_never_called_done(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise OperationalError("DELETE", {}, Exception("disk"))

    monkeypatch.setattr(OwnData, "forget", broken)
    async with open_gateway() as gateway:
        answer = await gateway.client.post("/api/v1/forget", json={"session_id": "xiaohong-0123456789"})
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "forget_failed"
