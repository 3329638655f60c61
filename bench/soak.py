"""Steady load on the real processes: ``make soak``, or ``python -m bench.soak --seconds 600 --per-second 8``."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.chain import CHAT, is_turn
from bench.house import House, house, workspace
from bench.isolated import few_threads
from bench.texts import Composer
from bench.timing import Timing
from bench.wire import Line, NoAnswer

SECONDS, LONGEST = 600.0, 24 * 3600.0
PER_SECOND, FASTEST = 8.0, 100.0
TURNS = 3  # messages of one conversation
MOST_OPEN = 200  # requests waiting; past that the sender waits too, and says so by falling behind
TELL_EVERY = 60.0  # seconds


@dataclass
class Count:
    """``acknowledged``: any 200; ``answered``: through the whole chain; ``fallback``: the hotlines only."""

    sent: int = 0
    acknowledged: int = 0
    answered: int = 0
    latencies: list[float] = field(default_factory=list)

    @property
    def fallback(self) -> int:
        """Return how many were acknowledged without the dialogue engine's answer."""
        return self.acknowledged - self.answered

    @property
    def lost(self) -> int:
        """Return how many got no answer at all."""
        return self.sent - self.acknowledged

    def line(self) -> str:
        """Return the counts in words."""
        timing = Timing.of(self.latencies)
        return (
            f"sent {self.sent}, acknowledged {self.acknowledged}, answered {self.answered}, "
            f"fallback {self.fallback}, lost {self.lost}; p50 {timing.p50:.0f} ms, p95 {timing.p95:.0f} ms, "
            f"worst {timing.worst:.0f} ms"
        )


async def soak(port: int, seconds: float, per_second: float, told: Callable[[Count], None]) -> Count:
    """Send at a steady pace, whether answers come or not; ``told`` hears the counts once a minute."""
    count, composer = Count(), Composer.load(6)
    idle: list[Line] = []
    gate = asyncio.Semaphore(MOST_OPEN)

    async def send(session: str) -> None:
        line = idle.pop() if idle else Line(port)
        started = time.perf_counter()
        try:
            answer = await line.post(CHAT, {"session_id": session, "text": composer.text()})
        except NoAnswer:
            return
        finally:
            count.latencies.append(time.perf_counter() - started)
            idle.append(line)
            gate.release()
        count.acknowledged += answer.status == 200
        count.answered += is_turn(answer)

    started = time.perf_counter()
    next_word = TELL_EVERY
    session = ""
    async with asyncio.TaskGroup() as tasks:
        for number in range(int(seconds * per_second)):
            due = number / per_second
            await asyncio.sleep(max(0.0, started + due - time.perf_counter()))
            await gate.acquire()
            if number % TURNS == 0:
                session = uuid.uuid4().hex
            count.sent += 1
            tasks.create_task(send(session))
            if due >= next_word:
                told(count)
                next_word += TELL_EVERY
    for line in idle:
        line.close()
    return count


def run(running: House, seconds: float, per_second: float) -> Count:
    """Soak and print; memory is looked at before and after."""
    begin = running.family.memory()
    _say(f"{per_second:.0f} messages a second for {seconds:.0f} s")
    count = asyncio.run(soak(running.port, seconds, per_second, lambda so_far: _say(so_far.line())))
    _say(count.line())
    for name, after in running.family.memory().items():
        _say(f"memory of {name}: {begin[name]:.0f} MB at the start, {after:.0f} MB at the end")
    return count


def main() -> None:
    """Soak; exit with 1 when a message was lost or fell back to the hotlines."""
    few_threads()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--per-second", type=float, default=PER_SECOND)
    options = parser.parse_args()
    if not (0 < options.seconds <= LONGEST and 0 < options.per_second <= FASTEST):
        parser.error(f"at most {LONGEST:.0f} seconds and {FASTEST:.0f} messages a second")
    with workspace() as space, house(space) as running:
        count = run(running, options.seconds, options.per_second)
    raise SystemExit(1 if count.lost or count.fallback else 0)


def _say(text: str) -> None:
    sys.stdout.write(f"[soak] {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
