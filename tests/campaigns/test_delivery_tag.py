"""Mass messages by tag and to all: one temporary tag, no tag no message, the admin's half hour."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from delivery_rig import ARTICLE, TEN, Died, Mortal, Rig, campaign, rig
from sqlalchemy import Engine

from campaigns import letters
from campaigns.audience import Chosen
from campaigns.delivery import bound, tagging, wechat_mass
from campaigns.delivery.wechat_mass import WeChatMass
from campaigns.document import Route
from campaigns.jobs import JobState, add, of, settle, start
from campaigns.jobs import Result as Ended
from storage.engine import open_engine
from storage.migrate import upgrade


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_engine(f"sqlite:///{tmp_path / 'tag.db'}")
    upgrade(made)
    return made


@pytest.fixture
async def world(engine: Engine, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(engine, tmp_path, "subscription") as one:
        one.fake.mass.protected = False
        yield one


def crowd(world: Rig, count: int) -> list[int]:
    return world.add(*(f"o-{number}" for number in range(count)))


async def test_a_subscription_account_sends_by_a_tag_of_its_own(world: Rig) -> None:
    crowd(world, 120)
    world.add("no", agreed=False)
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    await world.go(wanted)
    [job] = world.jobs(wanted)
    assert (job.state, job.target, job.counts["sent"]) == (JobState.SENT, "tag", 120)
    assert world.calls("members/batchtagging") == 3 and world.fake.world.tags == {}
    assert [world.got("o-0"), world.got("o-119"), world.got("no")] == [["mass"], ["mass"], []]


async def test_two_variants_have_two_tags_on_a_demo_account_without_daily_limit(world: Rig) -> None:
    world.fake.world.account = type(world.fake.world.account)(kind="service")
    people = crowd(world, 40)
    texts = [{"key": key, "texts": {"message": f"先别转账。{key}"}} for key in "ab"]
    wanted = campaign("wechat_mass", variants=texts)
    world.account.kind = "service"
    world.schedule(wanted)
    await world.go(wanted)
    jobs = world.jobs(wanted)
    assert [job.variant for job in jobs] == ["a", "b"] and {job.state for job in jobs} == {JobState.SENT}
    assert sum(job.counts["sent"] for job in jobs) == len(people) == 40
    assert all(world.got(f"o-{number}") == ["mass"] for number in range(40))


async def test_the_second_message_of_a_day_is_refused_before_anything_is_sent(world: Rig) -> None:
    crowd(world, 3)
    first, second = campaign("wechat_mass"), campaign("wechat_mass", id="second")
    world.schedule(first)
    await world.go(first)
    made = WeChatMass(world.engine, world.keys, world.account, lambda *_: None)
    with world.engine.begin() as connection:
        assert made.faults(connection, second, world.now()) == ["wechat_day_used"]
        assert made.faults(connection, second, world.now() + 86_400) == []
    world.schedule(second)
    await world.go(second)
    assert world.jobs(second)[0].cause == "mass quota used up"
    assert set(world.letters(second).values()) == {("failed", "mass quota used up")}
    assert world.calls("mass/sendall") == 1 and world.got("o-0") == ["mass"]


async def test_what_somebody_sent_by_hand_uses_up_the_day(world: Rig) -> None:
    crowd(world, 3)
    world.fault("message/mass/sendall", errcode=45028)
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    await world.go(wanted)
    assert world.jobs(wanted)[0].cause == "mass quota used up" and world.fake.world.tags == {}
    made = WeChatMass(world.engine, world.keys, world.account, lambda *_: None)
    with world.engine.begin() as connection:
        assert made.faults(connection, wanted, world.now()) == ["wechat_day_used"]


async def test_variants_on_an_account_with_one_message_a_day_are_a_fault(world: Rig) -> None:
    crowd(world, 2)
    texts = [{"key": key, "texts": {"message": "先别转账。"}} for key in "ab"]
    made = WeChatMass(world.engine, world.keys, world.account, lambda *_: None)
    with world.engine.begin() as connection:
        found = made.faults(connection, campaign("wechat_mass", variants=texts), TEN)
    assert found == ["wechat_one_variant_a_day"]


@pytest.mark.parametrize("rounds", [2, 3])
async def test_a_tag_that_is_deleted_meanwhile_means_that_nothing_is_sent(world: Rig, rounds: int) -> None:
    people = crowd(world, 4)
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    await world.go(wanted, rounds=rounds - 1)
    for person in world.fake.world.people.values():
        person.tags.clear()
    world.fake.world.tags.clear()
    await world.go(wanted)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (JobState.FAILED, "tag missing")
    assert world.letters(wanted) == dict.fromkeys(people, ("failed", "tag missing"))
    assert world.calls("mass/sendall") == 0


async def test_those_it_did_not_reach_can_be_sent_to_again(world: Rig) -> None:
    crowd(world, 3)
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    world.fault("message/mass/sendall", errcode=45159)
    await world.go(wanted)
    world.fake.world.offset += 86_400
    assert world.runner().again("try", "bob", world.now()) == 3
    await world.go(wanted)
    jobs = world.jobs(wanted)
    assert [(job.part, job.state) for job in jobs] == [(0, JobState.FAILED), (1, JobState.SENT)]
    assert jobs[0].key != jobs[1].key and world.got("o-0") == ["mass"]


async def test_a_stop_while_tags_are_given_sends_nothing(world: Rig) -> None:
    people = crowd(world, 3)
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    await world.go(wanted, rounds=2)
    await world.runner().stop(world.store.get("try"), "withdrawn", world.now())
    assert world.jobs(wanted)[0].state is JobState.STOPPED and world.fake.world.tags == {}
    assert world.letters(wanted)[people[0]] == ("skipped", "stopped") and world.calls("sendall") == 0


async def test_a_tag_deleted_in_the_last_moment_is_refused_by_wechat_itself(world: Rig) -> None:
    crowd(world, 4)
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    world.fault("message/mass/sendall", errcode=45159)
    await world.go(wanted)
    assert world.jobs(wanted)[0].cause == "tag missing" and world.got("o-0") == []


@pytest.mark.parametrize("call", ["make_tag", "tag_people", "to_tag", "drop_tag"])
async def test_a_worker_killed_at_any_step_of_a_tag_sends_once(world: Rig, call: str) -> None:
    crowd(world, 60)
    wanted = campaign("wechat_mass", variants=[{"key": "a", "texts": {"article": ARTICLE}}])
    world.schedule(wanted)
    with pytest.raises(Died):
        await world.go(wanted, account=Mortal(world.account, call))
    await world.go(wanted)
    assert world.jobs(wanted)[0].state is JobState.SENT
    assert all(world.got(f"o-{number}") == ["mass"] for number in range(60))
    assert world.fake.world.tags == {}


async def test_whoever_says_no_while_tags_are_given_gets_nothing(world: Rig) -> None:
    people = crowd(world, 3)
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    await world.go(wanted, rounds=2)
    assert sum(100 in person.tags for person in world.fake.world.people.values()) == 3
    world.say_no(people[1])
    await world.go(wanted)
    assert [world.got(f"o-{n}") for n in range(3)] == [["mass"], [], ["mass"]]
    assert world.letters(wanted)[people[1]] == ("skipped", "opted out")


async def test_one_who_left_does_not_keep_fifty_from_their_tag(world: Rig) -> None:
    people = crowd(world, 55)
    world.fake.world.person("o-7").subscribed = False
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    await world.go(wanted)
    assert world.jobs(wanted)[0].counts["sent"] == 54
    assert world.letters(wanted)[people[7]] == ("failed", "left")


async def test_too_many_tags_is_told_and_ends_it(world: Rig) -> None:
    crowd(world, 2)
    for number in range(100):
        world.fake.world.tags[number + 500] = f"t{number}"
    wanted = campaign("wechat_mass")
    world.schedule(wanted)
    await world.go(wanted)
    assert world.jobs(wanted)[0].cause == "too many tags"


async def test_an_article_without_picture_leaves_no_tag_behind(world: Rig) -> None:
    crowd(world, 2)
    world.picture = None
    wanted = campaign("wechat_mass", variants=[{"key": "a", "texts": {"article": ARTICLE}}])
    world.schedule(wanted)
    await world.go(wanted)
    assert world.jobs(wanted)[0].cause == "picture missing" and world.fake.world.tags == {}


async def test_one_person_alone_goes_by_tag(engine: Engine, tmp_path: Path) -> None:
    async with rig(engine, tmp_path) as world:
        world.add("alone")
        wanted = campaign("wechat_mass")
        world.schedule(wanted)
        await world.go(wanted)
        assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].target) == (JobState.SENT, "people")
        assert world.got("alone") == ["mass"] and world.fake.world.tags == {}


@pytest.mark.parametrize(
    ("agreed", "state", "cause"),
    [
        (True, JobState.SENT, ""),
        (False, JobState.FAILED, "not confirmed in 30 minutes"),
        (None, JobState.FAILED, "not confirmed in 30 minutes"),
    ],
)
async def test_a_message_to_all_waits_for_the_admin(
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    agreed: bool | None,
    state: JobState,
    cause: str,
) -> None:
    monkeypatch.setattr(wechat_mass, "LOOK_SECONDS", 60.0)
    async with rig(engine, tmp_path) as world:
        world.to_all = True
        world.add("o-1", "o-2")
        wanted = campaign("wechat_mass")
        world.schedule(wanted)
        await world.go(wanted, rounds=3)
        [job] = world.jobs(wanted)
        assert (job.state, job.cause) == (JobState.CONFIRMING, "waits for the admin")
        assert job.deadline == pytest.approx(world.now() + 1800, abs=400)
        if agreed is not None:
            world.fake.mass.confirm(int(job.platform_id), agreed)
        await world.go(wanted, rounds=600)
        [job] = world.jobs(wanted)
        assert (job.state, job.cause) == (state, cause)
        assert world.got("o-1") == (["mass"] if agreed else [])


async def test_to_all_is_only_for_everyone_and_one_variant(engine: Engine) -> None:
    made = WeChatMass(engine, None, None, lambda *_: None, to_all=True)  # type: ignore[arg-type]
    assert made._target(campaign("wechat_mass")) == "all"
    assert made._target(campaign("wechat_mass", audience={"everyone": True, "roles": ["elder"]})) == "people"
    texts = [{"key": key, "texts": {"message": "先别转账。"}} for key in "ab"]
    assert made._target(campaign("wechat_mass", variants=texts)) == "people"


def test_parts_are_even_and_only_what_is_chosen_anew_gets_new_ones(
    engine: Engine, add_people: Callable[..., list[int]]
) -> None:
    with engine.begin() as connection:
        people = add_people(connection, 11, channel="wechat")
        chosen = [Chosen(one, "wechat", "bot", Route.WECHAT_MASS, "a") for one in people]
        letters.choose(connection, "try", 0, chosen)

        def plan() -> list[tuple[str, int]]:
            found = bound.parts(connection, "try", 0, "wechat_mass", ["a", "b"], 5)
            for variant, part in found:
                add(connection, "try", 0, "wechat_mass", TEN, variant, "people", part)
            return found

        assert plan() == [("a", 0), ("a", 1), ("a", 2)] and plan() == []
        sizes = []
        for job in of(connection, "try"):
            bound.bind(connection, job)
            sizes.append(len(bound.persons(connection, job)))
            assert start(connection, job.id, TEN)
        assert sizes == [4, 4, 3]
        for job in of(connection, "try"):
            settle(connection, job, Ended(JobState.FAILED), TEN)
            letters.follow(connection, job.id, letters.FAILED, "busy", TEN)
        assert letters.again(connection, campaign("wechat_mass"), TEN) == 11
        assert plan() == [("a", 3), ("a", 4), ("a", 5)]


def test_a_tags_name_fits(engine: Engine) -> None:
    with engine.begin() as connection:
        add(connection, "try", 0, "wechat_mass", TEN)
        assert len(tagging.name_of(of(connection, "try")[0]).encode()) <= 30
