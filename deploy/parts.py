"""The processes of the assistant and how each is started."""

from __future__ import annotations

import sys

from deploy.supervise import ROOT, Part

LOOPBACK = "127.0.0.1"


def parts(
    gateway_port: int,
    rasa_port: int,
    actions_port: int,
    host: str = LOOPBACK,
    workers: int = 1,
    campaigns_port: int = 5056,
) -> list[Part]:
    """Return actions, engines, campaigns and gateway; only the gateway listens on ``host``, the others on loopback."""
    campaigns = (sys.executable, "-m", "campaigns.service")
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
        *rasa_parts(rasa_port, workers),
        Part("campaigns", campaigns, campaigns_port, "FANZHA_CAMPAIGNS_PORT"),
        Part("gateway", (*gateway, "--host", host, "--port", str(gateway_port)), gateway_port, "FANZHA_PORT"),
    ]


def rasa_parts(port: int, workers: int) -> list[Part]:
    """Return ``workers`` dialogue engines on ports from ``port`` on, and for each one a second that may replace it."""
    command = (str(ROOT / ".venv-rasa" / "bin" / "python"), "-m", "bot.rasa_server")
    found = []
    for number in range(workers):
        name = "rasa" if workers == 1 else f"rasa-{number + 1}"
        found.append(Part(name, command, port + number, "FANZHA_RASA_PORT", replaces=name))
        spare = port + workers + number
        found.append(Part(f"{name}-next", command, spare, "FANZHA_RASA_PORT", replaces=name, standby=True))
    return found
