"""Where the dialogue engine and its actions listen, and how they log. Standard library only: two interpreters read this."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"


class SettingsError(ValueError):
    """A setting cannot be used; the message names the variable."""


@dataclass(frozen=True)
class BotSettings:
    """Ports are TCP ports of ``bot_host``, an address; ``schools_file`` is empty when no school takes part.

    ``database_url`` is the gateway's (empty: files in ``data_dir``); ``redis_url`` is empty without a Redis.
    """

    rasa_port: int = 5005
    actions_port: int = 5055
    actions_url: str = "http://127.0.0.1:5055/webhook"
    model_folder: str = ".var/models"
    data_dir: str = ".var"
    schools_file: str = ""
    bot_host: str = LOOPBACK
    log_json: bool = False
    database_url: str = ""
    redis_url: str = ""


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
        database_url=values.get("FANZHA_DATABASE_URL") or "",
        redis_url=values.get("FANZHA_REDIS_URL") or "",
        bot_host=_address(values, "FANZHA_BOT_HOST"),
        log_json=_flag(values, "FANZHA_LOG_JSON"),
    )


def _address(values: Mapping[str, str], name: str) -> str:
    raw = values.get(name) or LOOPBACK
    try:
        return str(ipaddress.ip_address(raw))
    except ValueError:
        raise SettingsError(f"{name} must be an address such as 127.0.0.1 or 0.0.0.0") from None


def _flag(values: Mapping[str, str], name: str) -> bool:
    raw = (values.get(name) or "false").lower()
    if raw not in {"true", "false", "1", "0"}:
        raise SettingsError(f"{name} must be true or false")
    return raw in {"true", "1"}


def _port(values: Mapping[str, str], name: str, default: int) -> int:
    raw = values.get(name) or str(default)
    if not raw.isdigit() or not 0 < int(raw) < 65536:
        raise SettingsError(f"{name} must be a TCP port (1-65535)")
    return int(raw)
