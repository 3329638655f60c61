"""Put a newly trained model in the place of the old one while people write: ``fanzha reload``.

For each dialogue engine a second one is started beside it and, once it answers, the first is told to end: it finishes
what it has begun, and the gateway (``channels/rasa_workers.py``) goes on with the second. What the engines remember is
shared, so open conversations go on too. When the new one does not start, the old one simply stays.
"""

from __future__ import annotations

import configparser
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import httpx
from supervisor.xmlrpc import SupervisorTransport

from deploy.supervise import LOG_LINES, READY_WITHIN, Part

LOOK_SECONDS = 0.3
UP = frozenset({"RUNNING", "STARTING"})


class ReloadFailed(Exception):
    """The new engine did not take over; the message says why. The old one goes on."""


class Control:
    """The supervisor of a running ``fanzha run``, over the socket that its configuration names."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the supervisor's files. Raises ``ReloadFailed`` when nothing runs there."""
        config = configparser.RawConfigParser()
        config.read(folder / "supervisord.conf")
        socket = config.get("unix_http_server", "file", fallback="")
        if not socket or not Path(socket).exists():
            raise ReloadFailed(
                "the assistant does not run here; `fanzha run` starts it with the newest model"
            )
        self._remote: Any = ServerProxy(
            "http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{socket}")
        )

    def states(self) -> dict[str, str]:
        """Return supervisord's word for each part. Raises ``ReloadFailed``."""
        return {str(info["name"]): str(info["statename"]) for info in self._call("getAllProcessInfo")}

    def start(self, name: str) -> None:
        """Start a part, without waiting for it. Raises ``ReloadFailed``."""
        self._call("startProcess", name, False)

    def stop(self, name: str) -> None:
        """Let a part finish what it has begun and end. Raises ``ReloadFailed``."""
        self._call("stopProcess", name, True)

    def _call(self, method: str, *words: object) -> Any:
        try:
            return getattr(self._remote.supervisor, method)(*words)
        except (OSError, Fault) as error:
            raise ReloadFailed(f"the supervisor: {error}") from None


def reload(control: Control, parts: Sequence[Part], folder: Path, told: Callable[[str], None]) -> None:
    """Replace every dialogue engine among ``parts``, one after the other. Raises ``ReloadFailed``.

    ``folder``: where the parts' logs are; ``told`` hears what was done.
    """
    for work in dict.fromkeys(part.replaces for part in parts if part.replaces):
        pair = [part for part in parts if part.replaces == work]
        old, new = _roles(pair, control.states())
        _bring_up(control, new, folder)
        if old is not None:
            control.stop(old.name)
        told(f"{work}: the new model answers on port {new.port}")


def _roles(pair: Sequence[Part], states: Mapping[str, str]) -> tuple[Part | None, Part]:
    """Return which of the two works now, None when neither does, and which is to take over."""
    running = [part for part in pair if states.get(part.name) in UP]
    if len(running) == len(pair):
        raise ReloadFailed(f"{pair[0].replaces} is being replaced already")
    if not running:
        return None, pair[0]
    return running[0], next(part for part in pair if part is not running[0])


def _bring_up(control: Control, part: Part, folder: Path) -> None:
    """Start ``part`` and wait until it answers; when it does not, end it again. Raises ``ReloadFailed``."""
    control.start(part.name)
    deadline = time.monotonic() + READY_WITHIN
    with httpx.Client(timeout=3, trust_env=False) as client:
        while time.monotonic() < deadline and control.states().get(part.name) != "FATAL":
            try:
                if client.get(f"http://127.0.0.1:{part.port}/").is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(LOOK_SECONDS)
    if control.states().get(part.name) in UP:
        control.stop(part.name)
    log = folder / f"{part.name}.log"
    words = log.read_text(encoding="utf-8", errors="replace")[-LOG_LINES:] if log.exists() else ""
    raise ReloadFailed(f"{part.name} did not come up; the old model goes on answering.\n{words}")
