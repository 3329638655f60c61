"""The whole gateway between a strict Telegram and a scripted dialogue engine, by webhook."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import telegram_requests as tg
from pytest_socket import enable_socket
from telegram_street import CALLBACK, Open, opener
from wechat_street import Slow

from channels import postman
from channels.base import Button, Reply
from channels.dialogue import Answer, DialogueDown
from channels.pictures.reader import Reading

SLASH = "\uff0f"
GROUP = -1001


@pytest.fixture
def open_street(open_gateway: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    enable_socket()
    monkeypatch.setattr(postman, "LOOK_SECONDS", 0.1)
    return opener(open_gateway, tmp_path)


async def test_a_text_is_answered_and_one_is_shown_that_we_write(open_street: Open) -> None:
    async with open_street(Slow(0.3)) as street:
        street.say("他让我转账")
        await street.until(street.seen)
        assert street.seen() == ["答：他让我转账"]
        assert street.phone()[0]["preview"] is False and street.phone()[0]["buttons"] == []
        assert len(street.lines("typing")) == 1
        assert street.fake.world.updates == {}, "acknowledged"


async def test_an_update_sent_three_times_is_answered_once(open_street: Open) -> None:
    async with open_street() as street:
        street.fake.pusher.repeat_anyway = 2
        street.say("他让我转账")
        await street.until(lambda: street.fake.world.updates == {} and street.seen())
        again = tg.hook(tg.update(number=4711, text="还有"))
        for _ in range(3):
            answer = await street.gateway.client.post(
                CALLBACK, content=again.body, headers=dict(again.headers)
            )
            assert (answer.status_code, answer.text) == (200, "")
        await street.until(lambda: len(street.seen()) == 2)
        await asyncio.sleep(0.3)
        assert [line["delivery"] for line in street.lines("callback")] == [1, 2, 3]
        assert street.seen() == ["答：他让我转账", "答：还有"] and len(street.dialogue.asked) == 2


@pytest.mark.parametrize("secret", [None, "", "wrong", tg.SECRET.upper(), f"{tg.SECRET}x"])
async def test_without_the_secret_nothing_happens(open_street: Open, secret: str | None) -> None:
    async with open_street() as street:
        forged = tg.hook(tg.update(text="他让我转账"), secret)
        answer = await street.gateway.client.post(CALLBACK, content=forged.body, headers=dict(forged.headers))
        assert answer.status_code == 403
        assert (await street.gateway.client.get(CALLBACK)).status_code == 405
        assert street.rows("SELECT count(*) FROM inbox") == [(0,)] and street.dialogue.asked == []


async def test_a_button_is_shown_pressed_and_confirmed(open_street: Open) -> None:
    asks = Answer(
        (Reply("转了吗", (Button("转了", "/already_paid"), Button("学生", '/set_role{"role":"student"}'))),)
    )
    async with open_street(Slow(0, asks)) as street:
        street.say("你好")
        await street.until(street.seen)
        (row,) = street.phone()[0]["buttons"]
        assert [button["text"] for button in row] == ["转了", "学生"]
        query = street.fake.people.press(tg.PERSON, row[1]["callback_data"])
        await street.until(lambda: street.fake.world.queries[query] and len(street.seen()) == 2)
        assert street.dialogue.asked[1] == '/set_role{"role":"student"}'


@pytest.mark.parametrize(
    "data", ["/restart", "b:no_such_flow_is_no_matter", '/set_role{"role":"admin"}', "x" * 64]
)
async def test_a_made_up_button_is_refused_with_a_sentence(open_street: Open, data: str) -> None:
    async with open_street() as street:
        street.fake.world.chat(tg.PERSON).started = True
        query = street.fake.people.press(tg.PERSON, data)
        await street.until(street.seen)
        assert "失效" in street.seen()[0] and street.dialogue.asked == []
        await street.until(lambda: street.fake.world.queries[query])


@pytest.mark.parametrize(
    "text", ["/restart", '/set_role{"role":"student"}', " /already_paid", "/help@another_bot"]
)
async def test_a_typed_payload_never_reaches_the_engine_as_one(open_street: Open, text: str) -> None:
    async with open_street() as street:
        street.say(text)
        await street.until(street.seen)
        assert street.dialogue.asked == [text.replace("/", SLASH, 1)]


async def test_a_deep_link_is_an_attribution(open_street: Open) -> None:
    async with open_street() as street:
        street.fake.people.start(tg.PERSON, "sch_1024")
        await street.until(street.seen)
        assert street.dialogue.asked == ['/set_role{"role":"student"}']
        assert street.rows("SELECT scene FROM person") == [("sch:1024",)]
        street.say("你好")
        await street.until(lambda: len(street.seen()) == 2)
        assert street.rows("SELECT scene FROM person") == [("sch:1024",)]


async def test_who_stops_is_told_so_and_written_to_no_more(open_street: Open) -> None:
    async with open_street(Slow(0.6)) as street:
        street.say("他让我转账")
        await street.until(lambda: street.dialogue.asked)
        street.say("/stop")
        await street.until(street.seen)
        assert "不再给您发消息" in street.seen()[0]
        await street.until(lambda: street.rows("SELECT state, cause FROM outbox") == [("dead", "left")])
        assert len(street.seen()) == 1
        street.say("又有事")
        await street.until(lambda: len(street.seen()) == 2)
        assert street.seen()[1] == "答：又有事"


async def test_who_blocks_us_is_written_to_no_more(open_street: Open) -> None:
    async with open_street() as street:
        street.say("他让我转账")
        await street.until(street.seen)
        street.fake.people.block(tg.PERSON)
        await street.until(
            lambda: [bool(one) for (one,) in street.rows("SELECT reachable FROM person")] == [False]
        )
        assert len(street.seen()) == 1


async def test_a_refusal_because_of_a_block_is_noted_too(open_street: Open) -> None:
    async with open_street(Slow(0.3)) as street:
        street.say("他让我转账")
        street.fake.world.chat(tg.PERSON).blocked = True
        await street.until(lambda: street.rows("SELECT state, cause FROM outbox") == [("dead", "blocked")])
        assert [bool(one) for (one,) in street.rows("SELECT reachable FROM person")] == [False]


async def test_too_many_requests_pause_the_account_and_nothing_is_lost(open_street: Open) -> None:
    async with open_street() as street:
        street.fake.world.fail("sendMessage", {"retry_after": 1})
        street.say("一")
        await street.until(lambda: street.rows("SELECT cause FROM outbox WHERE state = 'queued'"))
        street.say("二", tg.PERSON + 1)
        await street.until(lambda: street.seen() and street.seen(tg.PERSON + 1))
        sends = street.lines("api", method="sendmessage")
        assert len(sends) == 3 and sends[1]["at"] - sends[0]["at"] >= 0.9, "nobody is written to meanwhile"
        assert (street.seen(), street.seen(tg.PERSON + 1)) == (["答：一"], ["答：二"])


async def test_a_long_answer_comes_in_order(open_street: Open) -> None:
    long = "".join(f"{n}。{'长' * 400}\n" for n in range(25))
    async with open_street(Slow(0, Answer((Reply(long),)))) as street:
        street.say("教教我")
        await street.until(lambda: len(street.seen()) == 3)
        assert "".join(street.seen()) == long


@pytest.mark.parametrize("trouble", ["timeout", "empty", "unreachable"])
async def test_people_get_the_hotlines_while_the_engine_is_down(open_street: Open, trouble: str) -> None:
    async with open_street(Slow(0, DialogueDown(trouble))) as street:
        street.say("他让我转账到安全账户")
        await street.until(street.seen)
        assert "110" in street.seen()[0]


class Pictures:
    """Reads any picture as its bytes."""

    async def warm(self) -> None: ...

    async def read(self, picture: bytes) -> Reading:
        return Reading(picture.decode(), (), True)

    def close(self) -> None: ...


async def test_a_picture_is_read_like_any_other(open_street: Open) -> None:
    async with open_street(pictures=Pictures()) as street:
        street.fake.people.picture(tg.PERSON, "转到安全账户".encode(), caption="真的吗")
        await street.until(lambda: len(street.seen()) == 2)
        assert street.dialogue.asked == ["真的吗\n转到安全账户"]
        assert "转到安全账户" in street.seen()[1]


async def test_a_picture_that_is_gone_or_too_large_is_said_kindly(open_street: Open) -> None:
    async with open_street(pictures=Pictures()) as street:
        street.fake.world.fail("getFile", {"refusal": (400, "Bad Request: file is too big")})
        street.fake.people.picture(tg.PERSON, b"x")
        await street.until(street.seen)
        large = {"file_id": "d", "file_unique_id": "d", "mime_type": "image/png", "file_size": 9 * 2**20}
        street.fake.people.send(tg.PERSON, document=large)
        await street.until(lambda: len(street.seen()) == 2)
        lies = street.fake.people.file(b"x" * (9 * 2**20))
        street.fake.people.send(tg.PERSON, document={**large, "file_id": lies, "file_size": 1})
        await street.until(lambda: len(street.seen()) == 3)
        assert "图" in street.seen()[0] and "8 MB" in street.seen()[1] and "8 MB" in street.seen()[2]


async def test_a_group_is_told_to_come_to_a_talk_of_ones_own_once_a_minute(open_street: Open) -> None:
    async with open_street() as street:
        people = street.fake.people
        people.group_say(GROUP, tg.PERSON, "我卡号6222021234567890128，是不是被骗了")
        people.group_say(GROUP, tg.PERSON, f"/check@{tg.NAME} 我转了五万")
        people.group_say(GROUP, tg.PERSON + 1, "/help")
        await street.until(lambda: street.seen(GROUP))
        await asyncio.sleep(0.4)
        (notice,) = street.phone(GROUP)
        assert "私聊" in notice["text"] and "96110" in notice["text"] and notice["answers"]
        assert notice["buttons"] == [[{"text": "私聊我", "url": f"https://t.me/{tg.NAME}"}]]
        assert (
            street.rows("SELECT count(*) FROM inbox") == street.rows("SELECT count(*) FROM person") == [(0,)]
        )
        assert street.dialogue.asked == [] and street.fake.world.updates == {}
        assert street.seen() == [], "what is said in a group opens no talk"


async def test_notices_answer_settings_and_privacy(open_street: Open) -> None:
    async with open_street() as street:
        street.say("/privacy")
        street.say("/privacy")
        street.say("/settings")
        await street.until(lambda: len(street.seen()) == 2)
        await asyncio.sleep(0.3)
        assert sum("72 小时" in text for text in street.seen()) == 1 and len(street.seen()) == 2
        assert not any("{" in text for text in street.seen())
        datas = [
            button["callback_data"] for one in street.phone() for row in one["buttons"] for button in row
        ]
        assert sorted(datas) == ["/delete_data", "/delete_data", "/set_role"]


async def test_nothing_of_people_or_secrets_is_logged(
    open_street: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_street() as street:
        street.say("我叫张三，手机13912345678，卡6222021234567890128")
        await street.until(street.seen)
        street.fake.world.fail("sendMessage", {"raw": '{"ok": true, "unexpected": "李四"'})
        street.say("再来")
        await street.until(
            lambda: street.rows("SELECT count(*) FROM outbox WHERE state = 'unknown'") == [(1,)]
        )
    ours = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("sqlalchemy")
    )
    for secret in (str(tg.PERSON), "13912345678", "张三", "李四", tg.TOKEN, tg.TOKEN[10:], tg.SECRET):
        assert secret not in ours
    assert "13912345678" in street.seen()[0], "told back to their owner only"
    assert "13912345678" not in str(street.dialogue.asked)


async def test_the_database_away_for_a_moment_is_waited_out(
    open_street: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    from channels.inbox import Inbox

    async with open_street() as street:
        real, failures = Inbox.take_all, [OperationalError("", None, Exception())] * 2

        def take(self: Inbox, *args: Any) -> Any:
            if failures:
                raise failures.pop()
            return real(self, *args)

        monkeypatch.setattr(Inbox, "take_all", take)
        street.say("他让我转账")
        await street.until(street.seen)
        assert not failures
        assert [line["delivery"] for line in street.lines("callback")] == [1]
        assert street.seen() == ["答：他让我转账"]
