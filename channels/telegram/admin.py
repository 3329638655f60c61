"""What an operator sets up once at Telegram: the webhook and the commands; and whether the bot works at all."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from telegram import BotCommand, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats

from channels.settings import Settings
from channels.telegram.adapter import PATH
from channels.telegram.bot import RETRIES, WANTED, Bot, secret_of
from channels.telegram.words import Words

CONNECTIONS = 40  # of Telegram to us at once (1 to 100); each waits for one row in the database
PORTS = {443, 80, 88, 8443}  # the only ones Telegram calls
LANGUAGES = ("zh", "en")


def webhook_of(settings: Settings) -> str:
    """Return the address for Telegram to call. Raises ``ValueError`` when it could not, or nothing would prove it."""
    if not secret_of(settings):
        raise ValueError("FANZHA_TELEGRAM_SECRET is empty, so anybody could write in Telegram's name")
    address = f"{settings.public_base_url}{PATH}"
    parts = urlsplit(address)
    if parts.scheme != "https" or (parts.port or 443) not in PORTS:
        raise ValueError(
            "FANZHA_PUBLIC_BASE_URL must be https on port 443, 80, 88 or 8443: Telegram calls no other"
        )
    return address


async def set_webhook(bot: Bot, settings: Settings) -> str:
    """Have Telegram push updates to us; returns the address. Raises ``ValueError`` and the library's errors."""
    address = webhook_of(settings)
    await bot.set_webhook(
        address,
        secret_token=settings.telegram_secret,
        allowed_updates=list(WANTED),
        max_connections=CONNECTIONS,
        rate_limit_args=RETRIES,
    )
    return address


async def delete_webhook(bot: Bot) -> None:
    """Have Telegram push no more; what waits is kept for whoever fetches it. Raises the library's errors."""
    await bot.delete_webhook(drop_pending_updates=False, rate_limit_args=RETRIES)


async def put_commands(bot: Bot, words: Words) -> None:
    """Put the lists of commands in place, for talks and for groups, in both languages. Raises the library's errors."""
    scopes = {
        BotCommandScopeAllPrivateChats(): tuple(words.commands),
        BotCommandScopeAllGroupChats(): words.group_commands,
    }
    for scope, names in scopes.items():
        for language in LANGUAGES:
            # What a phone in any other language shows stands under no language at all.
            code = None if language == "zh" else language
            listed = [BotCommand(name, _described(words, name, language)) for name in names]
            await bot.set_my_commands(listed, scope=scope, language_code=code, rate_limit_args=RETRIES)


async def name_of(bot: Bot) -> str:
    """Return the bot's name without its @. Raises the library's errors."""
    return (await bot.get_me(rate_limit_args=RETRIES)).username or ""


async def check(bot: Bot, settings: Settings) -> tuple[str, list[str]]:
    """Return the bot's name, and what an operator should mend. Raises the library's errors."""
    name = await name_of(bot)
    hook = await bot.get_webhook_info(rate_limit_args=RETRIES)
    faults = []
    if settings.telegram_secret and hook.url != webhook_of(settings):
        faults.append("Telegram does not push to this address: run `fanzha telegram set-webhook`")
    if not settings.telegram_secret and hook.url:
        faults.append("a webhook is set and will be removed when the gateway starts, since no secret is set")
    if hook.url and hook.last_error_message:
        faults.append(f"Telegram could not push: {hook.last_error_message}")
    return name, faults


def link(name: str, code: str) -> str:
    """Return the address that opens the talk with the bot and tells it where somebody came from."""
    return f"https://t.me/{name}?start={code}" if code else f"https://t.me/{name}"


def _described(words: Words, name: str, language: str) -> str:
    command = words.commands[name]
    described: Mapping[str, str] = {"zh": command.zh, "en": command.en}
    return described[language]
