"""A person's own data: a copy of it, its deletion everywhere, time limits, and keys that are rotated."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from push_channel import PushChannel, hook
from sqlalchemy import Engine, func, insert, select

from channels import consent, people, posting, rekey, retention
from channels import inbox as inboxes
from channels.base import Inbound, Reply
from channels.dialogue import Answer, DialogueDown
from channels.follow_ups import FollowUps
from channels.follow_ups import context as follow_up_context
from channels.inbox import Inbox
from channels.keys import KeyFault, derive, load_keys
from channels.outbox import Outbox
from channels.people import Talk
from channels.privacy import Vault
from knowledge_base import topics
from storage.campaign_tables import campaign_letter, consent_log, notice_grant, subscriber
from storage.engine import open_engine
from storage.tables import conversation, erasure, follow_up, inbox, outbox, person, vault

Open = Callable[..., Any]
WHO = {"session_id": "xiaohong-0123456789"}
CARD = "6222021001116245702"
WISH = {"command": "follow_up", "value": "yes"}
NOW = 1_000_000.0
LIMITS = retention.Limits(72 * 3600, 90 * 86_400)


async def test_a_copy_holds_all_that_is_kept_and_nobody_elses(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        await gateway.say(f"卡号 {CARD}")
        gateway.dialogue.enqueue(Answer((Reply("/already_paid"),), (WISH,)))
        await gateway.press("/already_paid")
        await gateway.say("别人的话", "aming-9876543210")
        mine = (await gateway.client.post("/api/v1/me", json=WHO)).json()
        nobody = (await gateway.client.post("/api/v1/me", json={"session_id": "nobody-000000000"})).json()
    said = [(line["author"], line["text"]) for line in mine["messages"]]
    assert mine["originals"] == [CARD]
    assert said == [
        ("person", f"卡号 {CARD}"),
        ("bot", f"卡号 {CARD}"),
        ("person", "/already_paid"),
        ("bot", "/already_paid"),
    ]
    assert [talk["script"] for talk in mine["conversations"]] == ["hans"]
    assert mine["last_message"].startswith("20") and mine["asked_again"].startswith("20")
    assert (nobody["originals"], nobody["messages"], nobody["talk"]) == ([], [], None)
    assert nobody["asked_again"] is None
    assert (nobody["subscription"], nobody["warnings"], nobody["notices_allowed"]) == (None, [], 0)


async def test_a_copy_holds_the_subscription_and_deletion_takes_it(
    open_gateway: Open, tmp_path: Path
) -> None:
    async with open_gateway() as gateway:
        await gateway.say("你好")
        engine = open_engine(f"sqlite:///{tmp_path / 'fanzha.db'}")
        with engine.begin() as connection:
            number = connection.execute(select(person.c.id)).scalar_one()
            wish = consent.Wish(topics.load().types(["money"]), "monthly", "driver", "东城", "zh", "18-59")
            consent.subscribe(connection, number, wish, "0123456789abcdef", NOW)
            letter = {"campaign": "spring", "wave": 0, "route": "x", "variant": "a", "cause": ""}
            connection.execute(
                insert(campaign_letter).values(person_id=number, state="sent", sent_at=NOW, **letter)
            )
            connection.execute(insert(notice_grant).values(person_id=number, template="t", left=2))
        mine = (await gateway.client.post("/api/v1/me", json=WHO)).json()
        await gateway.client.post("/api/v1/forget", json=WHO)
        after = (await gateway.client.post("/api/v1/me", json=WHO)).json()
    assert mine["subscription"] == {
        "active": True,
        "since": "1970-01-12T13:46:40+00:00",
        "changed": "1970-01-12T13:46:40+00:00",
        "consent_text": "0123456789abcdef",
        "topics": ["刷单、投资、贷款"],
        "frequency": "monthly",
        "role": "driver",
        "district": "东城",
        "age": "18-59",
        "language": "zh",
    }
    assert mine["warnings"] == [{"campaign": "spring", "state": "sent", "at": "1970-01-12T13:46:40+00:00"}]
    assert mine["notices_allowed"] == 2
    assert (after["subscription"], after["warnings"], after["notices_allowed"]) == (None, [], 0)
    with engine.connect() as connection:
        for table in (subscriber, notice_grant, campaign_letter):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0, table.name
        names = set(connection.scalars(select(person.c.pseudonym)))
        lines = connection.execute(select(consent_log)).all()
    assert len(lines) == 1 and not names & set(lines[0]), "the log is kept, and names nobody"


async def test_deleted_everywhere_with_a_receipt(open_gateway: Open, tmp_path: Path) -> None:
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(Answer((Reply("记下了"),), (WISH,)))
        await gateway.say(f"卡号 {CARD}")
        receipt = (await gateway.client.post("/api/v1/forget", json=WHO)).json()
        again = (await gateway.client.post("/api/v1/me", json=WHO)).json()
        assert gateway.dialogue.history[-1][1] == "/delete_data"
    assert (receipt["messages"], receipt["originals"], receipt["engine_pending"]) == (2, 1, False)
    assert receipt["receipt"] in receipt["text"] and "110" in receipt["text"]
    assert (again["originals"], again["messages"]) == ([], [])
    engine = open_engine(f"sqlite:///{tmp_path / 'fanzha.db'}")
    with engine.connect() as connection:
        for table in (vault, conversation, outbox, erasure, follow_up):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0, table.name
        assert set(connection.scalars(select(inbox.c.body))) == {b""}
        assert connection.execute(select(person.c.state)).scalar() == Talk.GONE


async def test_the_engine_is_told_later_when_it_is_down(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.house.TEND_SECONDS", 0.05)
    monkeypatch.setattr("channels.erasure.RETRY_SECONDS", 0.1)
    async with open_gateway() as gateway:
        await gateway.say("你好")
        gateway.dialogue.enqueue(DialogueDown("unreachable"))
        assert (await gateway.client.post("/api/v1/forget", json=WHO)).json()["engine_pending"]
        async with asyncio.timeout(5):
            while len(gateway.dialogue.history) < 3:
                await asyncio.sleep(0.02)
    first, *told = gateway.dialogue.history
    assert told == [(first[0], "/delete_data")] * 2


async def test_asked_for_in_a_chat_the_receipt_is_pushed_and_the_person_is_gone(
    open_gateway: Open, tmp_path: Path
) -> None:
    channel = PushChannel()
    async with open_gateway(more=[channel]) as gateway:
        await gateway.client.post(channel.path, **hook("m1", text=f"卡号 {CARD}"))
        gateway.dialogue.enqueue(Answer((Reply("一"),)), Answer((Reply("好"),), ({"command": "forget"},)))
        await asyncio.sleep(0.3)
        await gateway.client.post(channel.path, **hook("m2", text="删除我的数据"))
        async with asyncio.timeout(5):
            while len(channel.ledger) < 2:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
    assert "回执号" in channel.ledger[-1][1]
    engine = open_engine(f"sqlite:///{tmp_path / 'fanzha.db'}")
    retention.sweep(engine, LIMITS, time.time() + retention.GONE_SECONDS + 1)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(person)).scalar() == 0
        assert connection.execute(select(func.count()).select_from(vault)).scalar() == 0


def fill(engine: Engine, keys: Any, sender: str, now: float, state: Talk = Talk.BOT) -> int:
    box, owner = Inbox(engine, keys), keys.owner("push", sender, "acc")
    masked = Vault(engine, keys, 1e9, lambda: now).mask(owner, f"卡号 {CARD}")
    message = Inbound("push", sender, masked, account="acc", dedupe_key=sender)
    taken = box.take(message, masked, owner, now)
    (claim,) = box.claim(now, 1, taken.person_id)
    with engine.begin() as connection:
        inboxes.finish(connection, [taken.inbox_id], now)
        posting.add(connection, keys, taken.person_id, [(Reply(masked), False)], now, now)
        inboxes.release(connection, claim, now)
        people.set_talk(connection, taken.person_id, state, now)
        row = {"channel": "push", "pseudonym": owner.current, "sender_id": sender, "epoch": 1}
        connection.execute(insert(conversation).values(**row, last_seen=now, buttons="[]"))
    return taken.person_id


def test_everything_has_its_time_limit(any_engine: Engine) -> None:
    keys = derive([b"k" * 32])
    for sender, state in (("old", Talk.BOT), ("with a human", Talk.HUMAN)):
        fill(any_engine, keys, sender, NOW, state)
    box = Outbox(any_engine, keys)
    for letter in box.claim_push(["push"], 10, NOW):
        box.drop(letter, "test", NOW)

    def left() -> list[int]:
        with any_engine.connect() as connection:
            return [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (inbox, outbox, person)
            ]

    assert retention.sweep(any_engine, LIMITS, NOW + 71 * 3600) == 0
    retention.sweep(any_engine, LIMITS, NOW + 73 * 3600)
    assert left() == [1, 1, 2]
    retention.sweep(any_engine, LIMITS, NOW + 91 * 86_400)
    assert left()[2] == 1, (
        "who wrote nothing for three months is forgotten, unless a human still has the case"
    )


def test_rotated_keys_open_everything_and_the_old_one_may_go(any_engine: Engine) -> None:
    old, new = b"o" * 32, b"n" * 32
    person_id = fill(any_engine, derive([old]), "openid-1", NOW)
    before = derive([old]).owner("push", "openid-1", "acc")
    FollowUps(any_engine, derive([old]), lambda: 0.0).wish("push", before, "openid-1")
    both = derive([new, old])
    counts = rekey.reseal(any_engine, both)
    assert counts["unreadable"] == 0 and counts["written"] >= 4
    fresh = derive([new])
    owner = fresh.owner("push", "openid-1", "acc")
    with any_engine.connect() as connection:
        who = people.find(connection, fresh, "push", "acc", owner)
        names = set(connection.scalars(select(conversation.c.pseudonym)))
    assert who is not None and (who.id, who.sender) == (person_id, "openid-1")
    assert names == {owner.current}
    assert Vault(any_engine, fresh, 1e9, lambda: NOW).originals(owner) == {"<银行卡#1>": CARD}
    with any_engine.connect() as connection:
        wish = connection.execute(select(follow_up)).one()
    assert fresh.unseal(wish.address, follow_up_context("push", owner.current)) == "openid-1"
    (letter,) = Outbox(any_engine, fresh).claim_push(["push"], 1, NOW)
    assert letter.reply.text == "卡号 <银行卡#1>"
    assert rekey.reseal(any_engine, derive([b"x" * 32]))["unreadable"] >= 3


def test_a_fresh_key_is_put_in_front_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(KeyFault):
        rekey.put_in_front(tmp_path)
    before = load_keys("", tmp_path).owner("web", "a")
    path = rekey.put_in_front(tmp_path)
    after = load_keys("", tmp_path).owner("web", "a")
    assert after.names[1] == before.current != after.current
    assert path.stat().st_mode & 0o777 == 0o600
