"""kill -9 again and again while people write; then the ledger: sent by people ↔ answers received.

``python -m tests.fakes.wechat.kill --messages 10000 --rate 10`` kills every part of the whole assistant, PostgreSQL
too (``siege.py``). ``python -m tests.fakes.wechat.kill --seconds 600`` kills the gateway alone, before an engine that
echoes. Exit code 1 when an answer was lost, came twice or, with all parts, before an earlier one.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, create_engine, text

from tests.fakes.wechat.world import Account

ROOT = Path(__file__).parents[3]
QUIET_SECONDS = 60.0
UNFINISHED = """SELECT (SELECT count(*) FROM inbox WHERE state = 'new') + (SELECT count(*) FROM outbox
    WHERE state IN ('claimed', 'sending') OR (state = 'queued' AND due_at IS NOT NULL))"""


@dataclass(frozen=True)
class Balance:
    """``unreached``: WeChat got no acknowledgement in three deliveries and told the person so; ``unknown``: the
    gateway died between a push and WeChat's answer and says so itself."""

    sent: int
    answered: int
    passive: int
    pushed: int
    lost: int
    doubled: int
    unreached: int
    unknown: int
    kills: int
    disordered: int

    @property
    def good(self) -> bool:
        """Return whether nothing was lost without a trace and nothing came twice."""
        return not self.lost and not self.doubled

    def __str__(self) -> str:
        return (
            f"sent {self.sent} = answered {self.answered} (passive {self.passive}, pushed {self.pushed}) "
            f"+ unreached {self.unreached} + unknown {self.unknown} + lost {self.lost}; doubled {self.doubled}; "
            f"out of order {self.disordered}; kill -9: {self.kills}"
        )


class Town:
    """The fake WeChat and the gateway, as processes."""

    def __init__(self, folder: Path, scale: float) -> None:
        self.port, self.fake_port = _free(), _free()
        self.url = f"sqlite:///{folder / 'kill.db'}"
        account = Account()
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "FANZHA_DATA_DIR": str(folder),
            "FANZHA_DATABASE_URL": self.url,
            "FANZHA_PORT": str(self.port),
            "FANZHA_BURST_SECONDS": "0",
            "FANZHA_RATE_PER_MINUTE": "0",
            "FANZHA_RATE_PER_DAY": "0",
            "FANZHA_WECHAT_APP_ID": account.app_id,
            "FANZHA_WECHAT_APP_SECRET": account.secret,
            "FANZHA_WECHAT_TOKEN": account.token,
            "FANZHA_WECHAT_AES_KEY": account.aes_key,
            "FANZHA_WECHAT_API_BASE": f"http://127.0.0.1:{self.fake_port}",
        }
        self._log = (folder / "log").open("ab")
        callback = f"http://127.0.0.1:{self.port}/webhooks/wechat"
        self.fake = self._start(
            "tests.fakes.wechat", "--port", str(self.fake_port), "--callback", callback, "--scale", str(scale)
        )
        self.gateway = self._start("tests.fakes.wechat.stub_gateway")

    def kill_gateway(self) -> None:
        """End the gateway as a power cut would, and start it anew."""
        self.gateway.send_signal(signal.SIGKILL)
        self.gateway.wait()
        self.gateway = self._start("tests.fakes.wechat.stub_gateway")

    def close(self) -> None:
        """End both."""
        for process in (self.gateway, self.fake):
            process.kill()
            process.wait()
        self._log.close()

    def _start(self, *module: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *module]
        return subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=self._log, stderr=self._log)


