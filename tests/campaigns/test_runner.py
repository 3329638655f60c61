"""A wave from its time to its end: who gets it, and what stops it. Each person once, whatever happens."""

from __future__ import annotations

import datetime as dt

import pytest
from runner_house import Crash, House, states
from sqlalchemy import select

from campaigns.calendar.days import CHINA
from campaigns.jobs import JobState
from campaigns.runner import LATE_SECONDS, MARGIN_SECONDS
from campaigns.states import Action, NotAllowed, State
from channels import posting
from channels.base import Outcome
from channels.keys import derive
from storage.campaign_tables import campaign_job
from storage.tables import outbox as outbox_table

KEYS = derive([b"k" * 32])
TEN = dt.datetime(2026, 12, 1, 10, tzinfo=CHINA).timestamp()


@pytest.fixture
def house(any_engine) -> House:
    return House(any_engine, KEYS, TEN)


async def test_everybody_gets_it_once_and_the_campaign_ends(house, small) -> None:
    people = house.people(60)
    house.robot.taken.clear()
    name = house.approved(small(routes=["telegram", "robot"], robots=["one", "two"]))
    await house.until_done(name)
    assert house.arrived == dict.fromkeys(people, 1)
    assert house.robot.taken == {"one": 1, "two": 1}
    assert house.letters() == {"sent": 60}
    assert house.store.get(name).state is State.FINISHED
    assert set(states(house).values()) == {"sent"}
    assert await house.runner.advance(name, 0) is None


async def test_nothing_before_its_time_and_nothing_unapproved(house, small) -> None:
    house.people(3)
    name = house.approved(small(), house.clock() + 60)
    house.store.act(name, Action.WITHDRAW, "ann", TEN)
    house.clock.now += 61
    assert await house.runner.advance(name, 0) is None
    assert house.letters() == {}


async def test_letters_flow_at_the_routes_pace(house, small) -> None:
    house.people(200)
    name = house.approved(small())
    await house.runner.advance(name, 0)
    assert house.letters() == {"queued": 25, "chosen": 175}
    rounds = await house.until_done(name)
    assert rounds >= 200 / 25 - 1


async def test_a_pause_brings_back_what_has_not_left_and_resuming_goes_on(house, small) -> None:
    people = house.people(40)
    name = house.approved(small())
    await house.runner.advance(name, 0)
    house.post(10)
    house.runner.pause(name, "ann", house.clock())
    assert house.post() == 0
    assert await house.runner.advance(name, 0) is None
    house.clock.now += 2 * LATE_SECONDS
    house.clock.now = dt.datetime(2026, 12, 2, 10, tzinfo=CHINA).timestamp()
    house.runner.resume(name, "ann", house.clock())
    await house.until_done(name)
    assert house.arrived == dict.fromkeys(people, 1)


async def test_a_wave_paused_before_it_began_begins_when_resumed(house, small) -> None:
    house.people(2)
    name = house.approved(small())
    house.runner.pause(name, "ann", house.clock())
    house.clock.now += 24 * 3600
    house.runner.resume(name, "ann", house.clock())
    await house.until_done(name)
    assert house.letters() == {"sent": 2}


async def test_stop_is_for_ever(house, small) -> None:
    house.people(40)
    name = house.approved(small(), TEN, TEN + 3600)
    await house.runner.advance(name, 0)
    house.post(5)
    await house.runner.stop(house.store.get(name), "operator", house.clock(), "ann")
    assert house.post() == 0
    assert await house.runner.advance(name, 0) is None
    assert house.letters() == {"queued": 5, "skipped": 35}
    assert states(house)["1 select"] == "stopped"
    with pytest.raises(NotAllowed):
        house.runner.resume(name, "ann", house.clock())


async def test_a_withdrawn_bulletin_stops_it_in_the_middle(house, small) -> None:
    house.people(60)
    name = house.approved(small())
    await house.runner.advance(name, 0)
    house.post()
    house.faults = ["bulletin_withdrawn"]
    house.clock.now += 1
    assert await house.runner.advance(name, 0) is None
    found = house.store.get(name)
    assert (found.state, found.cause) == (State.STOPPED, "bulletin_withdrawn")
    assert sum(house.arrived.values()) == 25


async def test_who_says_no_in_the_middle_gets_nothing_any_more(house, small) -> None:
    people = house.people(60)
    name = house.approved(small())
    await house.runner.advance(name, 0)  # 25 wait in the outbox, 35 are chosen
    house.leave(people[3])
    house.leave(people[50])
    await house.until_done(name)
    assert house.arrived == {one: 1 for one in people if one not in {people[3], people[50]}}
    assert house.letters() == {"sent": 58, "skipped": 2}


async def test_who_leaves_the_channel_in_the_middle_is_skipped(house, small) -> None:
    from storage.tables import person

    people = house.people(30)
    name = house.approved(small())
    await house.runner.advance(name, 0)
    with house.engine.begin() as connection:
        gone = people[29]
        connection.execute(person.update().where(person.c.id == gone).values(reachable=False))
    await house.until_done(name)
    assert gone not in house.arrived


