"""Telegram's requests for tests, as Telegram writes them."""

from __future__ import annotations

import json
from typing import Any

import httpx

from channels.base import Hook
from channels.settings import Settings
from channels.telegram.adapter import TelegramChannel, build
from channels.telegram.heard import Heard, Ourselves
from channels.telegram.parse import read
from channels.telegram.words import load_words
from tests.fakes.telegram.world import Account

TOKEN, NAME = Account().token, Account().username
SECRET = "test-secret_0123456789"
PERSON = 777000111
DATE = 1_790_000_000
WHO = Ourselves(str(Account().number), NAME)
WORDS = load_words()


def settings(**changes: Any) -> Settings:
    """Return the settings of a bot with a webhook."""
    return Settings(_env_file=None, **{"telegram_token": TOKEN, "telegram_secret": SECRET, **changes})


def channel(client: httpx.AsyncClient | None = None, seconds: float = 0.5, **changes: Any) -> TelegramChannel:
    """Return a channel."""
    built = build(settings(**changes), client or httpx.AsyncClient(trust_env=False), seconds)
    assert built is not None
    return built


def user(number: int = PERSON, **more: Any) -> dict[str, Any]:
    """Return a User."""
    return {"id": number, "is_bot": False, "first_name": "人", **more}


def talk(number: int = PERSON, kind: str = "private") -> dict[str, Any]:
    """Return a Chat."""
    return {"id": number, "type": kind, "first_name": "人"}


def message(**fields: Any) -> dict[str, Any]:
    """Return a Message of the person to the bot."""
    return {"message_id": 5, "date": DATE, "chat": talk(), "from": user(), **fields}


def update(kind: str = "message", number: int = 900, **fields: Any) -> dict[str, Any]:
    """Return an update with a message of ``fields``."""
    return {"update_id": number, kind: message(**fields)}


def press(pressed: object, number: int = 900, **more: Any) -> dict[str, Any]:
    """Return the update of a pressed button."""
    query = {"id": "q1", "from": user(), "chat_instance": "1", "data": pressed, "message": message(text="…")}
    return {"update_id": number, "callback_query": {**query, **more}}


def marks(text: str, piece: str, kind: str, **more: Any) -> list[dict[str, Any]]:
    """Return the entity over ``piece`` of ``text``, counted in UTF-16 units."""
    at = len(text[: text.index(piece)].encode("utf-16-le")) // 2
    return [{"type": kind, "offset": at, "length": len(piece.encode("utf-16-le")) // 2, **more}]


def hook(body: object, secret: str | None = SECRET) -> Hook:
    """Return the request that carries ``body``: bytes, or something to be written as JSON."""
    headers = {"content-type": "application/json"}
    if secret is not None:
        headers["x-telegram-bot-api-secret-token"] = secret
    return Hook("POST", headers, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def heard(data: object) -> Heard:
    """Return what an update is for us."""
    return read(data, WHO, WORDS)


def forwarded(text: str, **more: Any) -> dict[str, Any]:
    """Return the update of a message that was passed on."""
    origin = {"type": "hidden_user", "date": DATE, "sender_user_name": "某人"}
    return update(text=text, forward_origin=origin, **more)
