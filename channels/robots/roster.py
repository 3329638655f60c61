"""Which group robots there are: the setting FANZHA_ROBOTS, a YAML file or the list itself as JSON."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import yaml

from channels.mentions import load_silencer
from channels.robots.platforms import DingTalkRobot, WeComRobot
from channels.robots.robot import SECONDS, Line, Robot, load_tables
from channels.robots.words import load_words
from channels.settings import Settings, SettingsError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
KEY = re.compile(r"[A-Za-z0-9_-]{8,128}")
FIELDS = {"name", "kind", "url", "key", "secret"}
# Where each platform's address has its key.
PLACES = {"wecom": ("/cgi-bin/webhook/send", "key"), "dingtalk": ("/robot/send", "access_token")}


def load_robots(settings: Settings, client: httpx.AsyncClient, seconds: float = SECONDS) -> dict[str, Robot]:
    """Return the robots by name, none without the setting. Raises ``SettingsError``, which never names a key."""
    robots: dict[str, Robot] = {}
    if not settings.robots.strip():
        return robots
    # httpx tells every address it calls, and the robot's key is part of it.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    words, tables, silent = load_words(), load_tables(), load_silencer()
    for number, entry in enumerate(_entries(settings.robots), 1):
        name, kind, key, secret = _checked(entry, number, settings)
        if name in robots:
            raise _fault(number, "has the name of another one")
        line = Line(client, tables[kind], silent, seconds)
        if kind == "wecom":
            robots[name] = WeComRobot(name, line, settings.wecom_api_base, key)
        else:
            base = settings.dingtalk_webhook_base
            robots[name] = DingTalkRobot(name, line, base, key, secret, words.title)
    return robots


def _entries(setting: str) -> list[Any]:
    text = setting.strip()
    try:
        if text[0] not in "[{":
            text = Path(text).read_text(encoding="utf-8")
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError):
        raise SettingsError("FANZHA_ROBOTS: the file cannot be read") from None
    except yaml.YAMLError:  # its message quotes the text, and keys with it
        raise SettingsError("FANZHA_ROBOTS: is neither JSON nor YAML") from None
    if isinstance(data, dict):
        data = data.get("robots")
    if not isinstance(data, list):
        raise SettingsError("FANZHA_ROBOTS: must be a list of robots")
    return data


def _checked(entry: object, number: int, settings: Settings) -> tuple[str, str, str, str]:
    """Return name, kind, key and secret."""
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise _fault(number, "must have name, kind and url or key, as texts")
    if set(entry) - FIELDS:
        raise _fault(number, f"may have these fields only: {', '.join(sorted(FIELDS))}")
    name, kind, secret = entry.get("name", ""), entry.get("kind", ""), entry.get("secret", "")
    if not NAME.fullmatch(name):
        raise _fault(number, "needs a name of letters, digits, _ . -")
    if kind not in PLACES:
        raise _fault(number, f"must be of kind {' or '.join(PLACES)}")
    if secret and kind != "dingtalk":
        raise _fault(number, "has a secret, which only DingTalk's robots have")
    key = entry.get("key") or _key_of(entry, kind, settings)
    if not KEY.fullmatch(key):
        raise _fault(number, "has neither the key nor the webhook address that its platform shows")
    return name, kind, key, secret


def _key_of(entry: Mapping[str, str], kind: str, settings: Settings) -> str:
    """Return the key in the webhook address, empty when the address is not the platform's."""
    base = settings.wecom_api_base if kind == "wecom" else settings.dingtalk_webhook_base
    path, field = PLACES[kind]
    try:
        parts, ours = urlsplit(entry.get("url", "")), urlsplit(base)
        same = (parts.scheme, parts.netloc, parts.path) == (ours.scheme, ours.netloc, path)
    except ValueError:
        return ""
    return parse_qs(parts.query).get(field, [""])[0] if same else ""


def _fault(number: int, what: str) -> SettingsError:
    return SettingsError(f"FANZHA_ROBOTS: robot {number} {what}")
