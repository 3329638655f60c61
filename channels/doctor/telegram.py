"""Does Telegram know the bot, and does it call where it should?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx

from channels.doctor.finding import Finding, error, ok, warning
from channels.settings import Settings

SECONDS = 5.0
MANY_PENDING = 100
TOKEN = re.compile(r"[0-9]{5,15}:[A-Za-z0-9_-]{30,50}")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")  # what setWebhook takes as secret_token
PATH = "/webhooks/telegram"


class NoAnswer(Exception):
    """Telegram did not answer, or said no; the message never holds the address, which has the token in it."""


def look(settings: Settings) -> Iterator[Finding]:
    """Ask who the bot is and where Telegram sends its messages."""
    if not settings.telegram_token:
        return
    name = "Telegram"
    if not TOKEN.fullmatch(settings.telegram_token):
        yield error(
            name, "FANZHA_TELEGRAM_TOKEN has not the form of a token", "copy it again from @BotFather"
        )
        return
    if settings.telegram_secret and not SECRET.fullmatch(settings.telegram_secret):
        yield error(
            "Telegram secret",
            "FANZHA_TELEGRAM_SECRET: 1 to 256 letters, digits, _ and - are allowed",
            "choose another",
        )
    base = f"{settings.telegram_api_base}/bot{settings.telegram_token}"
    try:
        proxy = getattr(settings, "telegram_proxy", "") or None  # of this channel alone
        with httpx.Client(timeout=SECONDS, trust_env=False, proxy=proxy) as client:
            me = _ask(client, f"{base}/getMe")
            hook = _ask(client, f"{base}/getWebhookInfo")
    except NoAnswer as fault:
        yield error(
            name, str(fault), "check the token (@BotFather) and the way out to FANZHA_TELEGRAM_API_BASE"
        )
        return
    yield ok(name, f"the bot is @{me.get('username', '?')}")
    yield from _webhook(settings, hook)


def _webhook(settings: Settings, hook: dict[str, Any]) -> Iterator[Finding]:
    name, address = "Telegram webhook", str(hook.get("url", ""))
    wanted = f"{settings.public_base_url}{PATH}" if settings.telegram_secret else ""
    if address != wanted:
        said = "Telegram calls another address" if address else "Telegram calls no address"
        cure = f"set the webhook to {wanted}" if wanted else "delete the webhook: without a secret we poll"
        yield error(name, said, f"{cure} (docs/telegram.md)")
        return
    if hook.get("last_error_message"):
        yield warning(
            name,
            f"the last call failed: {str(hook['last_error_message'])[:100]}",
            "is the address reachable?",
        )
    waiting = int(hook.get("pending_update_count") or 0)
    if waiting > MANY_PENDING:
        yield warning(name, f"{waiting} messages wait at Telegram", "is the assistant running?")
    else:
        yield ok(name, "set" if address else "none: messages are polled")


def _ask(client: httpx.Client, address: str) -> dict[str, Any]:
    try:
        body = client.get(address).json()
    except httpx.HTTPError as fault:
        raise NoAnswer(f"cannot be reached ({type(fault).__name__})") from None
    except ValueError:
        raise NoAnswer("an answer that is not Telegram's") from None
    if not isinstance(body, dict) or not body.get("ok") or not isinstance(body.get("result"), dict):
        code = body.get("error_code") if isinstance(body, dict) else None
        raise NoAnswer(
            f"it answered {code or 'nothing of use'}" + (": the token is wrong" if code == 401 else "")
        )
    found: dict[str, Any] = body["result"]
    return found
