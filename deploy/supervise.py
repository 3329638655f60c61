"""Start gateway, dialogue engine, actions and campaigns, keep them alive, and end them together.

supervisord does the keeping: a part that dies is started again; one that keeps dying ends everything, with its
last log lines. This file writes its configuration, waits for /readyz, and passes Ctrl-C on.
"""

from __future__ import annotations

import configparser
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xmlrpc.client import Fault, ServerProxy

import httpx
from supervisor.xmlrpc import SupervisorTransport

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 180.0  # seconds; Rasa alone imports TensorFlow for 10-20 s on two cores
START_SECONDS = 5  # a part that dies sooner counts as a failed start
START_RETRIES = 3
REVIVE_SECONDS = 60.0  # between two tries to start one of several engines that kept dying
LOG_LINES = 2_000  # characters of a failed part's log that are shown
LOG_BYTES = "10MB"


class PortTaken(Exception):
    """A port is in use; the message names it, its part and the variable that changes it."""


class PartFailed(Exception):
    """A part keeps dying, or did not get ready in time; the message holds its last log lines."""


@dataclass(frozen=True)
class Part:
    """One process: how it is started, the port it takes and the variable that changes that port.

    Parts with the same ``replaces`` do the same work; a ``standby`` one is started by ``deploy/reload.py`` only.
    """

    name: str
    command: tuple[str, ...]
    port: int
    variable: str
    replaces: str = ""
    standby: bool = False


def check_ports(parts: list[Part]) -> None:
    """Raise ``PortTaken`` for the first port that is in use."""
    for part in (part for part in parts if not part.standby):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", part.port))
            except OSError:
                raise PortTaken(
                    f"port {part.port} ({part.name}) is in use: stop what uses it, or set {part.variable} to another one"
                ) from None


class Supervisor:
    """supervisord as a child process, asked over its own socket in ``folder``."""

    def __init__(self, parts: list[Part], folder: Path, environment: dict[str, str]) -> None:
        self._parts = parts
        self._folder = folder
        self._environment = environment
        # A socket's path may have 107 characters at most; a deep folder would break that.
        self._socket = Path(tempfile.gettempdir()) / f"fanzha-{os.getpid()}.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self._revive_at = 0.0

    def start(self) -> None:
        """Start supervisord, and through it every part."""
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "supervisord.conf"
        with config.open("w", encoding="utf-8") as stream:
            self._config().write(stream)
        command = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(config)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=self._environment, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def wait_ready(self, url: str, told: Callable[[str], None]) -> None:
        """Wait until ``url`` answers 200. Raises ``PartFailed``; ``told`` hears what is still missing."""
        deadline = time.monotonic() + READY_WITHIN
        with httpx.Client(timeout=3, trust_env=False) as client:
            while time.monotonic() < deadline:
                self.check()
                try:
                    answer = client.get(url)
                    if answer.status_code == 200 and not missing(answer):
                        return
                    told(missing(answer))
                except httpx.HTTPError:
                    told("gateway")
                time.sleep(0.4)
        raise PartFailed(
            f"not ready after {READY_WITHIN:.0f} s\n"
            + "\n".join(self._tail(part.name) for part in self._parts)
        )

    def check(self) -> None:
        """Raise ``PartFailed`` when a part keeps dying or supervisord itself is gone."""
        if self._process is None or self._process.poll() is not None:
            raise PartFailed("the supervisor ended by itself")
        states = self.states()
        for part in self._parts:
            # One of several dialogue engines can be missed: /readyz names it, the others do its work.
            others = [one.name for one in self._parts if part.replaces and one.replaces and one is not part]
            missed = any(states.get(name) in {"RUNNING", "STARTING"} for name in others)
            if states.get(part.name) != "FATAL":
                continue
            if not missed:
                raise PartFailed(f"{part.name} keeps dying. Its last words:\n{self._tail(part.name)}")
            if not part.standby and time.monotonic() > self._revive_at:
                self._revive_at = time.monotonic() + REVIVE_SECONDS
                self._start(part.name)

    def states(self) -> dict[str, str]:
        """Return supervisord's word for each part (RUNNING, STARTING, BACKOFF, FATAL …), {} while it starts."""
        try:
            infos = self._remote().supervisor.getAllProcessInfo()
        except (OSError, Fault):
            return {}
        return {str(info["name"]): str(info["statename"]) for info in infos}  # type: ignore[index, union-attr, call-overload]

    def stop(self) -> None:
        """End every part, then supervisord; kill what does not listen."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=25)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._socket.unlink(missing_ok=True)

    def _config(self) -> configparser.RawConfigParser:
        config = configparser.RawConfigParser()
        config["unix_http_server"] = {"file": str(self._socket), "chmod": "0700"}
        config["supervisord"] = {
            "logfile": str(self._folder / "supervisord.log"),
            "pidfile": str(self._folder / "supervisord.pid"),
            "silent": "true",
            # Everything it writes may say who asked when; only its owner reads that.
            "umask": "077",
        }
        config["rpcinterface:supervisor"] = {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        }
        for part in self._parts:
            config[f"program:{part.name}"] = {
                "command": " ".join(part.command),
                "directory": str(ROOT),
                "environment": f'{part.variable}="{part.port}"',
                "autostart": "false" if part.standby else "true",
                "autorestart": "true",
                "startsecs": str(START_SECONDS),
                "startretries": str(START_RETRIES),
                "stopwaitsecs": "10",
                "stopasgroup": "true",
                "killasgroup": "true",
                "redirect_stderr": "true",
                "stdout_logfile": str(self._folder / f"{part.name}.log"),
                "stdout_logfile_maxbytes": LOG_BYTES,
                "stdout_logfile_backups": "2",
            }
        return config

    def _remote(self) -> ServerProxy:
        return ServerProxy(
            "http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{self._socket}")
        )

    def _start(self, name: str) -> None:
        try:
            self._remote().supervisor.startProcess(name, False)
        except (OSError, Fault):  # the next try comes
            return

    def _tail(self, name: str) -> str:
        path = self._folder / f"{name}.log"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        return f"--- {name} ({path})\n{text[-LOG_LINES:]}"


def missing(answer: httpx.Response) -> str:
    """Return the names of the parts that /readyz says are not up, "" when all are."""
    try:
        parts = answer.json().get("parts", {})
        return ", ".join(name for name, part in parts.items() if not part.get("up"))
    except (ValueError, AttributeError):
        return "gateway"
