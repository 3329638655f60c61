"""Mass messages over the strict WeChat: by list and by tag, within the quotas, once, whatever dies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from delivery_rig import ARTICLE, PNG, TEN, Died, Mortal, Rig, campaign, rig
from sqlalchemy import Engine

from campaigns import quota
from campaigns.delivery import wechat_mass
from campaigns.jobs import JobState
from storage.engine import open_engine
from storage.migrate import upgrade
from tests.channels import wechat_requests as wx

ARTICLES = [{"key": "a", "texts": {"article": ARTICLE}}]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_engine(f"sqlite:///{tmp_path / 'mass.db'}")
    upgrade(made)
    return made


@pytest.fixture
async def world(engine: Engine, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(engine, tmp_path) as one:
        yield one


def sender(world: Rig) -> wechat_mass.WeChatMass:
    return wechat_mass.WeChatMass(world.engine, world.keys, world.account, lambda *_: world.picture)


async def test_a_service_account_sends_to_those_who_agreed(any_engine: Engine, tmp_path: Path) -> None:
    async with rig(any_engine, tmp_path) as world:
        yes = world.add("o-1", "o-2", "o-3")
        world.add("o-4", agreed=False)
        wanted = campaign("wechat_mass")
        world.schedule(wanted)
        await world.go(wanted)
        [job] = world.jobs(wanted)
        assert (job.state, job.target, job.cause) == (JobState.SENT, "people", "")
        assert dict(job.counts) == {"total": 3, "filtered": 3, "sent": 3, "failed": 0}
        assert world.letters(wanted) == dict.fromkeys(yes, ("sent", ""))
        assert [world.got(f"o-{n}") for n in (1, 2, 3, 4)] == [["mass"], ["mass"], ["mass"], []]
        assert world.store.get("try").state == "finished"


async def test_an_article_goes_with_its_cover_and_harmless_html(world: Rig) -> None:
    world.add("o-1", "o-2")
    wanted = campaign("wechat_mass", variants=ARTICLES)
    world.schedule(wanted)
    kept: list[str] = []
    world.fake.mass.box.leave = lambda name: kept.append(  # type: ignore[method-assign]
        world.fake.mass.drafts.pop(name)[0]["content"] if name in world.fake.mass.drafts else ""
    )
    await world.go(wanted)
    assert world.jobs(wanted)[0].state is JobState.SENT
    assert kept == ["<p>先别转账。</p><ul><li>打 96110</li><li>&lt;b&gt;问家人&lt;/b&gt;</li></ul>"]
    assert world.calls("add_material") == 1


@pytest.mark.parametrize("call", ["to_people", "cover", "add_draft"])
async def test_a_worker_killed_before_it_hears_the_answer_sends_once(world: Rig, call: str) -> None:
    world.add("o-1", "o-2")
    wanted = campaign("wechat_mass", variants=ARTICLES)
    world.schedule(wanted)
    with pytest.raises(Died):
        await world.go(wanted, account=Mortal(world.account, call))
    assert world.jobs(wanted)[0].state is JobState.SENDING
    await world.go(wanted)
    assert world.jobs(wanted)[0].state is JobState.SENT
    assert [world.got("o-1"), world.got("o-2")] == [["mass"], ["mass"]]
    assert len([line for line in world.fake.world.ledger if line["way"] == "mass"]) == 1
    if call == "to_people":
        assert world.fake.mass.drafts == {}  # the second attempt's own draft does not stay behind


async def test_an_answer_that_is_lost_on_the_line_is_asked_for_again(world: Rig) -> None:
    world.add("o-1", "o-2")
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    world.fault("message/mass/send", **{"hang up": True})
    world.fault("message/mass/send", errcode=45066)
    await world.go(wanted)
    assert world.jobs(wanted)[0].state is JobState.SENT and world.calls("mass/send") == 3
    assert world.got("o-1") == ["mass"]


async def test_a_repetition_that_wechat_does_not_number_is_sent_all_the_same(world: Rig) -> None:
    people = world.add("o-1", "o-2")
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    world.fault("message/mass/send", errcode=45065)
    await world.go(wanted)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (JobState.SENT, "sent before")
    assert world.letters(wanted)[people[0]] == ("sent", "sent before")


async def test_a_platform_that_never_answers_leaves_it_unknown(world: Rig) -> None:
    people = world.add("o-1", "o-2")
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    world.fault("message/mass/send", status=500, times="for ever")
    await world.go(wanted, rounds=300)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (JobState.UNKNOWN, "no answer")
    assert world.letters(wanted)[people[0]] == ("unknown", "no answer")


async def test_the_fifth_of_a_month_skips_that_person(world: Rig) -> None:
    full, other, third = world.add("o-1", "o-2", "o-3")
    with world.engine.begin() as connection:
        for _ in range(4):
            quota.spend(connection, wx.APP_ID, "service", [full], TEN)
        shown = sender(world).meter(connection, campaign("wechat_mass"), TEN)
        assert shown is not None
        assert (shown.people, shown.missed, shown.per_month, shown.left_today) == (3, 1, 4, 96)
        assert sender(world).faults(connection, campaign("wechat_mass"), TEN) == []
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    await world.go(wanted)
    letters = world.letters(wanted)
    assert letters == {full: ("skipped", "month full"), other: ("sent", ""), third: ("sent", "")}
    assert world.got("o-1") == []


async def test_when_everybody_is_full_it_is_a_fault(world: Rig) -> None:
    full = world.add("o-1")
    with world.engine.begin() as connection:
        for _ in range(4):
            quota.spend(connection, wx.APP_ID, "service", full, TEN)
        assert sender(world).faults(connection, campaign("wechat_mass"), TEN) == ["wechat_month_used"]
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    await world.go(wanted)
    assert world.jobs(wanted)[0].cause == "nobody left" and world.calls("mass/send") == 0


@pytest.mark.parametrize(
    ("verdict", "cause"),
    [
        ("err(20008)", "review: fraud suspected"),
        ("err(10001)", "review: advertising"),
        ("err(12345)", "review: refused"),
        ("send fail", "not sent"),
    ],
)
async def test_a_review_that_says_no_fails_with_its_reason(world: Rig, verdict: str, cause: str) -> None:
    people = world.add("o-1", "o-2")
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    world.fake.mass.verdict = verdict
    await world.go(wanted)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (JobState.FAILED, cause)
    assert set(world.letters(wanted).values()) == {("failed", cause)} and len(people) == 2


@pytest.mark.parametrize(("verdict", "state"), [("send success", "sent"), ("send fail", "failed")])
async def test_an_event_that_is_lost_is_asked_for_after_half_an_hour(
    world: Rig, monkeypatch: pytest.MonkeyPatch, verdict: str, state: str
) -> None:
    monkeypatch.setattr(wechat_mass, "LOOK_SECONDS", 60.0)
    world.add("o-1", "o-2")
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    world.fake.mass.lost_events, world.fake.mass.verdict = 1, verdict
    started = world.now()
    await world.go(wanted, rounds=600)
    assert world.jobs(wanted)[0].state == state and world.calls("mass/get") == 1
    assert 1800 <= world.now() - started < 2400


async def test_a_message_that_stays_under_way_for_a_day_is_unknown(world: Rig) -> None:
    world.add("o-1", "o-2")
    wanted = campaign("wechat_mass", quiet_hours={"start": "03:00", "end": "03:00"})
    world.schedule(wanted)
    world.fake.mass.work = lambda: None  # type: ignore[method-assign]
    await world.go(wanted, rounds=900)
    assert world.jobs(wanted)[0].cause == "no result in 24 hours"


async def test_a_picture_that_is_too_large_is_refused_before_anything_is_sent(world: Rig) -> None:
    world.add("o-1", "o-2")
    world.picture = PNG + bytes(10 * 1024 * 1024)
    wanted = campaign("wechat_mass", variants=ARTICLES)
    with world.engine.begin() as connection:
        assert sender(world).faults(connection, wanted, TEN) == ["wechat_picture_too_large"]
    world.schedule(wanted)
    await world.go(wanted)
    assert world.jobs(wanted)[0].cause == "picture too large"
    assert world.calls("add_material") == world.calls("mass/send") == 0


async def test_a_preview_shows_it_to_one_and_leaves_nothing_behind(world: Rig) -> None:
    world.add("o-1")
    wanted = campaign("wechat_mass", variants=ARTICLES)
    found = await sender(world).preview(wanted, wanted.variants[0].texts, "o-1")
    assert found.state is JobState.SENT and world.got("o-1") == ["mass"]
    assert world.fake.mass.drafts == {}
    found = await sender(world).preview(wanted, wanted.variants[0].texts, "stranger")
    assert (found.state, found.cause) == (JobState.FAILED, "person unknown")


async def test_a_stop_deletes_the_articles_page(world: Rig) -> None:
    world.add("o-1", "o-2")
    wanted = campaign("wechat_mass", variants=ARTICLES)
    world.schedule(wanted)
    await world.go(wanted, rounds=1)
    await world.runner().stop(world.store.get("try"), "withdrawn", world.now())
    assert world.calls("mass/delete") == 1
    [job] = world.jobs(wanted)
    assert (job.state, job.counts) == (JobState.SENT, {})  # its event came before the stop
    assert set(world.letters(wanted).values()) == {("sent", "")}


async def test_a_stop_before_the_event_leaves_it_unknown(world: Rig) -> None:
    people = world.add("o-1", "o-2")
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    world.fake.mass.work = lambda: None  # type: ignore[method-assign]
    await world.go(wanted, rounds=1)
    await world.runner().stop(world.store.get("try"), "withdrawn", world.now())
    assert world.jobs(wanted)[0].state is JobState.UNKNOWN
    assert world.letters(wanted)[people[0]] == ("unknown", "stopped on its way")


async def test_without_an_account_it_is_refused_before_and_fails_clearly(world: Rig) -> None:
    world.add("o-1", "o-2")
    none = wechat_mass.WeChatMass(world.engine, world.keys, None, lambda *_: None)
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    with world.engine.begin() as connection:
        assert none.faults(connection, wanted, TEN) == ["wechat_not_configured"]
        assert none.meter(connection, wanted, TEN) is None
    world.account.kind = "unverified"
    with world.engine.begin() as connection:
        assert sender(world).faults(connection, wanted, TEN) == ["wechat_unverified"]
    await world.go(wanted)
    assert set(world.letters(wanted).values()) == {("failed", "not permitted")}
    assert world.calls("mass/send") == 0
