"""The bot object of python-telegram-bot, set up for this house."""

from __future__ import annotations

import logging
import re
from typing import cast

import httpx
from telegram.ext import AIORateLimiter, ExtBot

from channels.settings import Settings, SettingsError
from channels.telegram.line import SECONDS, Line

TOKEN = re.compile(r"(\d{1,20}):[A-Za-z0-9_-]{20,100}")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")  # what setWebhook takes
RETRIES = (
    3  # after "too many requests", for calls that nothing else repeats; messages are repeated by the outbox
)
# Both libraries tell what they call, and the token is part of every address; what is sent is told too. The rate limiter
# writes a trace for each "too many requests", which the outbox counts and repeats.
QUIET = {
    "httpx": logging.WARNING,
    "telegram": logging.WARNING,
    "telegram.ext.AIORateLimiter": logging.CRITICAL,
}
WANTED = ("message", "edited_message", "callback_query", "my_chat_member")


class Bot(ExtBot[int]):
    """The library's bot, and updates as they come: its own method logs a batch in which one cannot be read."""

    async def raw_updates(self, offset: int | None, wait: float, most: int) -> list[object]:
        """Return up to ``most`` updates from ``offset`` on as JSON, waiting ``wait`` seconds for the first."""
        wanted = {"timeout": int(wait), "limit": most, "allowed_updates": list(WANTED)}
        data = wanted if offset is None else {**wanted, "offset": offset}
        found = await self._post("getUpdates", data, read_timeout=wait + SECONDS)
        return cast("list[object]", found) if isinstance(found, list) else []


def number_of(settings: Settings) -> str:
    """Return the bot's own id. Raises ``SettingsError`` when the token is none."""
    found = TOKEN.fullmatch(settings.telegram_token)
    if found is None:
        raise SettingsError("FANZHA_TELEGRAM_TOKEN: is not a token as BotFather gives them")
    return found.group(1)


def secret_of(settings: Settings) -> str:
    """Return the webhook's secret, empty for polling. Raises ``SettingsError`` for one that Telegram refuses."""
    secret = settings.telegram_secret
    if secret and not SECRET.fullmatch(secret):
        raise SettingsError("FANZHA_TELEGRAM_SECRET: must have 1 to 256 letters, digits, _ and -")
    return secret


def proxied(settings: Settings) -> httpx.AsyncClient | None:
    """Return a client that goes by the proxy, None without one; whoever calls closes it."""
    if not settings.telegram_proxy:
        return None
    return httpx.AsyncClient(proxy=settings.telegram_proxy, trust_env=False)


def make_bot(settings: Settings, line: Line) -> Bot:
    """Return the bot. Raises ``SettingsError``."""
    number_of(settings)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    base = settings.telegram_api_base
    # The library's limits: 30 messages a second, 20 a minute to a group (platform-rules 3).
    return Bot(
        settings.telegram_token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=line,
        get_updates_request=line,
        rate_limiter=AIORateLimiter(),
    )
