"""What the gateway adds to a 110 card: the question after a day, the picture, traditional characters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_pictures_out import CARD, needs_font

from channels.base import Button, Reply
from channels.dialogue import Answer
from channels.payloads import load_allow_list
from channels.wording import load_wording

pytestmark = pytest.mark.asyncio
Open = Callable[..., Any]
WISH = Answer((Reply("记下了"),), ({"command": "follow_up", "value": "yes"},))


@pytest.fixture
def time_passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the wishes' clock on by some hours."""
    import time

    began = time.time()
    hours = [0.0]
    monkeypatch.setattr("channels.follow_ups.time.time", lambda: began + hours[0] * 3600)

    def pass_(more: float) -> None:
        hours[0] += more

    return pass_


@pytest.fixture
def wishful(monkeypatch: pytest.MonkeyPatch, time_passes: Callable[[float], None]) -> Callable[[float], None]:
    """Let the wishes ask the clock anew each time; their default was bound before."""
    from channels import follow_ups

    class Ticking(follow_ups.FollowUps):
        def __init__(self, engine: Any, keys: Any) -> None:
            super().__init__(engine, keys, follow_ups.time.time)

    monkeypatch.setattr("channels.house.FollowUps", Ticking)
    return time_passes


async def test_who_wished_it_is_asked_once_when_she_returns(
    open_gateway: Open, wishful: Callable[[float], None]
) -> None:
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(WISH)
        await gateway.say("好")
        assert "受理" not in (await gateway.say("还在吗")).text
        wishful(25)
        assert "受理" in (await gateway.say("我回来了")).text
        assert "受理" not in (await gateway.say("谢谢")).text
        assert "受理" not in (await gateway.say("你好", "xiaoming-0123456789")).text


async def test_two_messages_stay_two_and_a_card_is_never_pushed_out(
    open_gateway: Open, wishful: Callable[[float], None]
) -> None:
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(WISH)
        await gateway.say("好")
        wishful(25)
        gateway.dialogue.enqueue(Answer((Reply("先问一句"), Reply("", (), {"kind": "guide"}))))
        replies = (await gateway.say("看这个")).json()["replies"]
        assert len(replies) == 2 and replies[1]["card"]
        gateway.dialogue.enqueue(Answer((Reply("先问一句"), Reply("菜单"))))
        replies = (await gateway.say("你好")).json()["replies"]
        assert len(replies) == 2 and "受理" in replies[1]["text"]


async def test_a_wish_taken_back_or_forgotten_is_gone(
    open_gateway: Open, wishful: Callable[[float], None]
) -> None:
    async with open_gateway() as gateway:
        for command in ({"command": "follow_up", "value": "no"}, {"command": "forget"}):
            gateway.dialogue.enqueue(WISH, Answer((Reply("好"),), (command,)))
            await gateway.say("好")
            await gateway.say("不用了")
            wishful(25)
            assert "受理" not in (await gateway.say("你好")).text


@needs_font
async def test_the_picture_is_served_until_it_is_forgotten(open_gateway: Open, tmp_path: Path) -> None:
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(Answer((Reply("单子", (), CARD),)))
        (reply,) = (await gateway.say("给我单子")).json()["replies"]
        address = reply["card"]["picture"]
        picture = await gateway.client.get(address)
        assert picture.status_code == 200 and picture.content.startswith(b"\x89PNG")
        assert "no-store" in picture.headers["cache-control"]
        assert (await gateway.client.get("/chat/picture/guessed.png")).status_code == 404
        await gateway.client.post("/api/v1/forget", json={"session_id": "xiaohong-0123456789"})
        assert (await gateway.client.get(address)).status_code == 404
    assert not list(tmp_path.rglob("*.png")), "no picture reaches a disk"


async def test_traditional_characters_follow_the_person_over_a_button(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        answer = Answer((Reply("别转账", (Button("钱转了", "/already_paid"),)),))
        gateway.dialogue.enqueue(answer, answer, answer)
        assert "別轉賬" in (await gateway.say("我被騙了五萬塊")).text
        assert "別轉賬" in (await gateway.press("/already_paid")).text
        assert "别转账" in (await gateway.say("我被骗钱了怎么办")).text


async def test_a_traditional_answer_holds_the_own_number_and_the_receipt_is_traditional(
    open_gateway: Open,
) -> None:
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(Answer((Reply("转账到<银行卡#1>"),)), Answer((), ({"command": "forget"},)))
        said = (await gateway.say("我被騙了五萬塊 6222021001116245702")).json()["replies"][0]["text"]
        receipt = (await gateway.say("刪除我的數據")).json()["replies"][0]["text"]
    assert said == "轉賬到6222021001116245702"
    assert "刪" in receipt and "删" not in receipt


async def test_the_buttons_of_the_question_are_on_the_list() -> None:
    assert load_allow_list().accept(load_wording().follow_up["payload"])
