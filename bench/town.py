"""The assistant in earnest, behind a fake WeChat: PostgreSQL, Redis, several dialogue engines, each its own process."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx
import psutil  # type: ignore[import-untyped]

from bench.house import ROOT, WORDS, House, Workspace, house, workspace
from bench.processes import MEGABYTE, end
from bench.servers import Postgres, free_port, postgres, redis
from tests.fakes.wechat.world import Account

FAKE = "tests.fakes.wechat"
START_SECONDS = 20.0
AWAY_SECONDS = (
    4.0,
    9.0,
)  # so long a database stays away every second time: longer than the gateway waits for it


@dataclass(frozen=True)
class Town:
    """``database`` is None when the gateway has its embedded SQLite; ``fake`` is the port of the fake WeChat."""

    house: House
    database: Postgres | None
    fake: int

    @property
    def space(self) -> Workspace:
        """Return the folder and the settings of the assistant."""
        return self.house.workspace

    @property
    def database_url(self) -> str:
        """Return SQLAlchemy's address of the gateway's database."""
        return self.space.environment()["FANZHA_DATABASE_URL"]

    def pids(self, part: str) -> list[int]:
        """Return the processes that do the work of ``part`` (gateway, rasa, actions) now."""
        found = []
        for process in psutil.Process(self.house.pid).children(recursive=True):
            try:
                if WORDS[part] in " ".join(process.cmdline()):
                    found.append(process.pid)
            except psutil.Error:
                continue
        return sorted(found)

    def kill(self, part: str, chance: random.Random) -> str:
        """End one process of ``part`` as a power cut would; returns what was killed. The supervisor starts it anew."""
        if part == "database" and self.database is not None:
            away = chance.choice((0.0, chance.uniform(*AWAY_SECONDS)))
            self.database.crash()
            time.sleep(away)
            self.database.start()
            return f"{part}, away for {away:.0f} s" if away else part
        running = self.pids(part)
        if not running:
            return ""
        number = chance.randrange(len(running))
        psutil.Process(running[number]).kill()
        return part if len(running) == 1 else f"{part}-{number + 1}"

    def memory(self) -> dict[str, float]:
        """Return each part's resident memory in MB, the database's without what its processes share."""
        found: dict[str, float] = {}
        for part in WORDS:
            for number, pid in enumerate(self.pids(part), 1):
                found[f"{part} {number}" if number > 1 else part] = _resident(pid)
        if self.database is not None:
            first = psutil.Process(self.database.pid())
            own = [_own(process) for process in (first, *first.children(recursive=True))]
            found["postgres"] = sum(own)
        return found


@contextmanager
def town(
    in_earnest: bool = True, workers: int = 2, scale: float = 1.0, more: Mapping[str, str] | None = None
) -> Iterator[Town]:
    """Give a running town. ``in_earnest``: PostgreSQL and Redis, else SQLite and nothing beside it.

    ``scale`` shortens the five seconds that WeChat waits; ``more`` are settings of the assistant.
    """
    account, fake = Account(), free_port()
    settings = {
        "FANZHA_WECHAT_APP_ID": account.app_id,
        "FANZHA_WECHAT_APP_SECRET": account.secret,
        "FANZHA_WECHAT_TOKEN": account.token,
        "FANZHA_WECHAT_AES_KEY": account.aes_key,
        "FANZHA_WECHAT_API_BASE": f"http://127.0.0.1:{fake}",
        "FANZHA_RASA_WORKERS": str(workers),
        **(more or {}),
    }
    with ExitStack() as stack:
        database = stack.enter_context(postgres()) if in_earnest else None
        if database is not None:
            settings |= {
                "FANZHA_DATABASE_URL": database.url,
                "FANZHA_REDIS_URL": stack.enter_context(redis()),
            }
        space = stack.enter_context(workspace(settings))
        stack.enter_context(fake_wechat(space, fake, scale))
        yield Town(stack.enter_context(house(space)), database, fake)


@contextmanager
def fake_wechat(space: Workspace, port: int, scale: float) -> Iterator[None]:
    """Run the fake WeChat on ``port``, before the gateway of ``space``."""
    callback = f"http://127.0.0.1:{space.ports[0]}/webhooks/wechat"
    command = [sys.executable, "-m", FAKE, "--port", str(port), "--callback", callback, "--scale", str(scale)]
    process = subprocess.Popen(command, cwd=ROOT, env=space.environment(), stdout=subprocess.DEVNULL)
    try:
        _wait(port)
        yield
    finally:
        end(process)


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline:
            try:
                client.get(f"http://127.0.0.1:{port}/control/menu")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
    raise RuntimeError("the fake WeChat did not start")


def _resident(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_info().rss) / MEGABYTE
    except psutil.Error:  # killed meanwhile
        return 0.0


def _own(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().uss) / MEGABYTE
    except psutil.Error:
        return 0.0
