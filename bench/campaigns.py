"""A campaign to a hundred thousand people: how long choosing and sending take, in how much memory.

``python -m bench.campaigns --write docs/campaigns.md``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, text

from bench import page_part
from bench.isolated import few_threads
from bench.reach_town import Town, Watch, crowd, document, schedule
from bench.section import Aim, Section, Table
from bench.servers import postgres
from campaigns import audience, letters
from channels.keys import load_keys
from storage.engine import open_engine, reading
from storage.migrate import upgrade

COMMAND = "python -m bench.campaigns --write docs/campaigns.md"
SIZES = (20_000, 100_000)
DATABASES = ("SQLite", "PostgreSQL")
END_SECONDS = 1800.0
SELECT_AIM, MORE_MEMORY_AIM = 2.0, 30.0
METHOD = """\
Everybody said yes, and got one message of an earlier campaign ten days ago, so that the caps have something to count.
"Selected" is the question alone, read slice by slice to its end ("processor": of that, what our own process computed); "and
noted" writes down who was chosen, as a wave does. Then the worker (`python -m campaigns.service`, a process of its own) sends
the shipped Spring Festival campaign, an article with its cover, to all of them through the fake WeChat by lists of at most
10,000, at most 100 messages a day and four a month for each person; the gateway takes WeChat's result events. "Sent" is from
the time in the document to the end of the campaign. Memory is the worker's resident memory, looked at five times a second."""


REMARKS = (
    'Where "selected" is many times "processor" on SQLite, other work had the cores: there the question is computed in our own '
    "process, and on PostgreSQL in its server.",
)


@dataclass(frozen=True)
class Round:
    """Seconds; megabytes of the worker before the campaign was due and at its worst; what WeChat delivered."""

    database: str
    people: int
    selected: float
    busy: float
    noted: float
    sent: float
    before: float
    worst: float
    delivered: int
    calls: int
    state: str


def measure(sizes: Sequence[int], databases: Sequence[str]) -> Section:
    """Measure and return the section."""
    done = []
    for name in databases:
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder, _database(name, Path(folder)) as url:
                done.append(_round(name, size, Path(folder), url))
            _say(str(done[-1]))
    return _section(done)


def _round(name: str, size: int, folder: Path, url: str) -> Round:
    engine = open_engine(url)
    upgrade(engine)
    crowd(engine, load_keys("", folder), size)
    selected, busy, noted = _select(engine)
    town = Town(folder, url)
    try:
        town.up(size)
        due = time.time() + 5
        schedule(engine, due)
        worst = Watch(town.pid("worker"))
        time.sleep(max(0.0, due - time.time()))
        before = worst.now()
        state = _ended(engine, "great")
        took = time.time() - due
        lines = town.ledger()
        return Round(
            *(name, size, selected, busy, noted, took, before, worst.close()),
            sum(line["way"] == "mass received" for line in lines),
            sum(line["way"] == "mass" for line in lines),
            state,
        )
    finally:
        town.close()
        engine.dispose()


def _select(engine: Engine) -> tuple[float, float, float]:
    """Return the seconds of choosing everybody, those of our processor time in it, and those of choosing and noting."""
    wanted, found = document(time.time() + 60), []
    for note in (False, True):
        with engine.connect() as connection, connection.begin() as transaction:
            started, busy = time.perf_counter(), time.process_time()
            for part in audience.choose(connection, wanted, 0, time.time()):
                if note:
                    letters.choose(connection, "probe", 0, part)
            found += [time.perf_counter() - started, time.process_time() - busy]
            transaction.rollback()
    return found[0], found[1], found[2]


def _ended(engine: Engine, campaign: str) -> str:
    end = time.monotonic() + END_SECONDS
    state = ""
    while time.monotonic() < end and state not in {"finished", "stopped"}:
        time.sleep(0.3)
        with reading(engine).connect() as connection:
            found = connection.execute(
                text("SELECT state, cause FROM campaign WHERE id = :id"), {"id": campaign}
            )
            state = str(found.one().state)
    return state


@contextmanager
def _database(name: str, folder: Path) -> Iterator[str]:
    if name == "PostgreSQL":
        with postgres() as server:
            yield server.url
    else:
        yield f"sqlite:///{folder / 'reach.db'}"


def _section(rounds: Sequence[Round]) -> Section:
    header = (
        *(
            "database",
            "people",
            "selected s",
            "processor s",
            "and noted s",
            "sent s",
            "delivered",
            "mass messages",
            "state",
        ),
        *("worker before MB", "worst MB"),
    )
    rows = tuple(
        (
            *(
                one.database,
                f"{one.people:,}",
                one.selected,
                one.busy,
                one.noted,
                one.sent,
                f"{one.delivered:,}",
            ),
            *(one.calls, one.state, one.before, one.worst),
        )
        for one in rounds
    )
    title = f"A campaign to {max(one.people for one in rounds):,} people by WeChat"
    return Section(title, COMMAND, METHOD, (Table(header, rows),), REMARKS, tuple(_aims(rounds)))


def _aims(rounds: Sequence[Round]) -> Iterator[Aim]:
    for name in dict.fromkeys(one.database for one in rounds):
        mine = sorted((one for one in rounds if one.database == name), key=lambda one: one.people)
        small, large = mine[0], mine[-1]
        selected = f"{large.selected:.2f} s"
        yield Aim(
            f"{large.people:,} subscribers selected, {name}",
            f"< {SELECT_AIM:.0f} s",
            selected,
            large.selected < SELECT_AIM,
        )
        whole = large.delivered == large.people and large.state == "finished"
        yield Aim(
            f"everybody has it once, {name}",
            f"{large.people:,}",
            f"{large.delivered:,} ({large.state})",
            whole,
        )
        more = large.worst - small.worst
        what = f"worst memory with {large.people:,} people above that with {small.people:,}, {name}"
        yield Aim(what, f"≤ {MORE_MEMORY_AIM:.0f} MB", f"{more:.0f} MB", more <= MORE_MEMORY_AIM)


def _say(words: str) -> None:
    sys.stdout.write(f"[campaigns] {words}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure, and print the section or write it into the page."""
    few_threads()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, action="append", help=f"sizes; default {SIZES}")
    parser.add_argument("--on", choices=DATABASES, action="append")
    parser.add_argument("--write", type=Path, help="the page to write the section into")
    options = parser.parse_args()
    page_part.show("reach", measure(options.people or SIZES, options.on or DATABASES), options.write)


if __name__ == "__main__":
    main()
