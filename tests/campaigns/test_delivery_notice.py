"""Subscription notices: one grant, one notice, whatever dies; and how grants are counted from WeChat's events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from delivery_rig import TEMPLATE, TEN, Died, Mortal, Rig, campaign, rig
from sqlalchemy import Engine, select

from campaigns.delivery import wechat_notice
from campaigns.delivery.wechat_notice import WeChatNotice
from campaigns.jobs import JobState
from storage.campaign_tables import notice_grant
from storage.engine import open_engine
from storage.migrate import upgrade

BIZSEND = "message/subscribe/bizsend"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_engine(f"sqlite:///{tmp_path / 'notice.db'}")
    upgrade(made)
    return made


@pytest.fixture
async def world(engine: Engine, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(engine, tmp_path) as one:
        yield one


async def says(
    world: Rig, openid: str, status: str, event: str = "popup", template: str = TEMPLATE.id
) -> None:
    """Let a person answer WeChat's question."""
    if status == "accept":
        world.fake.world.person(openid).grants[template] += 1
    entry = {"TemplateId": template, "SubscribeStatusString": status, "PopupScene": 1}
    name = f"subscribe_msg_{event}_event"
    parent = f"SubscribeMsg{event.capitalize()}Event"
    await world.fake.pusher.push(openid, "event", {"Event": name, parent: {"List": entry}})
    world.fake.world.offset += 1


def left(world: Rig) -> dict[int, int]:
    with world.engine.connect() as connection:
        rows = connection.execute(select(notice_grant.c.person_id, notice_grant.c.left)).all()
    return {row.person_id: row.left for row in rows}


def sender(world: Rig, **changes: Any) -> WeChatNotice:
    known = {"account": world.account, "template": TEMPLATE} | changes
    return WeChatNotice(world.engine, world.keys, known["account"], known["template"])


async def test_one_grant_is_one_notice_and_without_grant_there_is_none(
    any_engine: Engine, tmp_path: Path
) -> None:
    async with rig(any_engine, tmp_path) as world:
        two, one, none = world.add("o-1", "o-2", "o-3")
        for openid in ("o-1", "o-1", "o-2"):
            await says(world, openid, "accept")
        wanted = campaign("wechat_notice")
        world.schedule(wanted)
        await world.go(wanted)
        assert world.letters(wanted) == {two: ("sent", ""), one: ("sent", ""), none: ("skipped", "no grant")}
        assert left(world) == {two: 1, one: 0}
        assert [world.got(f"o-{n}") for n in (1, 2, 3)] == [["notice"], ["notice"], []]
        [said] = [one["text"] for one in world.fake.world.person("o-1").phone]
        assert said == "先别转账 2026-12-01"
        assert dict(world.jobs(wanted)[0].counts) == {"sent": 2, "skipped": 1}


async def test_a_refusal_and_a_change_of_mind_take_grants_back(world: Rig) -> None:
    people = world.add("o-1", "o-2", "o-3")
    for openid in ("o-1", "o-2", "o-3"):
        await says(world, openid, "accept")
    await says(world, "o-1", "reject")
    await says(world, "o-2", "reject", event="change")
    assert left(world) == {people[2]: 1}
    await says(world, "o-1", "accept", template="another")
    with world.engine.begin() as connection:
        assert sender(world).grants(connection) == 1


async def test_the_same_event_three_times_is_one_grant(world: Rig) -> None:
    [person] = world.add("o-1")
    world.fake.pusher.drop_answers = 2
    world.fake.pusher.scale = 0.01
    await says(world, "o-1", "accept")
    assert [line["delivery"] for line in world.fake.world.ledger if line["way"] == "callback"] == [1, 2, 3]
    assert left(world) == {person: 1}


async def test_a_grant_that_wechat_does_not_know_is_gone(world: Rig) -> None:
    person, other = world.add("o-1", "o-2")
    for openid in ("o-1", "o-2"):
        await says(world, openid, "accept")
    world.fake.world.person("o-1").grants.clear()
    wanted = campaign("wechat_notice")
    world.schedule(wanted)
    await world.go(wanted)
    assert world.letters(wanted) == {person: ("failed", "grant gone"), other: ("sent", "")}
    assert left(world) == {person: 0, other: 0}


