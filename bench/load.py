"""Closed-loop load: a fixed number of requests in flight, bounded in time and number."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.timing import Timing
from bench.wire import Answer, Line, NoAnswer

MOST_REQUESTS = 20_000  # of one drive; a fence against a server that answers nonsense at once


@dataclass(frozen=True)
class Outcome:
    """``client_share``: CPU time of this client by wall time (1.0 is one core full)."""

    timing: Timing
    wrong: int
    client_share: float


def drive(
    port: int,
    path: str,
    bodies: Iterator[object] | list[Iterator[object]],
    accept: Callable[[Answer], bool],
    in_flight: int = 1,
    seconds: float = 10.0,
    most: int = MOST_REQUESTS,
) -> Outcome:
    """Post ``bodies`` for ``seconds``, or until ``most`` are sent; an answer that is not accepted is wrong.

    A list holds one iterator for each request in flight: what one person says, one thing after the other.
    """
    return asyncio.run(_drive(port, path, bodies, accept, in_flight, seconds, min(most, MOST_REQUESTS)))


async def _drive(
    port: int,
    path: str,
    bodies: Iterator[object] | list[Iterator[object]],
    accept: Callable[[Answer], bool],
    in_flight: int,
    seconds: float,
    most: int,
) -> Outcome:
    latencies: list[float] = []
    wrong = sent = 0
    started, cpu = time.perf_counter(), time.process_time()

    async def keep_one_in_flight(number: int) -> None:
        nonlocal wrong, sent
        line = Line(port)
        mine = bodies[number] if isinstance(bodies, list) else bodies
        try:
            while sent < most and time.perf_counter() - started < seconds:
                sent += 1
                body = next(mine)
                at = time.perf_counter()
                try:
                    good = accept(await line.post(path, body))
                except NoAnswer:
                    good = False
                latencies.append(time.perf_counter() - at)
                wrong += not good
        finally:
            line.close()

    await asyncio.gather(*(keep_one_in_flight(number) for number in range(in_flight)))
    elapsed = time.perf_counter() - started
    return Outcome(Timing.of(latencies, elapsed), wrong, (time.process_time() - cpu) / elapsed)
