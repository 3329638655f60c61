"""Drafts that a person sends: added once, and called sent only when there is a sign of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from delivery_rig import ARTICLE, TEN, Died, Mortal, Rig, campaign, rig
from sqlalchemy import Engine

from campaigns.delivery.wechat_draft import WAIT_SECONDS, WeChatDraft
from campaigns.document import Campaign
from campaigns.jobs import Job, JobState
from storage.engine import open_engine
from storage.migrate import upgrade

TEXTS = [{"key": "a", "texts": {"article": ARTICLE}}]
NEVER_QUIET = {"start": "03:00", "end": "03:00"}


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_engine(f"sqlite:///{tmp_path / 'draft.db'}")
    upgrade(made)
    return made


@pytest.fixture
async def world(engine: Engine, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(engine, tmp_path, "unverified") as one:
        yield one


async def waiting(world: Rig) -> tuple[Campaign, Job]:
    wanted = campaign("wechat_draft", variants=TEXTS, quiet_hours=NEVER_QUIET)
    world.schedule(wanted)
    await world.go(wanted, rounds=2)
    [job] = world.jobs(wanted)
    assert (job.state, job.cause) == (JobState.CONFIRMING, "waits for a person to press send")
    assert list(world.fake.mass.drafts) == [job.platform_id]
    return wanted, job


async def test_an_unverified_account_gets_a_draft_which_somebody_publishes(world: Rig) -> None:
    wanted, job = await waiting(world)
    world.fake.mass.box.press(job.platform_id)
    await world.go(wanted)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (JobState.SENT, "published")
    assert world.store.get("try").state == "finished"


async def test_a_draft_sent_by_hand_brings_its_figures(world: Rig) -> None:
    world.add("o-1", "o-2")
    wanted, job = await waiting(world)
    world.fake.mass.by_hand(job.platform_id)
    await world.go(wanted)
    done = world.jobs(wanted)[0]
    assert (done.state, done.cause, done.counts["sent"]) == (JobState.SENT, "sent by hand", 2)


async def test_a_review_of_what_was_sent_by_hand_is_told_too(world: Rig) -> None:
    wanted, job = await waiting(world)
    world.fake.mass.verdict = "err(20008)"
    world.fake.mass.by_hand(job.platform_id)
    await world.go(wanted)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (
        JobState.FAILED,
        "review: fraud suspected",
    )


async def test_another_message_sent_by_hand_is_not_taken_for_ours(world: Rig) -> None:
    wanted, job = await waiting(world)
    other = world.fake.mass.box.add({"articles": world.fake.mass.drafts[job.platform_id]})["media_id"]
    world.fake.mass.by_hand(other)
    await world.go(wanted, rounds=3)
    assert world.jobs(wanted)[0].state is JobState.CONFIRMING


async def test_a_draft_that_is_gone_counts_as_sent(world: Rig) -> None:
    wanted, job = await waiting(world)
    world.fake.mass.box.leave(job.platform_id)
    await world.go(wanted)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (JobState.SENT, "draft is gone")


async def test_when_nobody_presses_send_it_is_unknown_after_two_days(world: Rig) -> None:
    wanted, _ = await waiting(world)
    world.fake.world.offset += WAIT_SECONDS
    await world.go(wanted)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (
        JobState.UNKNOWN,
        "nobody pressed send",
    )


@pytest.mark.parametrize("call", ["cover", "add_draft"])
async def test_a_worker_killed_while_it_adds_the_draft_adds_one(world: Rig, call: str) -> None:
    wanted = campaign("wechat_draft", variants=TEXTS)
    world.schedule(wanted)
    with pytest.raises(Died):
        await world.go(wanted, account=Mortal(world.account, call))
    await world.go(wanted, rounds=2)
    assert len(world.fake.mass.drafts) == 1
    assert world.jobs(wanted)[0].state is JobState.CONFIRMING


async def test_an_account_that_may_not_even_look_is_told_clearly(world: Rig) -> None:
    wanted, _ = await waiting(world)
    for path in ("draft/get", "freepublish/batchget"):
        world.fault(path, errcode=48001, times="for ever")
    await world.go(wanted, rounds=2)
    assert world.jobs(wanted)[0].state is JobState.CONFIRMING
    world.fake.world.offset += WAIT_SECONDS
    await world.go(wanted)
    assert world.jobs(wanted)[0].cause == "draft cannot be looked at"


async def test_a_stop_deletes_the_draft_before_somebody_sends_it(world: Rig) -> None:
    wanted, _ = await waiting(world)
    await world.runner().stop(world.store.get("try"), "withdrawn", world.now())
    assert world.fake.mass.drafts == {} and world.jobs(wanted)[0].state is JobState.STOPPED


async def test_a_stop_after_somebody_sent_it_says_so(world: Rig) -> None:
    wanted, job = await waiting(world)
    world.fake.mass.by_hand(job.platform_id)
    await world.runner().stop(world.store.get("try"), "withdrawn", world.now())
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (JobState.SENT, "draft is gone")


async def test_what_cannot_be_added_fails_or_is_tried_again(world: Rig) -> None:
    wanted = campaign("wechat_draft", variants=TEXTS)
    world.schedule(wanted)
    world.fault("draft/add", errcode=-1)
    world.fault("draft/add", errcode=45003)
    await world.go(wanted)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (JobState.FAILED, "title too long")
    assert world.calls("draft/add") == 2


async def test_a_platform_that_never_answers_leaves_it_unknown(world: Rig) -> None:
    wanted = campaign("wechat_draft", variants=TEXTS)
    world.schedule(wanted)
    world.fault("draft/batchget", status=500, times="for ever")
    await world.go(wanted, rounds=300)
    assert (world.jobs(wanted)[0].state, world.jobs(wanted)[0].cause) == (JobState.UNKNOWN, "no answer")


async def test_what_is_missing_is_told_before(world: Rig) -> None:
    plain, full = campaign("wechat_draft"), campaign("wechat_draft", variants=TEXTS)
    made = WeChatDraft(world.engine, world.account, lambda *_: None)
    with world.engine.begin() as connection:
        assert made.faults(connection, plain, TEN) == ["wechat_article_missing"]
        assert made.faults(connection, full, TEN) == ["wechat_picture_missing"]
        none = WeChatDraft(world.engine, None, lambda *_: None)
        assert none.faults(connection, full, TEN) == ["wechat_not_configured"]
    assert (await made.preview(full, full.variants[0].texts, "o-1")).state is JobState.FAILED
    world.picture = None
    world.schedule(full)
    await world.go(full)
    assert world.jobs(full)[0].cause == "picture missing"
