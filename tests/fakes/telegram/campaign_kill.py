"""kill -9 of the campaigns' worker and of the gateway while a campaign goes out by Telegram; then the ledger.

``python -m tests.fakes.telegram.campaign_kill --people 5000 --kills 20 [--postgres] [--write docs/campaigns.md]``.
Exit code 1 when anybody got it twice, or did not get it and nobody knows.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, text

from bench import page_part
from bench.section import Aim, Section, Table
from bench.servers import postgres
from channels.keys import load_keys
from storage.engine import open_engine
from storage.migrate import upgrade
from tests.fakes.telegram.campaign_town import Town
from tests.fakes.telegram.crowd import scheduled, subscribed

COMMAND = "python -m tests.fakes.telegram.campaign_kill --write docs/campaigns.md"
FIRST_CHAT, FIRST_PROBE = 700_000_000, 600_000_000
PROBES = 10  # small campaigns before the great one, to see how punctual they are
UP_SECONDS, END_SECONDS = 60.0, 1800.0
RATE = 25.0  # messages a second of a campaign (campaigns/senders.py)
METHOD = """\
The real worker, the real gateway (outbox and postman) and a strict fake of Telegram's API, each a process of its own. First
{probes} campaigns to one person each, one every 1.3 s: how long after its time the message is on the phone. Then one campaign
to {people:,} subscribed people; {kills} times, at random moments, the worker, the gateway or both get a kill -9 and are started
anew. The fake counts what arrived at whose phone, and that is compared with the letters in the database. Leases are 2 s in
place of 20 s (outbox) and 60 s (waves), so that twenty kills fit into minutes."""


@dataclass(frozen=True)
class Ledger:
    """``once``, ``twice``, ``never``: people by messages on their phones. ``unknown``: letters that are called so.

    ``lost``: neither on the phone nor called unknown or failed. ``late``: seconds from due to the phone, of the probes.
    ``fastest``: most messages that Telegram got in one second.
    """

    people: int
    kills: Counter[str]
    once: int
    twice: int
    never: int
    unknown: int
    lost: int
    late: tuple[float, ...]
    fastest: int
    seconds: float
    state: str

    @property
    def good(self) -> bool:
        """Whether the promise was kept: nobody twice, and whoever is not reached is named."""
        return not self.twice and not self.lost and self.never <= self.unknown and self.state == "finished"


async def run(folder: Path, url: str, people: int, kills: int, probes: int = PROBES, seed: int = 7) -> Ledger:
    """Let the campaign go out, kill meanwhile, wait for its end, and count."""
    engine = open_engine(url)
    upgrade(engine)
    keys, now = load_keys("", folder), time.time()
    subscribed(engine, keys, range(FIRST_CHAT, FIRST_CHAT + people), "CROWD01", now)
    subscribed(engine, keys, range(FIRST_PROBE, FIRST_PROBE + 1), "PROBE01", now)
    town = Town(folder, url)
    try:
        base = f"http://127.0.0.1:{town.fake}"
        async with httpx.AsyncClient(trust_env=False, base_url=base, timeout=60) as client:
            await _up(client, town)
            for first, count in ((FIRST_CHAT, people), (FIRST_PROBE, 1)):
                await client.post("/control/crowd", json={"first": first, "count": count})
            dues = _probes(engine, probes)
            await asyncio.sleep(max(0.0, dues[-1] + 3 - time.time()) if dues else 0)
            began = time.monotonic()
            scheduled(engine, "great", "CROWD01", time.time() + 3, time.time())
            done = await _kill(town, kills, people / RATE, random.Random(seed))
            await _ended(engine)
            seconds = time.monotonic() - began
            ledger = (await client.get("/control/ledger")).json()
        return _count(engine, ledger, people, dues, done, seconds)
    finally:
        town.close()
        engine.dispose()


def _probes(engine: Engine, count: int) -> list[float]:
    start = time.time() + 3
    dues = [round(start + 1.3 * number, 3) for number in range(count)]
    for number, due in enumerate(dues):
        scheduled(engine, f"probe-{number}", "PROBE01", due, time.time())
    return dues


async def _kill(town: Town, kills: int, lasts: float, chance: random.Random) -> Counter[str]:
    """Kill so that the kills are spread over the ``lasts`` seconds that an undisturbed campaign takes."""
    done: Counter[str] = Counter()
    await asyncio.sleep(3)
    for _ in range(kills):
        await asyncio.sleep(lasts / max(1, kills) * chance.uniform(0.5, 1.5))
        names = chance.choice([("worker",), ("gateway",), ("worker", "gateway")])
        for name in names:
            await asyncio.to_thread(town.kill, name)
            done[name] += 1
        done["times"] += 1
        _say(f"kill {done['times']}: {' and '.join(names)}")
    return done


async def _up(client: httpx.AsyncClient, town: Town) -> None:
    end = time.monotonic() + UP_SECONDS
    while time.monotonic() < end:
        try:
            await client.get("/control/ledger")
            await client.get(f"http://127.0.0.1:{town.port}/healthz")
            if (await client.get(f"http://127.0.0.1:{town.worker_port}/healthz")).is_success:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.2)
    raise RuntimeError("the processes did not start")


async def _ended(engine: Engine) -> None:
    end = time.monotonic() + END_SECONDS
    while time.monotonic() < end and _one(engine, "SELECT state FROM campaign WHERE id = 'great'") in {
        "scheduled",
        "sending",
    }:
        await asyncio.sleep(0.5)


def _count(
    engine: Engine,
    ledger: list[dict[str, Any]],
    people: int,
    dues: list[float],
    kills: Counter[str],
    took: float,
) -> Ledger:
    arrived = [line for line in ledger if line["way"] == "custom"]
    got = Counter(int(line["openid"]) for line in arrived if "great" in line["text"])
    late = []
    for number, due in enumerate(dues):
        at = [line["at"] for line in arrived if line["text"].endswith(f"probe-{number}")]
        late += [at[0] - due] if len(at) == 1 else [float("inf")]
    every = [got.get(chat, 0) for chat in range(FIRST_CHAT, FIRST_CHAT + people)]
    letters = "SELECT count(*) FROM campaign_letter WHERE campaign = 'great' AND state = '{}'"
    unknown, sent = (int(_one(engine, letters.format(state))) for state in ("unknown", "sent"))
    return Ledger(
        people,
        kills,
        every.count(1),
        sum(one > 1 for one in every),
        every.count(0),
        unknown,
        people - sent - unknown,
        tuple(late),
        max(Counter(int(line["at"]) for line in arrived).values(), default=0),
        took,
        str(_one(engine, "SELECT state FROM campaign WHERE id = 'great'")),
    )


def _one(engine: Engine, query: str) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(query)).scalar_one()


@contextmanager
def database(folder: Path, on_postgres: bool) -> Iterator[str]:
    """Give the address of a fresh database."""
    if not on_postgres:
        yield f"sqlite:///{folder / 'kill.db'}"
        return
    with postgres() as server:
        yield server.url


def section(found: dict[str, Ledger]) -> Section:
    """Return the ledgers as a part of the page."""
    header = (
        *(
            "database",
            "people",
            "kills",
            "of the worker",
            "of the gateway",
            "once",
            "twice",
            "never",
            "unknown",
        ),
        *("lost", "minutes", "most in one second", "late p50 s", "late worst s"),
    )
    rows = tuple(
        (
            *(name, one.people, one.kills["times"], one.kills["worker"], one.kills["gateway"]),
            *(one.once, one.twice, one.never, one.unknown, one.lost, one.seconds / 60, one.fastest),
            *(sorted(one.late)[len(one.late) // 2], max(one.late)),
        )
        for name, one in found.items()
    )
    some = next(iter(found.values()))
    method = METHOD.format(probes=PROBES, people=some.people, kills=some.kills["times"])
    aims = tuple(aim for name, one in found.items() for aim in _aims(name, one))
    table = Table(header, rows)
    return Section("Kill -9 during a campaign by Telegram", COMMAND, method, (table,), REMARKS, aims)


REMARKS = (
    "Telegram has no key by which it would know a repeated message. So a message whose request was noted and whose answer "
    "nobody heard, because the gateway died at that moment, is called unknown and never sent again: the person has it or "
    "has it not, and the report says how many there are. Everybody else got exactly one.",
    "Late: from the time in the document to the message on the phone.",
)


def _aims(name: str, one: Ledger) -> Iterator[Aim]:
    yield Aim(f"nobody gets it twice, {name}", "0", str(one.twice), not one.twice)
    reached = one.once == one.people
    yield Aim(f"everybody gets it once, {name}", f"{one.people:,}", f"{one.once:,}", reached)
    yield Aim(f"whoever may have missed it is named, {name}", "all", f"{one.lost} lost", one.good)
    yield Aim(
        f"a campaign begins at its time, {name}, worst of {len(one.late)}",
        "≤ 1 s",
        f"{max(one.late):.2f} s",
        max(one.late) <= 1,
    )


def _say(words: str) -> None:
    sys.stdout.write(f"[kill] {words}\n")
    sys.stdout.flush()


def main() -> None:
    """Run on both databases, and print the ledgers or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--on", choices=["SQLite", "PostgreSQL"], action="append")
    parser.add_argument("--write", type=Path, help="the page to write the ledgers into")
    options = parser.parse_args()
    found = {}
    for name in options.on or ("SQLite", "PostgreSQL"):
        with tempfile.TemporaryDirectory() as folder, database(Path(folder), name == "PostgreSQL") as url:
            found[name] = asyncio.run(run(Path(folder), url, options.people, options.kills))
        _say(f"{name}: {found[name]}")
    page_part.show("kill", section(found), options.write)
    raise SystemExit(0 if all(one.good for one in found.values()) else 1)


if __name__ == "__main__":
    main()
