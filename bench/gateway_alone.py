"""The gateway by itself, behind the fake WeChat's API: no dialogue engine and no actions answer."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from bench.house import ROOT, HouseFailed, Workspace
from bench.processes import end

START_SECONDS = 60.0
COMMAND = ("-m", "uvicorn", "channels.gateway:create_default_app", "--factory", "--no-access-log")


@dataclass(frozen=True)
class Gateway:
    """A running gateway; ``pid`` is its process."""

    port: int
    pid: int

    def figures(self) -> dict[str, float]:
        """Return what /metrics says, by the whole name with its labels."""
        text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=30, trust_env=False).text
        rows = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in rows}


@contextmanager
def gateway(space: Workspace, more: Mapping[str, str]) -> Iterator[Gateway]:
    """Give the gateway of ``space`` with some more settings, its index loaded. Raises ``HouseFailed``."""
    port, log = space.ports[0], space.folder / "gateway.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, *COMMAND, "--port", str(port)],
            cwd=ROOT,
            env={**space.environment(), **more},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(port, process)
        yield Gateway(port, process.pid)
    finally:
        end(process)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(timeout=5, trust_env=False) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get(f"http://127.0.0.1:{port}/readyz").json()["parts"]["index"]["up"]:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
    raise HouseFailed("the gateway did not start")
