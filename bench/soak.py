"""An hour of people who write, come back and write again: nothing is lost, and no process grows.

``python -m bench.soak --minutes 60 --rate 2 --write docs/load.md``. Two dialogue engines, PostgreSQL, Redis, and a fake
WeChat that is as strict as the real one; nobody is killed (for that: ``tests/fakes/wechat/kill.py``).
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import page_part
from bench.isolated import few_threads
from bench.section import Aim, Section, Table
from bench.town import Town, town
from tests.fakes.wechat.book import Balance, balance, read
from tests.fakes.wechat.siege import Plan, quiet, say, write

COMMAND = "python -m bench.soak --minutes {minutes:g} --rate {rate:g} --write docs/load.md"
MINUTES, LONGEST = 60.0, 24 * 60.0
RATE, FASTEST = 2.0, 50.0
LOOKS = 6  # at memory, after the one at the beginning
FLAT_SHARE, FLAT_MB = 0.03, 5.0  # what a part may have more at the end than at half-time, whichever is more
METHOD = """\
The whole assistant as `fanzha run` starts it, with two dialogue engines, PostgreSQL and Redis, behind the fake WeChat.
{rate:g} messages a second at random intervals, each person about one a minute, so everybody comes back again and again.
Resident memory of each part (of PostgreSQL: what its processes share with nobody) is looked at {looks} times."""
Memory = Sequence[dict[str, float]]


@dataclass(frozen=True)
class Outcome:
    """``memory``: MB by part at the beginning and at each look."""

    balance: Balance
    memory: Memory
    minutes: float
    rate: float
    load: float

    def growth(self) -> dict[str, float]:
        """Return how many MB each part has more at the end than at half-time."""
        half, last = self.memory[LOOKS // 2], self.memory[-1]
        return {name: last[name] - half.get(name, 0.0) for name in last}

    def grew(self) -> list[str]:
        """Return the parts that are not flat."""
        half = self.memory[LOOKS // 2]
        return [
            name
            for name, more in self.growth().items()
            if more > max(FLAT_MB, FLAT_SHARE * half.get(name, 0.0))
        ]

    @property
    def good(self) -> bool:
        """Return True when nothing was lost or said twice, everybody was answered, and nothing grew."""
        return self.balance.good and not self.balance.told and not self.grew()

    def section(self) -> Section:
        """Return the outcome as a part of docs/load.md."""
        found, growth = self.balance, self.growth()
        marks = [f"{at * self.minutes / LOOKS:g} min" for at in range(LOOKS + 1)]
        rows = [
            (name, *(f"{look.get(name, 0):.0f}" for look in self.memory), f"{growth[name]:+.1f}")
            for name in sorted(growth)
        ]
        most = max(growth, key=lambda name: growth[name])
        return Section(
            f"{self.minutes:g} minutes without a pause",
            COMMAND.format(minutes=self.minutes, rate=self.rate),
            METHOD.format(rate=self.rate, looks=LOOKS),
            (Table(("resident memory, MB", *marks, "second half"), tuple(rows)),),
            (f"{found}.", f"Load average at the end: {self.load:.1f}."),
            (
                Aim("lost, doubled, out of order", "0, 0, 0", found.faults(), found.good),
                Aim(
                    f"memory flat: second half, each part, at most {FLAT_SHARE:.0%} or {FLAT_MB:g} MB more",
                    "all",
                    f"most: {most} {growth[most]:+.1f} MB",
                    not self.grew(),
                ),
            ),
        )


async def soak(running: Town, minutes: float, rate: float, told: Callable[[str], None]) -> Outcome:
    """Let people write for ``minutes``; ``told`` hears how it goes."""
    memory = [running.memory()]
    plan = Plan(messages=int(minutes * 60 * rate), rate=rate, parts=())
    address = f"http://127.0.0.1:{running.fake}"
    async with httpx.AsyncClient(trust_env=False, base_url=address, timeout=60) as client:
        writing = asyncio.create_task(write(client, plan, told))
        for _ in range(LOOKS):
            await asyncio.sleep(minutes * 60 / LOOKS)
            memory.append(running.memory())
            told(", ".join(f"{name} {held:.0f} MB" for name, held in memory[-1].items()))
        await writing
        await quiet(client, running.database_url, plan.scale)
        ledger = (await client.get("/control/ledger")).json()
    found = balance(ledger, await asyncio.to_thread(read, running.database_url, running.space.data))
    return Outcome(found, memory, minutes, rate, os.getloadavg()[0])


def main() -> None:
    """Soak; exit with 1 when a message was lost, or a part grew."""
    few_threads()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--write", type=Path, help="the page to write the section into")
    options = parser.parse_args()
    if not (0 < options.minutes <= LONGEST and 0 < options.rate <= FASTEST):
        parser.error(f"at most {LONGEST:.0f} minutes and {FASTEST:.0f} messages a second")
    with town() as running:
        outcome = asyncio.run(soak(running, options.minutes, options.rate, say))
    page_part.show("soak", outcome.section(), options.write)
    raise SystemExit(0 if outcome.good else 1)


if __name__ == "__main__":
    main()
