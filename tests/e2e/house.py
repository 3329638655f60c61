"""The running assistant for tests: gateway, Rasa and actions on free ports over copies of the built index and model."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from deploy import rasa_model
from deploy.parts import parts
from deploy.supervise import ROOT, Supervisor


@dataclass
class House:
    """The running assistant."""

    url: str
    folder: Path
    supervisor: Supervisor
    client: httpx.Client

    def say(self, session: str, text: str) -> list[dict[str, Any]]:
        return self._send({"session_id": session, "text": text})

    def press(self, session: str, payload: str) -> list[dict[str, Any]]:
        return self._send({"session_id": session, "payload": payload})

    def _send(self, message: dict[str, str]) -> list[dict[str, Any]]:
        answer = self.client.post("/api/v1/chat", json=message)
        assert answer.status_code == 200, answer.text
        replies: list[dict[str, Any]] = answer.json()["replies"]
        return replies

    def parts_up(self) -> dict[str, bool]:
        return {name: part["up"] for name, part in self.client.get("/readyz").json()["parts"].items()}

    def pid(self, name: str) -> int:
        script = {"rasa": "bot.rasa_server", "actions": "bot.action_server"}[name]
        wanted = str(self.folder)
        for process in psutil.process_iter(["cmdline", "environ"]):
            environment = process.info["environ"] or {}
            if script in (process.info["cmdline"] or []) and environment.get("FANZHA_DATA_DIR") == wanted:
                return int(process.pid)
        raise AssertionError(f"{name} does not run")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_house(folder: Path) -> Iterator[House]:
    """Start everything with ``folder`` as its data; stop it at the end."""
    data = ROOT / ".var"
    # While several people edit the training data, an older model is good enough to try a conversation.
    trained = rasa_model.is_trained(data / "models") or os.environ.get("FANZHA_OLD_MODEL_WILL_DO")
    assert trained, "run `make test` (or `fanzha train`) first"
    for name in ("index", "models"):
        if not (folder / name).exists():
            shutil.copytree(data / name, folder / name)
    gateway, rasa, actions, campaigns = free_port(), free_port(), free_port(), free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "FANZHA_DATA_DIR": str(folder),
        "FANZHA_MODEL_FOLDER": str(folder / "models"),
        "FANZHA_PORT": str(gateway),
        "FANZHA_RASA_PORT": str(rasa),
        "FANZHA_ACTIONS_PORT": str(actions),
        "FANZHA_RASA_URL": f"http://127.0.0.1:{rasa}",
        "FANZHA_ACTIONS_URL": f"http://127.0.0.1:{actions}/webhook",
        "FANZHA_CAMPAIGNS_URL": f"http://127.0.0.1:{campaigns}",
        # What is said is tried here, not how fast: other tests run beside this one.
        "FANZHA_DIALOGUE_TIMEOUT_SECONDS": "10",
        "FANZHA_RATE_PER_MINUTE": "0",
        "FANZHA_RATE_IP_PER_MINUTE": "0",
    }
    supervisor = Supervisor(
        parts(gateway, rasa, actions, campaigns_port=campaigns), folder / "log", environment
    )
    try:
        supervisor.start()
        supervisor.wait_ready(f"http://127.0.0.1:{gateway}/readyz", lambda _: None)
        with httpx.Client(base_url=f"http://127.0.0.1:{gateway}", timeout=20, trust_env=False) as client:
            yield House(f"http://127.0.0.1:{gateway}", folder, supervisor, client)
    finally:
        supervisor.stop()
