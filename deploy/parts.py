"""The three processes of the assistant and how each is started."""

from __future__ import annotations

import sys

from deploy.supervise import ROOT, Part

LOOPBACK = "127.0.0.1"


def parts(gateway_port: int, rasa_port: int, actions_port: int, host: str = LOOPBACK) -> list[Part]:
    """Return actions, dialogue engine and gateway; only the gateway listens on ``host``, the others on loopback."""
    rasa = str(ROOT / ".venv-rasa" / "bin" / "python")
    gateway = (
        sys.executable,
        "-m",
        "uvicorn",
        "channels.gateway:create_default_app",
        "--factory",
        "--no-access-log",
    )
    return [
        Part("actions", (sys.executable, "-m", "bot.action_server"), actions_port, "FANZHA_ACTIONS_PORT"),
        Part("rasa", (rasa, "-m", "bot.rasa_server"), rasa_port, "FANZHA_RASA_PORT"),
        Part("gateway", (*gateway, "--host", host, "--port", str(gateway_port)), gateway_port, "FANZHA_PORT"),
    ]