async def test_nothing_leaves_in_quiet_hours_even_if_the_runner_is_dead(house, small) -> None:
    people = house.people(120)
    evening = dt.datetime(2026, 12, 1, 21, 27, 58, tzinfo=CHINA).timestamp()
    house.clock.now = evening - 1
    name = house.approved(small(quiet_hours={"start": "21:30", "end": "08:00"}))
    await house.runner.advance(name, 0)
    house.post(10)
    house.clock.now = evening + 121  # quiet hours have begun; nobody advanced meanwhile
    house.outbox.expire(house.clock())
    assert house.post() == 0
    wait = await house.runner.advance(name, 0)
    assert 1 <= wait <= 300
    await house.until_done(name)
    assert house.arrived == dict.fromkeys(people, 1)
    for at in house.sent_at:
        local = dt.datetime.fromtimestamp(at, CHINA).time()
        assert dt.time(8) <= local < dt.time(21, 30), local


async def test_close_to_quiet_hours_nothing_new_is_fed(house, small) -> None:
    house.people(5)
    house.clock.now = dt.datetime(2026, 12, 1, 21, 30, tzinfo=CHINA).timestamp() - MARGIN_SECONDS + 1
    name = house.approved(small())
    await house.runner.advance(name, 0)
    assert house.letters() == {"chosen": 5}


async def test_a_wave_that_comes_hours_too_late_is_not_sent(house, small) -> None:
    house.people(5)
    name = house.approved(small(), TEN - LATE_SECONDS - 1)
    assert await house.runner.advance(name, 0) is None
    assert states(house)["0 select"] == "failed"
    assert house.store.get(name).state is State.FINISHED
    assert house.letters() == {}


async def test_too_many_failures_stop_it(house, small) -> None:
    house.people(200)
    name = house.approved(small(stop={"failed": 0.2}))
    while await house.runner.advance(name, 0) is not None:
        house.post(outcome=Outcome.REJECTED)
        house.clock.now += 1
    found = house.store.get(name)
    assert (found.state, found.cause) == (State.STOPPED, "too many failed")
    assert house.letters()["skipped"] > 100


async def test_too_many_who_say_no_stop_it(house, small) -> None:
    people = house.people(200)
    name = house.approved(small(stop={"opted_out": 0.05}))
    for _ in range(3):
        await house.runner.advance(name, 0)
        house.post()
        house.clock.now += 1
    await house.runner.advance(name, 0)
    for one in people[:6]:
        house.leave(one)
    house.clock.now += 1
    assert await house.runner.advance(name, 0) is None
    assert house.store.get(name).cause == "too many said no"


async def test_the_day_that_ends_it(house, small) -> None:
    house.people(5)
    name = house.approved(small(stop={"until": "2026-11-30"}))
    await house.runner.advance(name, 0)
    assert house.store.get(name).cause == "until is over"


async def test_resend_goes_to_those_alone_whom_it_surely_did_not_reach(house, small) -> None:
    people = house.people(30)
    name = house.approved(small(stop={"failed": 1.0}))
    await house.runner.advance(name, 0)
    house.post(10)
    house.post(10, Outcome.REJECTED)
    house.post(10, Outcome.UNKNOWN)
    await house.until_done(name)
    assert house.letters() == {"sent": 15, "failed": 10, "unknown": 5}
    house.clock.now += 60
    assert house.runner.again(name, "ann", house.clock()) == 10
    await house.until_done(name)
    assert house.letters() == {"sent": 25, "unknown": 5}
    assert house.arrived == dict.fromkeys(people, 1)
    assert house.store.get(name).state is State.FINISHED


@pytest.mark.parametrize(
    ("repeatable", "crash", "taken", "state"),
    [
        (True, "before", 1, "sent"),
        (True, "after", 1, "sent"),
        (False, "before", 0, "unknown"),
        (False, "after", 1, "unknown"),
    ],
)
async def test_a_crash_around_a_request(house, small, repeatable, crash, taken, state) -> None:
    house.robot.repeatable, house.robot.crash = repeatable, crash
    name = house.approved(small(routes=["robot"], robots=["one"]))
    with pytest.raises(Crash):
        await house.runner.advance(name, 0)
    house.make()
    await house.until_done(name)
    assert house.robot.taken["one"] == taken
    assert states(house)["0 robot one"] == state


async def test_a_quota_refuses_before_the_request(house, small) -> None:
    house.robot.refuse = "quota"
    name = house.approved(small(routes=["robot"], robots=["one"]))
    await house.until_done(name)
    assert not house.robot.taken
    with house.engine.connect() as connection:
        row = connection.execute(select(campaign_job).where(campaign_job.c.route == "robot")).one()
    assert (row.state, row.cause) == (JobState.FAILED, "quota")


async def test_two_waves_reach_everybody_twice_within_the_cap(house, small) -> None:
    people = house.people(3)
    waves = [{"at": "2026-12-01T10:00:00"}, {"at": "2026-12-02T10:00:00"}]
    name = house.approved(small(waves=waves, cap={"messages": 2, "days": 7}), TEN, TEN + 86_400)
    await house.until_done(name)
    assert house.store.get(name).state is State.SENDING
    house.clock.now = TEN + 86_400
    await house.until_done(name, 1)
    assert house.arrived == dict.fromkeys(people, 2)
    assert house.store.get(name).state is State.FINISHED


async def test_an_operators_order_to_send_a_dead_letter_again_keeps_its_time(house, small) -> None:
    house.people(1)
    name = house.approved(small())
    await house.runner.advance(name, 0)
    with house.engine.begin() as connection:
        row = connection.execute(select(outbox_table)).one()
        assert row.until is not None
        assert posting.take_back(connection, [row.id], house.clock(), "x") == {row.id}
        assert posting.take_back(connection, [row.id], house.clock(), "x") == set()
    house.clock.now = row.until + 1
    assert house.outbox.order_again(row.id, house.clock())
    assert house.post() == 0
