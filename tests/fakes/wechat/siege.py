"""kill -9 of every part of the whole assistant while people write; then the ledger, message by message.

Gateway, dialogue engines and actions are killed, PostgreSQL is shut down at once and started again; one of them about
every twenty seconds. ``tests/fakes/wechat/kill.py`` is the command.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from bench import page_part
from bench.section import Aim, Section, Table
from bench.texts import Composer
from bench.town import Town, town
from tests.fakes.wechat.book import Balance, Book, balance, read, trace

PARTS = ("gateway", "rasa", "actions", "database")
PAUSE_SECONDS = 60.0  # between two messages of one person, about
FEWEST_PEOPLE = 24
QUIET_SECONDS = 420.0  # after the last message: leases of 20 s, and a dialogue engine that starts
UNFINISHED = """SELECT (SELECT count(*) FROM inbox WHERE state = 'new') + (SELECT count(*) FROM outbox
    WHERE state IN ('claimed', 'sending') OR (state = 'queued' AND due_at IS NOT NULL))"""


METHOD = """\
The whole assistant as `fanzha run` starts it, with two dialogue engines, PostgreSQL and Redis, behind the fake WeChat, which
delivers each message up to three times, five seconds apart, as WeChat does. {rate:g} messages a second at random intervals,
each person about one a minute. About every {every:g} s one of gateway, dialogue engines and actions gets a kill -9, or
PostgreSQL is shut down at once (`pg_ctl -m immediate`) and started again, every second time after 4 to 9 s; the supervisor
starts what died. At the end the fake's ledger is compared with the gateway's book, message by message and answer by answer."""


@dataclass(frozen=True)
class Plan:
    """``messages`` at ``rate`` a second (random intervals), a kill about every ``every`` seconds."""

    messages: int = 10_000
    rate: float = 10.0
    every: float = 20.0
    parts: tuple[str, ...] = PARTS
    workers: int = 2
    scale: float = 1.0


@dataclass(frozen=True)
class Outcome:
    """``memory``: what each part held, in MB, at the start, in the middle and at the end."""

    balance: Balance
    memory: tuple[dict[str, float], ...]
    seconds: float

    def lines(self) -> list[str]:
        """Return the outcome for people."""
        names = sorted({name for found in self.memory for name in found})
        rows = [
            f"memory of {name}: " + " → ".join(f"{found.get(name, 0):.0f} MB" for found in self.memory)
            for name in names
        ]
        return [str(self.balance), f"{self.seconds:.0f} s from the first message to the last answer", *rows]


def besiege(plan: Plan, told: Callable[[str], None] | None = None) -> Outcome:
    """Run the whole assistant and do as planned; ``told`` hears how it goes."""
    with town(workers=plan.workers, scale=plan.scale) as running:
        return asyncio.run(besiege_town(running, plan, told or (lambda _: None)))


async def besiege_town(running: Town, plan: Plan, told: Callable[[str], None]) -> Outcome:
    """Do as planned in a town that runs already; the balance is of all that was ever sent there."""
    kills: Counter[str] = Counter()
    began, memory = time.monotonic(), [running.memory()]
    async with httpx.AsyncClient(
        trust_env=False, base_url=f"http://127.0.0.1:{running.fake}", timeout=60
    ) as client:
        killing = asyncio.create_task(_kill(running, plan, kills, told))
        middle = asyncio.create_task(_later(plan.messages / plan.rate / 2, running))
        await write(client, plan, told)
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)
        memory.append(await middle)
        await quiet(client, running.database_url, plan.scale)
        memory.append(running.memory())
        ledger = (await client.get("/control/ledger")).json()
    book = read(running.database_url, running.space.data)
    found = balance(ledger, book)
    found.kills = kills
    for number, kinds in found.faulty.items():
        told("\n".join([f"{', '.join(kinds)}: message {number or '?'}", *_traced(number, ledger, book)]))
    return Outcome(found, tuple(memory), time.monotonic() - began)


async def write(client: httpx.AsyncClient, plan: Plan, told: Callable[[str], None]) -> None:
    """Let people write as planned."""
    chance, composer = random.Random(7), Composer.load(8)
    people = max(FEWEST_PEOPLE, int(plan.rate * PAUSE_SECONDS))
    due, tell_at = time.monotonic(), plan.rate * 60
    for number in range(plan.messages):
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        body = {"openid": f"openid-{plan.every:g}-{number % people:05}", "text": composer.text("short")}
        await client.post("/control/say", json=body)
        due += chance.expovariate(plan.rate)
        if number and number % int(tell_at) == 0:
            told(f"{number} messages sent")


async def _kill(running: Town, plan: Plan, kills: Counter[str], told: Callable[[str], None]) -> None:
    chance, at = random.Random(11), 0
    while plan.parts:
        await asyncio.sleep(plan.every * chance.uniform(0.6, 1.4))
        # Each part in turn, in an order that differs each time round.
        order = random.Random(at // len(plan.parts)).sample(plan.parts, len(plan.parts))
        part = order[at % len(plan.parts)]
        at += 1
        done = await asyncio.shield(asyncio.to_thread(running.kill, part, chance))
        if done:
            kills[part] += 1
            told(f"killed: {done}")


async def _later(seconds: float, running: Town) -> dict[str, float]:
    await asyncio.sleep(seconds)
    return running.memory()


async def quiet(client: httpx.AsyncClient, url: str, scale: float) -> None:
    """Wait until WeChat repeats nothing and the gateway has nothing left to do."""
    end = time.monotonic() + QUIET_SECONDS
    seen, since = 0, time.monotonic()
    while time.monotonic() < end:
        fresh = len((await client.get("/control/ledger", params={"since": seen})).json())
        seen += fresh
        if fresh or await asyncio.to_thread(_open, url):
            since = time.monotonic()
        elif time.monotonic() > since + 15 * scale + 2:
            return
        await asyncio.sleep(1.0)


def _traced(number: str, ledger: list[dict[str, object]], book: Book) -> list[str]:
    return trace(number, ledger, book) if number else []


def _open(url: str) -> int:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return int(connection.execute(text(UNFINISHED)).scalar_one())
    except SQLAlchemyError:
        return 1
    finally:
        engine.dispose()


def page(plan: Plan, outcome: Outcome) -> str:
    """Return the outcome as a part of docs/load.md."""
    found, names = outcome.balance, sorted({name for one in outcome.memory for name in one})
    ledger = Table(
        ("what became of it", "messages"),
        (
            ("sent by people", found.sent),
            ("answered on WeChat's own request", found.passive),
            ("answered by a customer-service message", found.pushed),
            ("answered with the hotlines while the database was away", found.unstored),
            ("WeChat told the person that there is no service (three deliveries failed)", found.told),
            ("may have arrived: the gateway died before WeChat's answer, and says so", found.unknown),
            ("still being answered when the time was over", found.late),
            ("lost", found.lost),
            ("answered twice", found.doubled),
            ("answered before an earlier one of the same person", found.disordered),
        ),
    )
    memory = Table(
        ("resident memory, MB", "start", "middle", "end"),
        tuple((name, *(f"{one.get(name, 0):.0f}" for one in outcome.memory)) for name in names),
    )
    kills = ", ".join(f"{part} {count}" for part, count in sorted(found.kills.items()))
    aim = Aim("kills of every part: lost, doubled, out of order", "0, 0, 0", found.faults(), found.good)
    return (
        Section(
            "The ledger under kill -9",
            f"python -m tests.fakes.wechat.kill --messages {plan.messages} --rate {plan.rate:g} --write docs/load.md",
            METHOD.format(every=plan.every, rate=plan.rate),
            (ledger, memory),
            (
                f"Killed: {kills}. {outcome.seconds / 60:.0f} minutes from the first message to the last answer.",
                f"Load average at the end: {os.getloadavg()[0]:.1f}.",
                "A part that was killed shortly before the look has little memory then.",
            ),
            (aim,),
        ).markdown()
        + f"\n{page_part.measured_on()}\n"
    )


def say(words: str) -> None:
    """Write a line for whoever watches."""
    sys.stdout.write(f"[kill] {time.strftime('%H:%M:%S')} {words}\n")
    sys.stdout.flush()