async def test_a_worker_killed_before_it_hears_the_answer_sends_none_twice(world: Rig) -> None:
    people = world.add("o-1", "o-2", "o-3")
    for number in (1, 1, 2, 3):
        await says(world, f"o-{number}", "accept")
    wanted = campaign("wechat_notice")
    world.schedule(wanted)
    with pytest.raises(Died):
        await world.go(wanted, account=Mortal(world.account, "notice"))
    await world.go(wanted)
    assert [world.got(f"o-{n}") for n in (1, 2, 3)] == [["notice"]] * 3
    assert world.letters(wanted)[people[0]] == ("unknown", "no answer")
    assert world.jobs(wanted)[0].state is JobState.SENT


@pytest.mark.parametrize(
    ("fault", "letter", "grants", "again"),
    [
        ({"errcode": -1}, ("sent", ""), 0, 1),
        ({"errcode": 47001}, ("failed", "bug"), 1, 0),
        ({"hang up": True}, ("unknown", "line broke"), 0, 0),
        ({"errcode": 48001}, ("failed", "not permitted"), 1, 0),
    ],
)
async def test_what_wechat_did_not_take_keeps_its_grant(
    world: Rig, fault: dict[str, Any], letter: tuple[str, str], grants: int, again: int
) -> None:
    [person] = world.add("o-1")
    await says(world, "o-1", "accept")
    world.fault(BIZSEND, **fault)
    wanted = campaign("wechat_notice")
    world.schedule(wanted)
    await world.go(wanted)
    assert world.letters(wanted) == {person: letter}
    assert left(world) == {person: grants}
    assert world.calls("bizsend") == 1 + again


async def test_many_go_in_rounds_so_that_a_stop_finds_them(
    world: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wechat_notice, "A_ROUND", 2)
    people = world.add(*(f"o-{n}" for n in range(5)))
    for number in range(5):
        await says(world, f"o-{number}", "accept")
    wanted = campaign("wechat_notice")
    world.schedule(wanted)
    await world.go(wanted, rounds=1)
    assert world.calls("bizsend") == 2 and world.jobs(wanted)[0].state is JobState.SENDING
    world.say_no(people[4])
    await world.go(wanted, rounds=1)
    await world.runner().stop(world.store.get("try"), "stopped", world.now())
    await world.go(wanted)
    states = [world.letters(wanted)[one][0] for one in people]
    assert states == ["sent", "sent", "sent", "sent", "skipped"] and world.calls("bizsend") == 4


async def test_a_platform_that_takes_nothing_for_a_day_ends_it(world: Rig) -> None:
    [person] = world.add("o-1")
    await says(world, "o-1", "accept")
    world.fault(BIZSEND, errcode=-1, times="for ever")
    monday = campaign("wechat_notice", quiet_hours={"start": "03:00", "end": "03:00"})
    world.schedule(monday)
    await world.go(monday, rounds=3)
    world.fake.world.offset += 86_400
    await world.go(monday)
    assert world.letters(monday) == {person: ("failed", "no answer")} and left(world) == {person: 1}


async def test_what_is_missing_is_told_before(world: Rig) -> None:
    wanted = campaign("wechat_notice")
    silent = campaign("wechat_notice", variants=[{"key": "a", "texts": {"message": "先别转账。"}}])
    with world.engine.begin() as connection:
        assert sender(world).faults(connection, wanted, TEN) == ["wechat_no_grants"]
        assert sender(world).faults(connection, silent, TEN) == ["wechat_notice_text_missing"]
        nothing = sender(world, template=None)
        assert nothing.faults(connection, wanted, TEN) == ["wechat_notice_template_missing"]
        assert nothing.grants(connection) == 0
        unset = sender(world, account=None)
        assert unset.faults(connection, wanted, TEN) == ["wechat_not_permitted_notices"]
    assert (await sender(world).preview(wanted, wanted.variants[0].texts, "o-1")).state is JobState.FAILED
    world.add("o-1")
    world.template = None
    world.schedule(wanted)
    await world.go(wanted)
    assert set(world.letters(wanted).values()) == {("failed", "not configured")}
