"""Acknowledging WeChat's callbacks at 200 a second while the dialogue engine is down: ``python -m bench.webhooks``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from bench import page_part
from bench.gateway_alone import gateway
from bench.house import ROOT, Workspace, workspace
from bench.isolated import few_threads
from bench.section import Aim, Section, Table
from bench.servers import free_port, postgres
from bench.timing import Timing
from bench.town import fake_wechat
from bench.webhook_client import Seen
from tests.fakes.wechat.world import Account

COMMAND = "python -m bench.webhooks --write docs/load.md"
RATE, SECONDS, ROUNDS = 200.0, 15.0, 3
AIM = 50.0  # ms, 95 of 100
DRAIN_SECONDS = 180.0
DATABASES = ("SQLite", "PostgreSQL")
METHOD = """\
One gateway process, dialogue engine and actions not there at all. A client process of its own sends WeChat callbacks,
signed and encrypted, at random intervals (open loop: each goes out when it is due, and its time counts from then), every
one from another person. Nine of ten are texts, whose answer (here the hotlines and a judgement by the gateway) rides on
the response after the pause that ends a burst. One of ten is a report that wants no answer: its response is the bare
acknowledgement, after the message was verified, decrypted, masked, encrypted and committed, while the gateway is busy
with all the rest. "Stored" is the same for the texts by the gateway's own clock (`fanzha_ack_seconds`). PostgreSQL waits
for the disk at each commit; SQLite is in WAL mode with `synchronous=NORMAL`, the gateway's default."""


@dataclass(frozen=True)
class Round:
    """``acks`` and ``texts`` as the client saw them; ``within``: share stored within 50 ms by the gateway's clock."""

    database: str
    acks: Timing
    texts: Timing
    within: float
    wrong: int
    drained: float
    load: float
    late: float


def measure(rate: float = RATE, seconds: float = SECONDS, rounds: int = ROUNDS) -> Section:
    """Measure both databases and return the section."""
    account, fake, done = Account(), free_port(), list[Round]()
    settings = {
        "FANZHA_WECHAT_APP_ID": account.app_id,
        "FANZHA_WECHAT_APP_SECRET": account.secret,
        "FANZHA_WECHAT_TOKEN": account.token,
        "FANZHA_WECHAT_AES_KEY": account.aes_key,
        "FANZHA_WECHAT_API_BASE": f"http://127.0.0.1:{fake}",
    }
    with workspace(settings) as space, fake_wechat(space, fake, 1.0):
        for number in range(rounds):
            for name in DATABASES:
                done.append(_round(space, name, number, rate, seconds))
                _say(f"{name}: p95 {done[-1].acks.p95:.1f} ms, load average {done[-1].load:.1f}")
    return _section(done, rate)


def _round(space: Workspace, name: str, number: int, rate: float, seconds: float) -> Round:
    with _database(name) as url, gateway(space, {"FANZHA_DATABASE_URL": url}) as running:
        drive(running.port, rate / 4, 2.0, 1000 + number)
        _drain(url)
        load, before = os.getloadavg()[0], running.figures()
        seen = drive(running.port, rate, seconds, 1 + number)
        after, drained = running.figures(), _drain(url)
    return Round(
        name,
        Timing.of(seen.reports, seconds),
        Timing.of(seen.texts, seconds),
        _within(before, after),
        seen.wrong,
        drained,
        load,
        seen.late * 1000,
    )


def drive(port: int, rate: float, seconds: float, seed: int) -> Seen:
    """Run the client and return what it saw (``bench/webhook_client.py``)."""
    words = [f"--port={port}", f"--rate={rate}", f"--seconds={seconds}", f"--seed={seed}"]
    command = [sys.executable, "-m", "bench.webhook_client", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=600)
    return Seen(**json.loads(done.stdout))


@contextmanager
def _database(name: str) -> Iterator[str]:
    if name == "PostgreSQL":
        with postgres() as server:
            yield server.url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'gateway.db'}"


def _drain(url: str) -> float:
    """Wait until every message is answered; return the seconds that took."""
    engine, started = create_engine(url), time.monotonic()
    while time.monotonic() - started < DRAIN_SECONDS:
        with engine.connect() as connection:
            if not connection.execute(text("SELECT count(*) FROM inbox WHERE state = 'new'")).scalar():
                break
        time.sleep(0.2)
    engine.dispose()
    return time.monotonic() - started


def _within(before: dict[str, float], after: dict[str, float]) -> float:
    """Return the share of messages that were stored within 50 ms by the gateway's own clock."""
    quick, every = (
        f'fanzha_ack_seconds_{kind}{{channel="wechat"{more}}}'
        for kind, more in (("bucket", ',le="0.05"'), ("count", ""))
    )
    count = after[every] - before.get(every, 0.0)
    return (after[quick] - before.get(quick, 0.0)) / count if count else 0.0


def _section(rounds: list[Round], rate: float) -> Section:
    rows = tuple(
        (
            f"{one.database}",
            one.acks.count + one.texts.count,
            *(one.acks.p50, one.acks.p95, one.acks.worst),
            f"{one.within:.1%}",
            *(one.texts.p50, one.texts.p95, one.wrong, one.drained, one.load),
        )
        for one in sorted(rounds, key=lambda one: one.database, reverse=True)
    )
    header = (
        *("database", "callbacks", "ack p50 ms", "ack p95 ms", "worst ms", "stored ≤ 50 ms"),
        *("text p50 ms", "text p95 ms", "no 200", "rest answered s", "load average before"),
    )
    late = max(one.late for one in rounds)
    return Section(
        f"Acknowledging {rate:.0f} callbacks a second, dialogue engine down",
        COMMAND,
        METHOD,
        (Table(header, rows),),
        (
            f"The client was at most {late:.0f} ms behind its own plan; that counts as the gateway's time.",
            '"rest answered" is how long after the last callback every text had its answer.',
        ),
        tuple(_aim(name, [one for one in rounds if one.database == name], rate) for name in DATABASES),
    )


def _aim(name: str, rounds: list[Round], rate: float) -> Aim:
    reached = sorted(one.acks.p95 for one in rounds)[len(rounds) // 2]
    what = f"acknowledgement at {rate:.0f}/s on one gateway, Rasa down, {name}, p95 (median of {len(rounds)})"
    return Aim(what, f"≤ {AIM:.0f} ms", f"{reached:.1f} ms", reached <= AIM)


def main() -> None:
    """Measure, and print the section or write it into the page."""
    few_threads()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", type=Path, help="the page to write the section into")
    options = parser.parse_args()
    page_part.show("webhooks", measure(options.rate, options.seconds, options.rounds), options.write)


def _say(words: str) -> None:
    sys.stdout.write(f"[webhooks] {words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
