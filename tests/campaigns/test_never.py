"""What must never happen to a campaign, over random schedules, crashes, clock jumps and people who say no.

Never twice to a person in a wave, never after a no, never in quiet hours, never more than the cap; and nobody is lost
who could have been reached.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runner_house import Crash, House
from sqlalchemy import Engine, event, select

from campaigns import quiet
from campaigns.calendar.days import CHINA
from campaigns.document import Campaign, build
from campaigns.states import NotAllowed, State
from channels.base import Outcome
from channels.keys import derive
from storage.campaign_tables import campaign_letter
from storage.engine import open_engine
from storage.migrate import upgrade

KEYS = derive([b"k" * 32])
MIDNIGHT = dt.datetime(2026, 12, 1, tzinfo=CHINA).timestamp()
MINUTE, HOUR = 60, 3600
PEOPLE = 12
OUTCOMES = [Outcome.SENT, Outcome.SENT, Outcome.SENT, Outcome.REJECTED, Outcome.UNKNOWN]
# Minutes of the day at which something may go wrong: the morning, and both ends of the quiet hours (21:30 to 8:00) with
# the margin before them.
STARTS = st.one_of(
    st.integers(9 * 60 + 55, 10 * 60 + 5),
    st.integers(7 * 60 + 57, 8 * 60 + 2),
    st.integers(21 * 60 + 24, 21 * 60 + 31),
    st.just(21 * 60 + 26),
    st.integers(0, 24 * 60 - 1),
)
STEPS = (1, 30, 59, MINUTE, 2 * MINUTE, 15 * MINUTE, HOUR, 10 * HOUR + 30 * MINUTE)
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("round"), st.integers(0, 1)),
        st.tuples(st.just("post"), st.integers(1, 20)),
        st.tuples(st.just("leave"), st.integers(0, PEOPLE - 1)),
        st.tuples(st.just("clock"), st.sampled_from(STEPS)),
        st.tuples(st.just("clock"), st.sampled_from((-1, -MINUTE, -10 * MINUTE, -2 * HOUR, -26 * HOUR))),
        st.tuples(st.just("crash"), st.integers(1, 40)),
        st.tuples(st.just("pause"), st.just(0)),
        st.tuples(st.just("resume"), st.just(0)),
        st.tuples(st.just("again"), st.just(0)),
    ),
    max_size=60,
)


class Bomb:
    """Lets the process die at the n-th statement from now, in the middle of whatever it does."""

    def __init__(self) -> None:
        self.left = 0
        self.seen = 0

    def __call__(self, *_: object) -> None:
        self.seen += 1
        if self.left:
            self.left -= 1
            if not self.left:
                raise Crash


@cache
def blank() -> bytes:
    """Return a database file that is up to date and empty."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.db"
        engine = open_engine(f"sqlite:///{path}")
        upgrade(engine)
        engine.dispose()
        return path.read_bytes()


def world(folder: str, start: float) -> tuple[House, Engine, Bomb]:
    """Return a house over a fresh database, and what kills it."""
    path = Path(folder) / "x.db"
    path.write_bytes(blank())
    engine, bomb = open_engine(f"sqlite:///{path}"), Bomb()
    event.listen(engine, "before_cursor_execute", bomb)
    return House(engine, KEYS, start), engine, bomb


def campaign(cap: int = 2) -> Campaign:
    """Return a campaign of two waves to everyone and one robot."""
    return build(
        {
            "id": "try",
            "title": "试一试",
            "kind": "flash",
            "audience": {"everyone": True},
            "bulletins": ["x"],
            "routes": ["telegram", "robot"],
            "robots": ["one"],
            "variants": [{"texts": {"message": "先别转账。"}}],
            "waves": [{"at": "2026-12-01T10:00:00"}, {"at": "2026-12-01T12:00:00"}],
            "cap": {"messages": cap, "days": 7},
            "stop": {"failed": 1.0, "opted_out": 1.0},
        }
    )


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(MOVES, STARTS, st.integers(1, 2), st.integers(0, 2**16))
def test_never_twice_never_after_a_no_never_at_night_never_too_many(moves, minute, cap, seed) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house, engine, bomb = world(folder, MIDNIGHT + minute * MINUTE)
        try:
            asyncio.run(play(house, bomb, moves, cap, random.Random(seed)))
        finally:
            engine.dispose()


