"""kill -9 of the campaigns' worker and of the gateway while a campaign goes out by Telegram; then the ledger.

``python -m tests.fakes.telegram.campaign_kill --people 5000 --kills 20 [--on PostgreSQL] [--write docs/campaigns.md]``.
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
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, text

from bench import page_part
from bench.servers import postgres
from channels.keys import load_keys
from storage.engine import open_engine
from storage.migrate import upgrade
from tests.fakes.telegram.campaign_town import Town
from tests.fakes.telegram.crowd import scheduled, subscribed
from tests.fakes.telegram.kill_ledger import PROBES, Ledger, section

FIRST_CHAT, FIRST_PROBE = 700_000_000, 600_000_000
UP_SECONDS, END_SECONDS = 60.0, 1800.0
RATE = 25.0  # messages a second of a campaign (campaigns/senders.py)


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
