"""Who is answered when: at once, and in a crowd one by one, in order, never nobody."""

from __future__ import annotations

import asyncio

import pytest

from channels import lane as module
from channels.lane import Lane

pytestmark = pytest.mark.asyncio


class Clock:
    """Moved by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.02)
    return Clock()


def crowd(lane: Lane, count: int = module.CROWD + 1) -> None:
    for _ in range(count):
        lane.came()


async def test_without_a_crowd_nobody_waits(clock: Clock) -> None:
    lane = Lane(clock)
    crowd(lane, module.CROWD)
    assert not lane.crowded() and lane.free() == module.MOST_AT_ONCE
    await asyncio.wait_for(lane.wait(), 0.01)


async def test_in_a_crowd_people_go_one_by_one_in_order_and_all_at_once_when_it_is_over(clock: Clock) -> None:
    lane, gone = Lane(clock), list[int]()

    async def go(number: int) -> None:
        await lane.wait()
        gone.append(number)

    crowd(lane)
    assert lane.crowded() and lane.free() == 1
    tasks = [asyncio.create_task(go(number)) for number in range(100)]
    await asyncio.sleep(0.11)
    assert 1 <= len(gone) <= 6, "slowly, but somebody"
    clock.now += 1.1
    await asyncio.wait_for(asyncio.gather(*tasks), 1.0)
    assert gone == list(range(100))
    await asyncio.wait_for(lane.wait(), 0.01)


async def test_somebody_who_does_not_wait_any_longer_holds_up_nobody(clock: Clock) -> None:
    lane = Lane(clock)
    crowd(lane)
    first, second = (asyncio.create_task(lane.wait()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait_for(second, 1.0)


async def test_places_are_few_and_given_back_when_an_answer_fails(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 1)
    lane = Lane(clock)

    async def fail() -> None:
        async with lane.place():
            assert lane.free() == 0
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01), lane.place():
                    pass
            raise ValueError("bug")

    with pytest.raises(ValueError, match="bug"):
        await fail()
    assert lane.free() == 1