async def play(house: House, bomb: Bomb, moves, cap: int, chance: random.Random) -> None:
    people = house.people(PEOPLE)
    name = house.approved(campaign(cap), house.clock(), house.clock() + 2 * HOUR)
    gone: dict[int, int] = {}  # who left, and how much had arrived by then
    for what, value in moves:
        try:
            if what == "round":
                await house.runner.advance(name, value)
            elif what == "post":
                house.outbox.recover([], house.clock())
                house.post(value, chance.choice(OUTCOMES))
            elif what == "leave":
                bomb.left = 0  # the gateway tells her that it is done only when it is
                house.leave(people[value])
                gone.setdefault(people[value], house.arrived[people[value]])
            elif what == "clock":
                house.clock.now += value
                house.outbox.expire(house.clock())
            elif what == "crash":
                bomb.left = value
            else:
                await order(house, name, what)
        except Crash:
            house.make()
        except NotAllowed:
            pass
    bomb.left = 0
    await finish(house, name)
    judge(house, gone, cap)
    await order(house, name, "again")  # whoever surely got nothing, and nobody else
    await finish(house, name)
    judge(house, gone, cap)


async def order(house: House, name: str, what: str) -> None:
    """Do what an operator may do at any moment."""
    if what == "again":
        house.runner.again(name, "ann", house.clock())
    else:
        (house.runner.pause if what == "pause" else house.runner.resume)(name, "ann", house.clock())


async def finish(house: House, name: str) -> None:
    """Let it run to its end undisturbed: it must get there."""
    if house.store.get(name).state is State.PAUSED:
        house.runner.resume(name, "ann", house.clock())
    for number in range(600):
        house.outbox.recover([], house.clock())
        waits = [await house.runner.advance(name, wave) for wave in (0, 1)]
        house.post()
        if house.store.get(name).state in {State.FINISHED, State.STOPPED}:
            break
        # A lease of the outbox that was taken before the clock was set back lasts until the clock has caught up.
        least = 1.0 if number < 100 else 15.0 * MINUTE
        house.clock.now += max(least, min((wait for wait in waits if wait), default=600.0))
        house.outbox.expire(house.clock())
    else:
        raise AssertionError("the campaign does not end")


def judge(house: House, gone: dict[int, int], cap: int) -> None:
    """Hold what happened against the promises."""
    for who, had in gone.items():
        assert house.arrived[who] == had, "a message after a no"
    for at in house.sent_at:
        assert not quiet.is_quiet(campaign().quiet_hours, at), "a message in quiet hours"
    assert max(house.arrived.values(), default=0) <= cap, "more than the cap"
    assert max(house.robot.taken.values(), default=0) <= 2
    with house.engine.connect() as connection:
        letters = connection.execute(select(campaign_letter)).all()
    chosen = Counter((row.wave, row.person_id) for row in letters)
    assert max(chosen.values(), default=0) <= 1, "somebody was chosen twice by a wave"
    assert not {"chosen", "queued"} & {row.state for row in letters}
    # Whom nothing kept from being reached was: a letter fails by the platform's word or because she left, no other way.
    allowed = {"sent": {""}, "failed": {"as told"}, "unknown": {"as told", "worker died"}}
    allowed["skipped"] = {"opted out", "left"}
    for row in letters:
        assert row.cause in allowed[row.state], f"{row.state} by {row.cause}"
    per_person = Counter(row.person_id for row in letters if row.state in {"sent", "unknown"})
    for who, count in house.arrived.items():
        assert count <= per_person[who], "a message that no letter knows of"
    died = sum(
        row.cause == "worker died" for row in letters
    )  # who may have got nothing, and is called unknown
    assert sum(per_person.values()) - died <= sum(house.arrived.values()), "a letter says sent that was not"


def statements() -> int:
    """Return how many statements the short play below has when nothing goes wrong."""
    with tempfile.TemporaryDirectory() as folder:
        house, engine, bomb = world(folder, MIDNIGHT + 10 * HOUR)
        name, _ = begun(house)
        bomb.seen = 0
        asyncio.run(short(house, name))
        engine.dispose()
        return bomb.seen


def begun(house: House) -> tuple[str, list[int]]:
    people = house.people(2)
    return house.approved(campaign(), house.clock(), house.clock() + HOUR), people


async def short(house: House, name: str) -> None:
    """Do one wave: choose, feed, deliver, reap, end."""
    for _ in range(8):
        if await house.runner.advance(name, 0) is None:
            return
        house.post()
        house.clock.now += 1


@pytest.mark.parametrize("minute", [10 * 60, 21 * 60 + 27])
def test_a_crash_between_any_two_steps_doubles_and_loses_nobody(minute: int) -> None:
    for number in range(1, statements() + 1):
        with tempfile.TemporaryDirectory() as folder:
            house, engine, bomb = world(folder, MIDNIGHT + minute * MINUTE)
            name, people = begun(house)
            bomb.left = number
            try:
                asyncio.run(short(house, name))
            except Crash:
                house.make()
            bomb.left = 0
            house.clock.now += 25  # the dead worker's leases are over
            asyncio.run(finish(house, name))
            judge(house, {}, 2)
            once = [house.arrived[who] + (house.letters()["unknown"] > 0) >= 1 for who in people]
            assert all(once), f"somebody got nothing after a crash at statement {number}"
            engine.dispose()
