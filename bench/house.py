"""Starts the real processes for a measurement: own ports, own data, never the user's database."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.processes import Family, end
from deploy.supervise import missing

ROOT = Path(__file__).resolve().parent.parent
WORDS = {"gateway": "channels.gateway", "rasa": "bot.rasa_server", "actions": "bot.action_server"}
READY_WITHIN = 180.0  # seconds
PREPARE_WITHIN = 900.0  # seconds; index, scorer and dialogue model from nothing on a slow machine


class HouseFailed(Exception):
    """A process did not start or prepare; the message holds the end of its output."""


def free_ports() -> tuple[int, int, int]:
    """Return three ports that nobody listens on now.

    Dialogue engines take some ports after theirs too; those were given out by nobody, and are seldom in use.
    """
    probes = [socket.socket() for _ in range(3)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    first, second, third = (int(probe.getsockname()[1]) for probe in probes)
    for probe in probes:
        probe.close()
    return first, second, third


@dataclass(frozen=True)
class Workspace:
    """A folder for data, and the environment in which processes use it."""

    folder: Path
    ports: tuple[int, int, int] = field(default_factory=free_ports)
    campaigns_port: int = field(default_factory=lambda: free_ports()[0])
    more: Mapping[str, str] = field(default_factory=dict)  # settings beyond the usual ones

    @property
    def data(self) -> Path:
        """Return the data folder that stands in for ``.var``."""
        return self.folder / "var"

    def environment(self, data: Path | None = None) -> dict[str, str]:
        """Return the environment of all processes; ``data`` replaces the data folder."""
        gateway, rasa, actions = map(str, self.ports)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("FANZHA_")}
        # Users have byte code written, as Python does by itself; containers often switch it off.
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        folder = data or self.data
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "RASA_TELEMETRY_ENABLED": "false",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "FANZHA_DATA_DIR": str(folder),
            "FANZHA_MODEL_FOLDER": str(folder / "models"),
            "FANZHA_DATABASE_URL": f"sqlite:///{folder / 'bench.db'}",
            "FANZHA_PORT": gateway,
            "FANZHA_RASA_PORT": rasa,
            "FANZHA_ACTIONS_PORT": actions,
            "FANZHA_ACTIONS_URL": f"http://127.0.0.1:{actions}/webhook",
            "FANZHA_CAMPAIGNS_PORT": str(self.campaigns_port),
            "FANZHA_RATE_PER_MINUTE": "0",
            "FANZHA_RATE_PER_DAY": "0",
            "FANZHA_RATE_IP_PER_MINUTE": "0",
            "FANZHA_RATE_IP_PER_DAY": "0",
            **self.more,
        }

    def fanzha(self, *arguments: str, data: Path | None = None) -> float:
        """Run one command of the command line and return its seconds. Raises ``HouseFailed``."""
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "fanzha", *arguments],
            cwd=ROOT,
            env=self.environment(data),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PREPARE_WITHIN,
            check=False,
        )
        if done.returncode:
            raise HouseFailed(f"fanzha {arguments[0]}:\n{done.stdout.decode(errors='replace')[-2000:]}")
        return time.perf_counter() - started


@dataclass(frozen=True)
class House:
    """The running assistant."""

    workspace: Workspace
    family: Family
    port: int
    ready_seconds: float
    pid: int  # of `fanzha run`


@contextmanager
def workspace(more: Mapping[str, str] | None = None) -> Iterator[Workspace]:
    """Give a folder with copies of the built index and model, brought up to date; removed afterwards.

    ``more``: settings beyond the usual ones.
    """
    with tempfile.TemporaryDirectory(prefix="fanzha-bench-") as folder:
        space = Workspace(Path(folder), more=more or {})
        for name in ("index", "models"):
            built = ROOT / ".var" / name
            if built.is_dir():
                shutil.copytree(built, space.data / name)
        space.data.mkdir(exist_ok=True)
        space.fanzha("index")
        space.fanzha("train")
        yield space


@contextmanager
def house(space: Workspace) -> Iterator[House]:
    """Start everything with ``fanzha run`` as people do, wait for /readyz, end it. Raises ``HouseFailed``."""
    log = space.folder / "run.log"
    started = time.perf_counter()
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "fanzha", "run"],
            cwd=ROOT,
            env=space.environment(),
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_ready(space.ports[0], process, log)
        ready = time.perf_counter() - started
        yield House(space, Family.below(process.pid, WORDS), space.ports[0], ready, process.pid)
    finally:
        end(process)


def _wait_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    with httpx.Client(timeout=3, trust_env=False) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                answer = client.get(f"http://127.0.0.1:{port}/readyz")
                if answer.status_code == 200 and not missing(answer):
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
    raise HouseFailed(log.read_text(encoding="utf-8", errors="replace")[-2000:])
