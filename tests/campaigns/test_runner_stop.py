"""Stopping and pausing at the worst moment, and routes that nobody serves here."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import threading

import pytest
from runner_house import House, states

from campaigns import audience
from campaigns import runner as runner_module
from campaigns.calendar.days import CHINA
from campaigns.runner import Runner
from channels.keys import derive

KEYS = derive([b"k" * 32])
TEN = dt.datetime(2026, 12, 1, 10, tzinfo=CHINA).timestamp()


@pytest.fixture
def house(any_engine) -> House:
    return House(any_engine, KEYS, TEN)


@pytest.mark.parametrize("what", ["pause", "stop"])
async def test_who_stops_while_people_are_chosen_stops_everything(house, small, what, monkeypatch) -> None:
    people = house.people(7)
    name = house.approved(small(routes=["telegram", "robot"], robots=["one"]))
    monkeypatch.setattr(audience, "SLICE", 3)
    real = audience.part

    def interrupted(*words):
        found = real(*words)
        if words[-1]:  # the second slice
            monkeypatch.setattr(audience, "part", real)
            threading.Thread(target=act).start()
        return found

    def act() -> None:
        if what == "pause":
            house.runner.pause(name, "ann", house.clock())
        else:
            asyncio.run(house.runner.stop(house.store.get(name), "enough", house.clock(), "ann"))
        done.set()

    done = threading.Event()
    monkeypatch.setattr(audience, "part", interrupted)
    monkeypatch.setattr(runner_module, "BREATH_SECONDS", 0.3)
    assert await house.runner.advance(name, 0) is None
    assert done.wait(5)
    assert states(house) == {"0 select": "waiting" if what == "pause" else "stopped"}
    house.post()
    assert not house.arrived and not house.robot.taken
    if what == "pause":
        house.runner.resume(name, "ann", house.clock())
        await house.until_done(name)
        assert house.arrived == dict.fromkeys(people, 1)


async def test_letters_without_a_channel_are_refused_and_the_others_go_out(house, small) -> None:
    house.people(3)
    name = house.approved(small(routes=["telegram", "robot"], robots=["one"]))
    desk = dataclasses.replace(house.runner._desk, letters=frozenset())
    house.runner = Runner(desk)
    await house.until_done(name)
    assert house.letters() == {"failed": 3} and house.robot.taken == {"one": 1}
    assert states(house) == {"0 select": "sent", "0 telegram": "failed", "0 robot one": "sent"}
