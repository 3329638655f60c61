"""Subscribing and leaving through the gateway: what is noted, what is said, and what works without the dialogue."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from push_channel import PushChannel, hook
from sqlalchemy import Engine, insert, select, update

from channels.base import Button, Reply
from channels.dialogue import Answer, DialogueDown
from storage.campaign_tables import (
    campaign,
    campaign_letter,
    campaign_scan,
    consent_log,
    mass_spent,
    notice_grant,
    subscriber,
)
from storage.engine import open_engine
from storage.tables import person

Open = Callable[..., Any]
ASK = {"command": "subscription", "value": "subscribe", "language": "zh"}
YES = {
    "command": "subscribe",
    "topics": "money",
    "frequency": "weekly",
    "age": "18-59",
    "school": "",
    "role": "driver",
    "district": "东城区",
    "wording": "f7945208546778bc",
    "began": "9999999999",
    "language": "zh",
}


@dataclass
class Talk:
    """A person on a channel that pushes; ``ask`` sends a message and returns what came for it."""

    gateway: Any
    channel: PushChannel
    engine: Engine
    number: int = 0

    async def ask(self, text: str = "", answers: int = 1, **more: Any) -> list[str]:
        self.number += 1
        had = len(self.channel.ledger)
        posted = hook(f"m{self.number}", text=text or None, **more)
        await self.gateway.client.post(self.channel.path, **posted)
        if not answers:
            await asyncio.sleep(0.3)
        async with asyncio.timeout(5):
            while len(self.channel.ledger) < had + answers:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        return [said for _, said in self.channel.ledger[had:]]

    async def subscribe(self, **changes: Any) -> str:
        self.gateway.dialogue.enqueue(Answer((), ({**YES, **changes},)))
        return (await self.ask("同意"))[0]

    def rows(self, *columns: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(select(*columns))]

    @property
    def active(self) -> list[bool]:
        return [row[0] for row in self.rows(subscriber.c.active)]


@pytest.fixture
def street(open_gateway: Open, tmp_path: Path) -> Open:
    """Return what opens a gateway with a pushing channel."""

    @contextlib.asynccontextmanager
    async def open_(**changes: Any) -> AsyncIterator[Talk]:
        channel = PushChannel(**changes.pop("can", {}))
        async with open_gateway(more=[channel], **changes) as gateway:
            engine = open_engine(f"sqlite:///{tmp_path / 'fanzha.db'}")
            yield Talk(gateway, channel, engine)
            engine.dispose()

    return open_


async def test_a_wish_begins_the_flow_and_a_yes_is_noted_with_its_words(street: Open) -> None:
    async with street() as talk:
        talk.gateway.dialogue.enqueue(Answer((), (ASK,)), Answer((Reply("想收哪些提醒？"),)))
        assert await talk.ask("订阅提醒") == ["想收哪些提醒？"]
        assert [said for _, said in talk.gateway.dialogue.history] == [
            "订阅提醒",
            '/begin{"guided_flow":"subscribe"}',
        ]
        said = await talk.subscribe()
        assert "刷单、投资、贷款；一周最多一条" in said and "退订" in said and len(said) <= 300
        [(topics, district, age, wording)] = talk.rows(
            subscriber.c.topics, subscriber.c.district, subscriber.c.age, subscriber.c.wording
        )
        assert " fake_loan " in topics and " game_trade " not in topics
        assert (district, age, wording) == ("东城", "18-59", "f7945208546778bc")
        [line] = talk.rows(consent_log.c.action, consent_log.c.wording, consent_log.c.reference)
        assert line[:2] == ("yes", "f7945208546778bc")
        assert talk.rows(subscriber.c.reference) == [(line[2],)] and len(line[2]) == 32


async def test_who_is_subscribed_sees_what_and_may_change_it(street: Open) -> None:
    async with street() as talk:
        await talk.subscribe()
        talk.gateway.dialogue.enqueue(Answer((), (ASK,)), Answer((Reply("想改什么？"),)))
        have, question = await talk.ask("改订阅", answers=2)
        assert "刷单" in have and question == "想改什么？"
        assert talk.gateway.dialogue.history[-1][1] == '/begin{"guided_flow":"subscribe_change"}'
        change = {"command": "subscription_change", "topics": "", "frequency": "monthly"}
        talk.gateway.dialogue.enqueue(Answer((), (change,)))
        [said] = await talk.ask("一个月")
        assert "各种骗局；一个月最多一条" in said
        assert talk.rows(subscriber.c.topics, subscriber.c.role) == [("", "driver")]
        show = {"command": "subscription", "value": "show"}
        talk.gateway.dialogue.enqueue(Answer((), (show,)))
        assert "一个月最多一条" in (await talk.ask("我订阅了什么"))[0]
        assert [row[0] for row in talk.rows(consent_log.c.action)] == ["yes", "change"]


async def test_where_nothing_can_be_pushed_that_is_said_at_once(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(Answer((), (ASK,)))
        [reply] = (await gateway.say("订阅提醒")).json()["replies"]
        assert "没法主动" in reply["text"] and len(gateway.dialogue.history) == 1
        gateway.dialogue.enqueue(Answer((), (YES,)))
        [reply] = (await gateway.say("同意")).json()["replies"]
        assert "没法主动" in reply["text"]


@pytest.mark.parametrize("word", ["退订", "TD", "ｔ。", "别再发了！", "Unsubscribe", "退訂"])
async def test_leaving_needs_no_dialogue_and_is_confirmed_once(street: Open, word: str) -> None:
    async with street() as talk:
        await talk.subscribe()
        before = len(talk.gateway.dialogue.history)
        talk.gateway.dialogue.enqueue(DialogueDown("unreachable"))
        [said] = await talk.ask(word)
        assert "已经退订" in said and talk.active == [False]
        assert len(talk.gateway.dialogue.history) == before
        assert "没有订阅" in (await talk.ask(word))[0]
        assert [row[0] for row in talk.rows(consent_log.c.action)] == ["yes", "no"]


async def test_what_waits_to_be_sent_is_taken_back(street: Open) -> None:
    async with street() as talk:
        await talk.subscribe()
        [(who,)] = talk.rows(person.c.id)
        with talk.engine.begin() as connection:
            row = {"campaign": "c", "person_id": who, "route": "push", "variant": "a", "cause": ""}
            connection.execute(insert(campaign_letter).values(wave=0, state="chosen", **row))
        await talk.ask("退订")
        assert talk.rows(campaign_letter.c.state, campaign_letter.c.cause) == [("skipped", "opted out")]


async def test_in_a_burst_the_rest_is_answered_too(street: Open) -> None:
    async with street(can={"merges": True}, burst_seconds=1.5) as talk:
        await talk.subscribe()
        talk.gateway.dialogue.enqueue(Answer((Reply("先别转账"),)))
        await talk.ask("这条短信是真的吗", answers=0)
        left, answer = await talk.ask("退订", answers=2)
        assert "已经退订" in left and answer == "先别转账"
        assert talk.gateway.dialogue.history[-1][1] == "这条短信是真的吗"


async def test_a_pasted_text_goes_to_the_dialogue(street: Open) -> None:
    async with street() as talk:
        await talk.subscribe()
        pasted = "【某某银行】积分到期，点击领取，回T退订"
        assert await talk.ask(pasted) == [pasted]
        assert talk.active == [True]


async def test_stop_ends_questions_too(street: Open) -> None:
    async with street() as talk:
        assert await talk.ask("STOP") == ["STOP"]  # who is not subscribed talks with the dialogue
        await talk.subscribe()
        assert "已经退订" in (await talk.ask("stop"))[0]
        await talk.subscribe()
        question = Reply("?", (Button("x", '/answer{"guided_answer":"stop_payment:how:card"}'),))
        talk.gateway.dialogue.enqueue(Answer((question,)))
        talk.gateway.dialogue.enqueue(Answer((Reply("110 card"),)))
        await talk.ask("I paid")
        said = await talk.ask("stop", answers=2)
        assert "已经退订" in said[0] and said[1] == "110 card", "the card of an emergency comes all the same"


async def test_an_old_yes_of_the_dialogue_does_not_undo_a_no(street: Open) -> None:
    async with street() as talk:
        await talk.subscribe(began="1000.0")
        await talk.subscribe(began="1000.0")
        assert [row[0] for row in talk.rows(consent_log.c.action)] == ["yes"], "said again, it counts once"
        await talk.ask("退订")
        said = await talk.subscribe(began="1000.0")
        assert "退订过" in said and talk.active == [False]
        assert "订好了" in await talk.subscribe() and talk.active == [True]


async def test_who_unfollows_has_left_and_coming_back_is_no_yes(street: Open) -> None:
    async with street() as talk:
        await talk.subscribe()
        await talk.ask("", answers=0, kind="leave")
        assert talk.active == [False] and talk.rows(person.c.reachable) == [(False,)]
        await talk.ask("你好")
        assert talk.active == [False] and talk.rows(person.c.reachable) == [(True,)]
        assert [row[0] for row in talk.rows(consent_log.c.action)] == ["yes", "left"]


async def test_while_a_human_writes_leaving_works(street: Open) -> None:
    from test_handover import OPERATORS

    async with street(operators=OPERATORS) as talk:
        await talk.subscribe()
        with talk.engine.begin() as connection:
            connection.execute(update(person).values(state="human", operator="agent-li", state_at=9e9))
        assert "已经退订" in (await talk.ask("退订"))[0]
        assert talk.active == [False] and talk.rows(person.c.state) == [("human",)]


async def test_minors_only_with_a_schools_code(street: Open, tmp_path: Path) -> None:
    file = tmp_path / "schools.yml"
    file.write_text("schools: [{code: ABCD12, name: 一中}]", encoding="utf-8")
    async with street(schools_file=str(file)) as talk:
        assert "学校给的代码" in await talk.subscribe(age="14-17")
        assert "学校给的代码" in await talk.subscribe(age="under14", school="WXYZ99")
        assert talk.active == []
        assert "订好了" in await talk.subscribe(age="under14", school="ABCD12")
        await talk.ask("退订")
        await talk.ask("你好", scene="sch:ABCD12")
        assert "订好了" in await talk.subscribe(age="14-17")


async def test_english_and_traditional(street: Open) -> None:
    async with street() as talk:
        assert "Reply TD" in await talk.subscribe(language="en")
        assert "You have left" in (await talk.ask("TD"))[0]
        talk.gateway.dialogue.enqueue(Answer((), (YES,)))
        [said] = await talk.ask("我們同意，請訂閱防騙提醒給我")
        assert "訂好了" in said and talk.rows(subscriber.c.language) == [("zh-hant",)]
        assert "已經退訂" in (await talk.ask("退訂"))[0]


async def test_broken_commands_note_nothing(street: Open) -> None:
    async with street() as talk:
        assert "没有记成" in await talk.subscribe(topics="no_such_group")
        assert "没有记成" in await talk.subscribe(frequency="hourly")
        assert talk.active == []


async def test_deleting_takes_all_of_it_and_the_log_names_nobody(street: Open) -> None:
    async with street() as talk:
        await talk.subscribe()
        [(who,)] = talk.rows(person.c.id)
        with talk.engine.begin() as connection:
            letter = {"campaign": "c", "wave": 0, "route": "push", "variant": "a", "cause": ""}
            connection.execute(insert(campaign_letter).values(person_id=who, state="sent", **letter))
            connection.execute(insert(notice_grant).values(person_id=who, template="t", left=2))
            spent = {"account": "acc", "period": "2026-11", "count": 1}
            connection.execute(insert(mass_spent).values(person_id=who, **spent))
        [(pseudonym, reference)] = talk.rows(person.c.pseudonym, subscriber.c.reference)
        talk.gateway.dialogue.enqueue(Answer((Reply("好"),), ({"command": "forget"},)))
        await talk.ask("删除我的数据")
        for table in (subscriber, notice_grant, campaign_letter, mass_spent):
            assert talk.rows(table) == [], table.name
        [line] = talk.rows(consent_log)
        assert reference in line and pseudonym not in line
        assert talk.active == [], "without a row nobody is chosen"


async def test_posters_are_counted_and_kept_of_nobody(street: Open) -> None:
    async with street() as talk:
        with talk.engine.begin() as connection:
            texts = ("document", "digest", "state", "authors", "approver", "previewed", "cause")
            row = dict.fromkeys(texts, "") | {"created_at": 0.0, "changed_at": 0.0, "version": 1}
            connection.execute(insert(campaign).values(id="spring", **row))
        await talk.ask("你好", scene="sch:ABCD12")
        await talk.ask("你好", scene="poster:spring")
        await talk.ask("你好", scene="poster:spring")
        await talk.ask("你好", scene="poster:never-heard-of")
        await talk.gateway.client.post(talk.channel.path, **hook("m2", scene="poster:spring"))  # a repetition
        found = talk.rows(campaign_scan.c.campaign, campaign_scan.c.channel, campaign_scan.c.count)
        assert found == [("spring", "push", 2)]
        assert talk.rows(person.c.scene) == [("sch:ABCD12",)], "a poster says nothing of who she is"
