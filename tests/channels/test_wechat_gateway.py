"""The whole gateway between a strict WeChat and a scripted dialogue engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wechat_requests as wx
from pytest_socket import enable_socket
from typer.testing import CliRunner
from wechat_street import Open, Slow, opener

from channels import desk
from channels.base import Button, Reply
from channels.dialogue import Answer, DialogueDown
from channels.wechat_commands import wechat as commands
from tests.fakes.wechat.pusher import UNAVAILABLE


@pytest.fixture
def open_street(open_gateway: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    enable_socket()
    monkeypatch.setattr(desk, "PASSIVE_SLACK_SECONDS", 0.1)
    return opener(open_gateway, tmp_path)


async def test_an_answer_in_time_rides_on_the_request(open_street: Open) -> None:
    async with open_street() as street:
        assert await street.say("他让我转账]]>") == "replied"
        assert street.seen() == [("passive", "答：他让我转账]]>")]
        await asyncio.sleep(0.4)
        assert len(street.seen()) == 1


async def test_a_message_sent_three_times_is_answered_once(open_street: Open) -> None:
    async with open_street(Slow(0.3)) as street:
        requests = [wx.text("77", "他让我转账") for _ in range(3)]
        answers = await asyncio.gather(
            *(
                street.gateway.client.post("/webhooks/wechat", params=dict(one.query), content=one.body)
                for one in requests
            )
        )
        again = wx.text("77", "他让我转账")
        answers.append(
            await street.gateway.client.post("/webhooks/wechat", params=dict(again.query), content=again.body)
        )
        assert [answer.status_code for answer in answers] == [200] * 4
        assert len(street.dialogue.asked) == 1
        assert street.rows("SELECT count(*) FROM inbox") == [(1,)]
        await asyncio.sleep(0.4)
        assert [line for line in street.fake.world.ledger if line["way"] == "custom"] == []


async def test_a_lost_answer_rides_again_on_the_repetition(open_street: Open) -> None:
    async with open_street(scale=0.8) as street:
        street.fake.pusher.drop_answers = 2
        assert await street.say("他让我转账") == "replied"
        assert (street.seen(), len(street.dialogue.asked)) == ([("passive", "答：他让我转账")], 1)


async def test_a_late_answer_is_pushed(open_street: Open) -> None:
    async with open_street(Slow(0.8), wait=0.3) as street:
        assert await street.say("他让我转账") == "success"
        await street.until(street.seen)
        assert street.seen() == [("custom", "答：他让我转账")]
        await street.until(lambda: any(line["way"] == "typing" for line in street.fake.world.ledger))


async def test_where_nothing_can_be_pushed_a_late_answer_rides_on_the_third_delivery(
    open_street: Open,
) -> None:
    async with open_street(kind="unverified", wait=1.0, scale=0.3) as street:
        street.dialogue.gate = asyncio.Event()
        said = asyncio.create_task(street.say("他让我转账"))
        await street.until(lambda: street.delivered() == [1, 2, 3])
        street.dialogue.gate.set()
        assert await said == "replied"
        assert (street.seen(), street.dialogue.asked) == ([("passive", "答：他让我转账")], ["他让我转账"])


async def test_where_nothing_can_be_pushed_a_very_late_answer_waits_for_the_person(open_street: Open) -> None:
    async with open_street(kind="unverified", wait=0.3, scale=0.3) as street:
        street.dialogue.gate = asyncio.Event()
        assert await street.say("他让我转账") == "replied"
        assert "回 0" in street.seen()[0][1] and UNAVAILABLE not in str(street.seen())
        street.dialogue.gate.set()
        await street.until(lambda: street.rows("SELECT count(*) FROM outbox") == [(1,)])
        assert await street.say("0") == "replied"
        assert street.seen()[1] == ("passive", "答：他让我转账")
        assert await street.say("0") == "replied"
        assert "没有更多" in street.seen()[2][1] and street.dialogue.asked == ["他让我转账"]


async def test_long_answers_go_on_with_the_next_message(open_street: Open) -> None:
    long = "".join(f"{n}。{'长' * 300}" for n in range(6))
    async with open_street(Slow(0, Answer((Reply(long),))), kind="unverified") as street:
        await street.say("教教我")
        for _ in range(2):
            assert await street.say("0") == "replied"
        more = "\n\n【还有，回 0 接着看】"
        assert "".join(words.removesuffix(more) for _, words in street.seen()) == long
        assert len(street.dialogue.asked) == 1


async def test_the_sixth_message_of_a_window_is_not_sent(open_street: Open) -> None:
    pages = Answer(tuple(Reply(f"{n}" + "长" * 600) for n in range(8)))
    async with open_street(Slow(0, pages)) as street:
        assert await street.say("教教我") == "replied"
        await street.until(lambda: len(street.seen()) == 6)
        await asyncio.sleep(1.3)
        assert [way for way, _ in street.seen()] == ["passive", *["custom"] * 5]
        assert await street.say("还有吗") == "replied"
        await street.until(lambda: len(street.seen()) == 9)
        assert sorted(words[0] for _, words in street.seen()) == sorted([*"01234567", "答"])
        assert [line for line in street.fake.world.ledger if line.get("errcode")] == []


async def test_a_window_that_wechat_says_is_over_keeps_the_answer(open_street: Open) -> None:
    async with open_street(Slow(0.6), wait=0.2) as street:
        await street.say("一")
        street.person().windows.clear()
        await street.until(lambda: any(line.get("errcode") == 45015 for line in street.fake.world.ledger))
        street.dialogue.seconds = 0.0
        await asyncio.sleep(0.3)
        assert street.seen() == []
        await street.say("二")
        await street.until(lambda: len(street.seen()) == 2)
        assert {words for _, words in street.seen()} == {"答：一", "答：二"}


async def test_followers_are_welcomed_and_attributed_as_a_code_only(open_street: Open) -> None:
    async with open_street() as street:
        assert await street.event("subscribe", EventKey="qrscene_sch:1024") == "replied"
        assert street.dialogue.asked == ['/set_role{"role":"student"}']
        assert street.rows("SELECT scene FROM person") == [("sch:1024",)]
        await street.event("SCAN", EventKey="com:7")
        assert street.rows("SELECT scene FROM person") == [("com:7",)]
        await street.say("你好")
        assert street.rows("SELECT scene FROM person") == [("com:7",)]


@pytest.mark.parametrize("trouble", ["timeout", "empty", "error_status", "unreachable"])
async def test_people_get_the_hotlines_while_the_engine_is_down(open_street: Open, trouble: str) -> None:
    async with open_street(Slow(0, DialogueDown(trouble))) as street:
        assert await street.say("他让我转账到安全账户") == "replied"
        assert "110" in street.seen()[0][1] and UNAVAILABLE not in str(street.seen())


async def test_a_number_presses_the_button(open_street: Open) -> None:
    asks = Answer(
        (Reply("转了吗", (Button("转了", "/already_paid"), Button("学生", '/set_role{"role":"student"}'))),)
    )
    async with open_street(Slow(0, asks)) as street:
        await street.say("你好")
        assert street.seen()[0][1] == "转了吗\n回 1：转了\n回 2：学生"
        await street.say("回2")
        assert street.dialogue.asked[1] == '/set_role{"role":"student"}'


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("voice", {"MediaId": "m"}, "语音"),
        ("video", {"MediaId": "m"}, "视频"),
        ("location", {"Location_X": "31.23", "Label": "我家"}, "位置"),
        ("text", {"Content": "【收到不支持的消息类型，暂无法显示】"}, "改发文字"),
        ("hologram", {}, "改发文字"),
    ],
)
async def test_what_cannot_be_read_is_said_kindly(
    open_street: Open, kind: str, fields: dict[str, str], words: str
) -> None:
    async with open_street() as street:
        answer = await street.fake.pusher.push(wx.OPENID, kind, {**fields, "MsgId": 5})
        assert answer == "replied" and words in street.seen()[0][1] and "110" in street.seen()[0][1]


async def test_reports_are_kept_and_unfollowing_is_noted(open_street: Open) -> None:
    async with open_street() as street:
        done = {"MsgID": 9, "Status": "err(20008)", "TotalCount": 3}
        assert await street.event("MASSSENDJOBFINISH", "mphelper", **done) == "success"
        assert await street.event("unsubscribe") == "success"
        assert street.rows("SELECT kind, state FROM inbox ORDER BY id") == [
            ("report", "done"),
            ("leave", "done"),
        ]
        assert (False,) in [(bool(one),) for (one,) in street.rows("SELECT reachable FROM person")]


async def test_scenes_are_counted_and_small_groups_stay_unnamed(
    open_street: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_street() as street:
        for number in range(5):
            await street.event("subscribe", f"openid-{number}", EventKey="qrscene_sch:1")
        await street.event("subscribe", "openid-9", EventKey="qrscene_sta:2")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FANZHA_DATABASE_URL", street.database)
    shown = await asyncio.to_thread(CliRunner().invoke, commands, ["scenes"])
    assert shown.output.split() == ["5", "sch:1"]
