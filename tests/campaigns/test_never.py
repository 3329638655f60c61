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
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runner_house import Crash, House
from sqlalchemy import event

from campaigns import quiet
from campaigns.calendar.days import CHINA
from campaigns.document import build
from campaigns.states import NotAllowed, State
from channels.base import Outcome
from channels.keys import derive
from storage.engine import open_engine
from storage.migrate import upgrade

KEYS = derive([b"k" * 32])
START = dt.datetime(2026, 12, 1, tzinfo=CHINA).timestamp()
PEOPLE = 30

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("round"), st.integers(0, 1)),
        st.tuples(st.just("post"), st.integers(1, 20)),
        st.tuples(st.just("leave"), st.integers(0, PEOPLE - 1)),
        st.tuples(st.just("clock"), st.sampled_from([1.0, 30.0, 900.0, 3600.0, 5 * 3600.0, -600.0, -7200.0])),
        st.tuples(st.just("crash"), st.integers(1, 12)),
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

    def __call__(self, *_: object) -> None:
        if self.left:
            self.left -= 1
            if not self.left:
                raise Crash


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(MOVES, st.floats(0, 86_400), st.integers(0, 2**16))
def test_never_twice_never_after_a_no_never_at_night_never_too_many(moves, first, seed) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'x.db'}")
        try:
            upgrade(engine)
            asyncio.run(play(House(engine, KEYS, START + first), engine, moves, random.Random(seed)))
        finally:
            engine.dispose()


async def play(house: House, engine, moves, chance: random.Random) -> None:
    bomb = Bomb()
    people = house.people(PEOPLE)
    campaign = build(
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
            "cap": {"messages": 2, "days": 7},
            "stop": {"failed": 1.0, "opted_out": 1.0},
        }
    )
    name = house.approved(campaign, house.clock(), house.clock() + 7200)
    event.listen(engine, "before_cursor_execute", bomb)
    gone: dict[int, int] = {}  # who left, and how much had arrived by then
    for what, value in moves:
        try:
            if what == "round":
                await house.runner.advance(name, value)
            elif what == "post":
                outcome = chance.choice(
                    [Outcome.SENT, Outcome.SENT, Outcome.SENT, Outcome.REJECTED, Outcome.UNKNOWN]
                )
                before = len(house.sent_at)
                house.outbox.recover([], house.clock())
                house.post(value, outcome)
                for at in house.sent_at[before:]:
                    assert not quiet.is_quiet(campaign.quiet_hours, at)
            elif what == "leave":
                house.leave(people[value])
                gone.setdefault(people[value], house.arrived[people[value]])
            elif what == "clock":
                house.clock.now += value
                house.outbox.expire(house.clock())
            elif what == "crash":
                bomb.left = value
            elif what == "pause":
                house.runner.pause(name, "ann", house.clock())
            elif what == "resume":
                house.runner.resume(name, "ann", house.clock())
            elif what == "again":
                house.runner.again(name, "ann", house.clock())
        except Crash:
            house.make()
        except NotAllowed:
            pass
    bomb.left = 0
    for who, had in gone.items():
        assert house.arrived[who] == had, "a message after a no"
    await finish(house, name)
    for who, had in gone.items():
        assert house.arrived[who] == had, "a message after a no"
    assert max(house.arrived.values(), default=0) <= 2
    assert max(house.robot.taken.values(), default=0) <= 2
    letters = letters_of(house)
    assert max(letters.values(), default=0) <= 1, "somebody was chosen twice by a wave"


async def finish(house: House, name: str) -> None:
    """Let it run to its end undisturbed: it must get there."""
    state = house.store.get(name).state
    if state is State.PAUSED:
        house.runner.resume(name, "ann", house.clock())
    for _ in range(400):
        house.outbox.recover([], house.clock())
        waits = [await house.runner.advance(name, wave) for wave in (0, 1)]
        house.post()
        if house.store.get(name).state in {State.FINISHED, State.STOPPED}:
            break
        house.clock.now += max(1.0, min((wait for wait in waits if wait), default=600.0))
        house.outbox.expire(house.clock())
    else:
        raise AssertionError("the campaign does not end")
    assert not {"chosen", "queued"} & set(house.letters())


def letters_of(house: House) -> Counter[tuple[int, int]]:
    from sqlalchemy import select

    from storage.campaign_tables import campaign_letter

    with house.engine.connect() as connection:
        rows = connection.execute(select(campaign_letter.c.wave, campaign_letter.c.person_id)).all()
    return Counter((row.wave, row.person_id) for row in rows)
