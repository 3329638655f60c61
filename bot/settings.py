"""Where the dialogue engine and its actions listen. Standard library only: two interpreters read this."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"


class SettingsError(ValueError):
    """A setting cannot be used; the message names the variable."""


@dataclass(frozen=True)
class BotSettings:
    """Ports are TCP ports on the loopback address; ``schools_file`` is empty when no school takes part."""

    rasa_port: int = 5005
    actions_port: int = 5055
    actions_url: str = "http://127.0.0.1:5055/webhook"
    model_folder: str = ".var/models"
    data_dir: str = ".var"
    schools_file: str = ""


def load_settings(environment: Mapping[str, str] | None = None) -> BotSettings:
    """Return the settings from the environment. Raises ``SettingsError`` naming the wrong variable."""
    values = os.environ if environment is None else environment
    actions_port = _port(values, "FANZHA_ACTIONS_PORT", 5055)
    return BotSettings(
        rasa_port=_port(values, "FANZHA_RASA_PORT", 5005),
        actions_port=actions_port,
        actions_url=values.get("FANZHA_ACTIONS_URL") or f"http://{LOOPBACK}:{actions_port}/webhook",
        model_folder=values.get("FANZHA_MODEL_FOLDER") or ".var/models",
        data_dir=values.get("FANZHA_DATA_DIR") or ".var",
        schools_file=values.get("FANZHA_SCHOOLS_FILE") or "",
    )


def _port(values: Mapping[str, str], name: str, default: int) -> int:
    raw = values.get(name) or str(default)
    if not raw.isdigit() or not 0 < int(raw) < 65536:
        raise SettingsError(f"{name} must be a TCP port (1-65535)")
    return int(raw)
