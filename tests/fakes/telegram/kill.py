"""kill -9 of the gateway again and again while people write; then the ledger: sent by people ↔ answers received.

``python -m tests.fakes.telegram.kill --seconds 600 [--polling]``. Exit code 1 when an answer was lost or came twice.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text

from tests.fakes.telegram.world import Account
from tests.fakes.wechat.kill import UNFINISHED, Balance, balance

ROOT = Path(__file__).parents[3]
QUIET_SECONDS = 60.0
SECRET = "test-secret_0123456789"
FIRST_PERSON = 777_000_000


class Town:
    """The fake Telegram and the gateway, as processes."""

    def __init__(self, folder: Path, polling: bool) -> None:
        self.port, self.fake_port = _free(), _free()
        self.url = f"sqlite:///{folder / 'kill.db'}"
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "FANZHA_DATA_DIR": str(folder),
            "FANZHA_DATABASE_URL": self.url,
            "FANZHA_PORT": str(self.port),
            "FANZHA_BURST_SECONDS": "0",
            "FANZHA_RATE_PER_MINUTE": "0",
            "FANZHA_RATE_PER_DAY": "0",
            "FANZHA_TELEGRAM_TOKEN": Account().token,
            "FANZHA_TELEGRAM_SECRET": "" if polling else SECRET,
            "FANZHA_TELEGRAM_API_BASE": f"http://127.0.0.1:{self.fake_port}",
        }
        self._log = (folder / "log").open("ab")
        self.fake = self._start("tests.fakes.telegram", "--port", str(self.fake_port), "--scale", "0.2")
        self.gateway = self._start("tests.fakes.telegram.stub_gateway")

    def kill_gateway(self) -> None:
        """End the gateway as a power cut would, and start it anew."""
        self.gateway.send_signal(signal.SIGKILL)
        self.gateway.wait()
        self.gateway = self._start("tests.fakes.telegram.stub_gateway")

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
    folder: Path, seconds: float, per_second: float, every: float, polling: bool, people: int = 12
) -> Balance:
    """Send for ``seconds`` and kill about every ``every`` seconds; then wait until all is quiet."""
    town = Town(folder, polling)
    chance = random.Random(7)
    kills = number = 0
    base = f"http://127.0.0.1:{town.fake_port}"
    try:
        async with httpx.AsyncClient(trust_env=False, base_url=base, timeout=30) as client:
            await _up(client, town, polling)
            began = time.monotonic()
            next_kill = began + every
            while time.monotonic() < began + seconds:
                body = {"chat": FIRST_PERSON + number % people, "text": f"消息{number:06}号"}
                await client.post("/control/say", json=body)
                number += 1
                if time.monotonic() > next_kill:
                    await asyncio.to_thread(town.kill_gateway)
                    kills += 1
                    next_kill = time.monotonic() + every * chance.uniform(0.6, 1.4)
                await asyncio.sleep(chance.expovariate(per_second))
            await _quiet(client, town.url)
            ledger = (await client.get("/control/ledger")).json()
    finally:
        town.close()
    return balance(ledger, _count(town.url, "SELECT count(*) FROM outbox WHERE state = 'unknown'"), kills)


async def _up(client: httpx.AsyncClient, town: Town, polling: bool) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            await client.get("/control/ledger")
            await client.get(f"http://127.0.0.1:{town.port}/healthz")
        except httpx.TransportError:
            await asyncio.sleep(0.1)
            continue
        if not polling:
            hook = {"url": f"http://127.0.0.1:{town.port}/webhooks/telegram", "secret_token": SECRET}
            (await client.post(f"/bot{Account().token}/setWebhook", data=hook)).raise_for_status()
        return
    raise RuntimeError("the processes did not start")


async def _quiet(client: httpx.AsyncClient, url: str) -> None:
    """Wait until Telegram has nothing left to give and the gateway nothing left to do."""
    end = time.monotonic() + QUIET_SECONDS
    before, since = -1, time.monotonic()
    while time.monotonic() < end:
        ledger = (await client.get("/control/ledger")).json()
        waiting = (await client.get("/control/waiting")).json()
        sent = sum(line["way"] == "custom" for line in ledger)
        if sent != before or waiting or _count(url, UNFINISHED):
            before, since = sent, time.monotonic()
        elif time.monotonic() > since + 2:
            return
        await asyncio.sleep(0.3)


def _count(url: str, query: str) -> int:
    engine = create_engine(url)
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
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--per-second", type=float, default=8.0)
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two kills")
    parser.add_argument("--polling", action="store_true", help="without a webhook")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(
            run(Path(folder), options.seconds, options.per_second, options.every, options.polling)
        )
    sys.stdout.write(f"[kill] {found}\n")
    raise SystemExit(0 if found.good else 1)


if __name__ == "__main__":
    main()
