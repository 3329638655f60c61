"""The people, the campaign and the processes of ``bench/campaigns.py``."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]
from sqlalchemy import Engine, insert, text

from bench.house import ROOT
from bench.servers import free_port
from campaigns import shipped
from campaigns.calendar.days import CHINA
from campaigns.document import Campaign, QuietHours, Route, Wave
from campaigns.store import Store
from channels import people
from channels.base import Inbound
from channels.keys import Keys
from storage.campaign_tables import campaign_letter, subscriber
from tests.fakes.wechat.world import Account

SLICE = 1_000
UP_SECONDS = 60.0
MEGABYTE = 1024 * 1024
WISH = {"topics": "", "frequency": "all", "role": "", "district": "", "language": "zh", "age": ""}


def crowd(engine: Engine, keys: Keys, size: int) -> None:
    """Add people who follow and said yes, and to each a letter of an earlier campaign."""
    account, now = Account().app_id, time.time()
    for start in range(0, size, SLICE):
        written = []
        for number in range(start, min(size, start + SLICE)):
            message = Inbound("wechat", openid(number), account=account)
            written.append((message, keys.owner("wechat", message.sender, account), now))
        with engine.begin() as connection:
            numbers = [one.id for one in people.meet_all(connection, keys, written).values()]
            yes = {**WISH, "active": True, "wording": "1", "since": now, "changed_at": now}
            connection.execute(insert(subscriber), [{**yes, "person_id": one} for one in numbers])
            old = {"campaign": "old", "wave": 0, "route": "wechat_mass", "variant": "a", "cause": ""}
            old |= {"state": "sent", "sent_at": now - 10 * 86_400, "job_id": None, "letter_id": None}
            connection.execute(insert(campaign_letter), [{**old, "person_id": one} for one in numbers])
    if engine.dialect.name == "postgresql":  # autovacuum would do it within a minute
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def openid(number: int) -> str:
    """Return the openid of person ``number``, as long as WeChat's are."""
    return f"o-bench-{number:020}"


def document(due: float) -> Campaign:
    """Return the campaign: the shipped article to everyone by WeChat, due at ``due`` and never quiet."""
    known = shipped.load()["spring_festival"]
    at = dt.datetime.fromtimestamp(due, CHINA).replace(tzinfo=None)
    never = QuietHours(start=dt.time(0), end=dt.time(0))
    changes = {"id": "great", "routes": (Route.WECHAT_MASS,), "robots": (), "quiet_hours": never}
    changes |= {"variants": known.variants[:1], "waves": (Wave(at=at),)}
    return known.model_copy(update=changes)


def schedule(engine: Engine, due: float) -> None:
    """Have the campaign approved."""
    wanted, store, now = document(due), Store(engine), time.time()
    store.save(wanted, "ann", now)
    store.previewed(wanted.id, "ann", now)
    store.submit(wanted.id, "ann", lambda _: [], now)
    store.approve(wanted.id, "bob", wanted.digest, lambda _: [], now)


class Town:
    """The fake WeChat, the gateway and the worker, as processes."""

    def __init__(self, folder: Path, url: str) -> None:
        account = Account()
        self.gateway, self.fake, self.worker = free_port(), free_port(), free_port()
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "FANZHA_DATA_DIR": str(folder),
            "FANZHA_DATABASE_URL": url,
            "FANZHA_PORT": str(self.gateway),
            "FANZHA_CAMPAIGNS_PORT": str(self.worker),
            "FANZHA_WECHAT_APP_ID": account.app_id,
            "FANZHA_WECHAT_APP_SECRET": account.secret,
            "FANZHA_WECHAT_TOKEN": account.token,
            "FANZHA_WECHAT_AES_KEY": account.aes_key,
            "FANZHA_WECHAT_API_BASE": f"http://127.0.0.1:{self.fake}",
        }
        callback = f"http://127.0.0.1:{self.gateway}/webhooks/wechat"
        words = {
            "wechat": ("tests.fakes.wechat", "--port", str(self.fake), "--callback", callback),
            "gateway": ("tests.fakes.wechat.stub_gateway",),
            "worker": ("campaigns.service",),
        }
        self._log = (folder / "log").open("ab")
        self._processes = {
            name: subprocess.Popen(
                [sys.executable, "-m", *module], cwd=ROOT, env=environment, stdout=self._log, stderr=self._log
            )
            for name, module in words.items()
        }
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self.fake}", timeout=120, trust_env=False)

    def pid(self, name: str) -> int:
        """Return the number of a process."""
        return self._processes[name].pid

    def up(self, size: int) -> None:
        """Wait until all answer, and let ``size`` people follow the account."""
        end = time.monotonic() + UP_SECONDS
        while time.monotonic() < end:
            try:
                for port in (self.gateway, self.worker):
                    self._client.get(f"http://127.0.0.1:{port}/healthz").raise_for_status()
                body = {"openids": [openid(number) for number in range(size)]}
                self._client.post("/control/crowd", json=body).raise_for_status()
                return
            except httpx.TransportError:
                time.sleep(0.3)
        raise RuntimeError("the processes did not start")

    def ledger(self) -> list[dict[str, Any]]:
        """Return what the fake WeChat saw."""
        found: list[dict[str, Any]] = self._client.get("/control/ledger").json()
        return found

    def close(self) -> None:
        """End all."""
        self._client.close()
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._log.close()


class Watch:
    """Looks at a process' resident memory five times a second."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._worst = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def now(self) -> float:
        """Return the megabytes at this moment."""
        return float(self._process.memory_info().rss) / MEGABYTE

    def close(self) -> float:
        """Stop looking; returns the most megabytes that were seen."""
        self._over.set()
        self._thread.join()
        return self._worst

    def _look(self) -> None:
        while not self._over.wait(0.2) and self._process.is_running():
            self._worst = max(self._worst, self.now())