async def run(
    folder: Path, seconds: float, per_second: float, every: float, people: int = 12, scale: float = 1.0
) -> Balance:
    """Send for ``seconds`` and kill about every ``every`` seconds; then wait until all is quiet.

    ``scale`` shortens the five seconds that WeChat waits, three times: it must leave the gateway time to come back.
    """
    town = Town(folder, scale)
    chance = random.Random(7)
    kills = number = 0
    try:
        async with httpx.AsyncClient(
            trust_env=False, base_url=f"http://127.0.0.1:{town.fake_port}", timeout=30
        ) as client:
            await _up(client, town)
            began = time.monotonic()
            next_kill = began + every
            while time.monotonic() < began + seconds:
                body = {"openid": f"openid-{number % people:04}", "text": f"消息{number:06}号"}
                await client.post("/control/say", json=body)
                number += 1
                if time.monotonic() > next_kill:
                    await asyncio.to_thread(town.kill_gateway)
                    kills += 1
                    next_kill = time.monotonic() + every * chance.uniform(0.6, 1.4)
                await asyncio.sleep(chance.expovariate(per_second))
            await _quiet(client, town.url, scale)
            ledger = (await client.get("/control/ledger")).json()
    finally:
        town.close()
    return balance(ledger, _unknown(town.url), kills)


def balance(ledger: list[dict[str, Any]], unknown: int, kills: int) -> Balance:
    """Return what the ledger says; answers hold the texts they answer."""
    answers = [line for line in ledger if line["way"] in {"passive", "custom"}]
    said = {line["text"]: line for line in ledger if line["way"] == "said"}
    got: Counter[str] = Counter()
    order: dict[str, list[int]] = {}
    for line in answers:
        for word in line["text"].removeprefix("答：").split("\n"):
            key = word.removeprefix("答：")
            if key in said:
                got[key] += 1
                order.setdefault(line["openid"], []).append(said[key]["n"])
    unreached = {line["number"] for line in ledger if line["way"] == "unavailable"}
    missing = [line for key, line in said.items() if not got[key]]
    told = sum(line["number"] in unreached for line in missing)
    explained = min(unknown, len(missing) - told)
    return Balance(
        sent=len(said),
        answered=sum(count > 0 for count in got.values()),
        passive=sum(line["way"] == "passive" for line in answers),
        pushed=sum(line["way"] == "custom" for line in answers),
        lost=len(missing) - told - explained,
        doubled=sum(count > 1 for count in got.values()),
        unreached=told,
        unknown=explained,
        kills=kills,
        disordered=sum(sum(a > b for a, b in itertools.pairwise(seen)) for seen in order.values()),
    )


async def _up(client: httpx.AsyncClient, town: Town) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            await client.get("/control/ledger")
            await client.get(f"http://127.0.0.1:{town.port}/healthz")
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return
    raise RuntimeError("the processes did not start")


async def _quiet(client: httpx.AsyncClient, url: str, scale: float) -> None:
    """Wait until WeChat repeats nothing and the gateway has nothing left to do."""
    end = time.monotonic() + QUIET_SECONDS
    before, since = -1, time.monotonic()
    while time.monotonic() < end:
        count = len((await client.get("/control/ledger")).json())
        if count != before or _open(url):
            before, since = count, time.monotonic()
        elif time.monotonic() > since + 5 * scale + 1:
            return
        await asyncio.sleep(0.3)


def _open(url: str) -> int:
    return _count(
        url,
        UNFINISHED,
    )


def _unknown(url: str) -> int:
    return _count(url, "SELECT count(*) FROM outbox WHERE state = 'unknown'")


def _count(url: str, query: str) -> int:
    engine: Engine = create_engine(url)
    with engine.connect() as connection:
        found = int(connection.execute(text(query)).scalar_one())
    engine.dispose()
    return found


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def main() -> None:
    """Run and print the ledger's balance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, help="kill every part, and send so many")
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="without --messages: kill the gateway alone"
    )
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two kills")
    parser.add_argument("--write", type=Path, help="with --messages: the page to write the ledger into")
    options = parser.parse_args()
    if options.messages:
        from bench import page_part
        from tests.fakes.wechat import siege

        plan = siege.Plan(options.messages, options.rate, options.every)
        outcome = siege.besiege(plan, siege.say)
        for line in outcome.lines():
            siege.say(line)
        if options.write:
            page_part.put("kill", siege.page(plan, outcome), options.write)
        raise SystemExit(0 if outcome.balance.good else 1)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(Path(folder), options.seconds, options.rate, options.every))
    sys.stdout.write(f"[kill] {found}\n")
    raise SystemExit(0 if found.good else 1)


if __name__ == "__main__":
    main()
