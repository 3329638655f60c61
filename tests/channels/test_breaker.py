"""The breaker: an engine that is down is left alone, and tried again by one message at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from channels.base import Reply
from channels.breaker import FAILURES_TO_OPEN, FIRST_PAUSE_SECONDS, Breaker
from channels.dialogue import Answer, DialogueDown
from channels.metrics import Metrics

Open = Callable[..., Any]


class Engine:
    def __init__(self) -> None:
        self.down: str | None = "unreachable"
        self.asked = 0

    async def ask(self, sender_id: str, message: str) -> Answer:
        self.asked += 1
        await asyncio.sleep(0)
        if self.down:
            raise DialogueDown(self.down)
        return Answer((Reply("好"),))


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def cause(breaker: Breaker) -> str:
    try:
        await breaker.ask("a", "b")
    except DialogueDown as error:
        return error.cause
    return "answered"


async def test_it_opens_after_failures_in_a_row_and_closes_after_one_answer() -> None:
    engine, clock = Engine(), Clock()
    breaker = Breaker(engine, Metrics(), clock)
    assert [await cause(breaker) for _ in range(FAILURES_TO_OPEN + 3)] == [
        *["unreachable"] * FAILURES_TO_OPEN,
        *["breaker"] * 3,
    ]
    assert engine.asked == FAILURES_TO_OPEN
    clock.now += FIRST_PAUSE_SECONDS
    assert sorted(await asyncio.gather(*(cause(breaker) for _ in range(5)))) == [
        *["breaker"] * 4,
        "unreachable",
    ]
    clock.now += FIRST_PAUSE_SECONDS
    assert await cause(breaker) == "breaker", "the pause has doubled"
    clock.now += FIRST_PAUSE_SECONDS
    engine.down = None
    assert [await cause(breaker) for _ in range(3)] == ["answered"] * 3


async def test_single_failures_and_broken_answers_are_no_outage() -> None:
    engine = Engine()
    breaker = Breaker(engine, Metrics(), Clock())
    for _ in range(3 * FAILURES_TO_OPEN):
        engine.down = "malformed"
        assert await cause(breaker) == "malformed"
    for _ in range(FAILURES_TO_OPEN - 1):
        engine.down = "timeout"
        await cause(breaker)
    engine.down = None
    assert await cause(breaker) == "answered"


async def test_people_get_the_truth_at_once_while_it_is_open(open_gateway: Open) -> None:
    class Slow:
        async def ask(self, sender_id: str, message: str) -> Answer:
            raise DialogueDown("timeout")

    async with open_gateway(dialogue=Slow()) as gateway:
        answers = [(await gateway.say("请转账")).json() for _ in range(FAILURES_TO_OPEN + 2)]
        figures = (await gateway.client.get("/metrics")).text
    assert all(one["degraded"] and "先别转账" in one["replies"][0]["text"] for one in answers)
    assert "fanzha_breaker_open 1.0" in figures
    assert 'fanzha_turns_total{outcome="breaker"} 2.0' in figures


@pytest.mark.parametrize("figure", ["fanzha_queue_age_seconds", "fanzha_outbox", "fanzha_talks"])
async def test_figures_are_there_from_the_start(open_gateway: Open, figure: str) -> None:
    async with open_gateway() as gateway:
        await asyncio.sleep(0.1)
        assert figure in (await gateway.client.get("/metrics")).text
