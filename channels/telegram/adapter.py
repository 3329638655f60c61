"""The Telegram channel: updates in, messages with buttons out."""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx
from telegram import LinkPreviewOptions
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from channels.base import (
    MOST_PICTURE_BYTES,
    Asset,
    Capabilities,
    Contract,
    Delivery,
    Forged,
    GiveUp,
    Hook,
    HookAnswer,
    Inbound,
    Media,
    Outcome,
    Outgoing,
    Push,
    Refuse,
    Reply,
    Retry,
    Take,
    Turn,
)
from channels.settings import Settings
from channels.telegram import letters, parse
from channels.telegram.bot import RETRIES, Bot, make_bot, number_of, proxied, secret_of
from channels.telegram.courtesy import Courtesies
from channels.telegram.heard import NAME, Heard, Ourselves
from channels.telegram.line import SECONDS, WAIT_SECONDS, Line, TooLarge, watched
from channels.telegram.polling import FIRST_PAUSE, Polling
from channels.telegram.refusals import Table, load_table, meaning, seconds_of
from channels.telegram.words import Words, load_words

PATH = "/webhooks/telegram"
HEADER = "x-telegram-bot-api-secret-token"
FILE_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_./-]{0,199}")
FETCH_SECONDS = 20.0  # for a picture on a poor line to Telegram
LONGEST_NAME_PAUSE = 60.0  # between two questions for our own name
log = logging.getLogger("fanzha.telegram")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the channel is made of. ``own`` is the client to be closed at the end, when there is a proxy."""

    bot: Bot
    line: Line
    who: Ourselves
    words: Words
    table: Table
    secret: str
    files: str
    own: httpx.AsyncClient | None = None


class TelegramChannel:
    """One bot, by webhook when there is a secret, else by polling."""

    name = NAME
    contract = Contract()
    # No text of 4096 UTF-16 units has more bytes than this; ``split`` counts the units.
    capabilities = Capabilities(
        push=Push.ALWAYS,
        text_bytes=3 * letters.MOST_UNITS,
        pictures=True,
        buttons=True,
        # More than is read: Telegram would send for a day what is refused here, and what ``parse`` drops is done with.
        body_bytes=2 * parse.MOST_BYTES,
    )

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.path = PATH if parts.secret else ""
        self._courtesies = Courtesies(parts.bot, parts.who, parts.words)

    def greet(self, hook: Hook) -> HookAnswer | None:
        """Return nothing: Telegram does not check addresses."""
        return None

    def verify(self, hook: Hook) -> None:
        """Raise ``Forged`` unless the request carries our secret."""
        given = hook.headers.get(HEADER, "")
        expected = self._parts.secret
        if not expected or not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
            raise Forged("wrong secret")

    def parse(self, hook: Hook) -> Sequence[Inbound]:
        """Return the message; nothing for what cannot be read or is not for us."""
        message = self._heard(hook).message
        return [] if message is None else [message]

    def split(self, turn: Turn) -> Sequence[Reply]:
        """Return the turn as texts of at most 4096 units, with the buttons below them."""
        return letters.split(turn, self._parts.words)

    def answer(self, hook: Hook, turn: Turn) -> HookAnswer:
        """Return that the update was taken; what is polite besides is done in the background."""
        self._courtesies.put(self._heard(hook).courtesies)
        return HookAnswer(b"", "text/plain")

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Send one message."""
        text = letters.shown(outgoing.reply.text)
        if not text:
            return Delivery(Outcome.REJECTED, "nothing to say")
        address = outgoing.address
        chat = int(address) if address.isascii() and address.isdigit() else address
        try:
            async with asyncio.timeout(WAIT_SECONDS) as limit:
                with watched(limit) as trip:
                    try:
                        await self._parts.bot.send_message(
                            chat,
                            text,
                            link_preview_options=LinkPreviewOptions(is_disabled=True),
                            reply_markup=letters.keyboard(outgoing.reply.buttons, self._parts.words),
                        )
                    except TelegramError as error:
                        return meaning(error, trip, self._parts.table)
        except TimeoutError:
            if trip.began:
                return Delivery(Outcome.UNKNOWN, "timeout")
            return Delivery(Outcome.RETRY, "our own limit", after=WAIT_SECONDS)
        if isinstance(chat, int):
            self._courtesies.answered(chat)
        return Delivery(Outcome.SENT)

    async def fetch(self, media: Media) -> bytes:
        """Return a picture from Telegram's own host. Raises ``Retry`` or ``GiveUp``, ``Refuse`` when it is too large."""
        if not media.reference:
            raise Refuse("picture_too_large", 413)
        try:
            found = await self._parts.bot.get_file(media.reference)
            if (found.file_size or 0) > MOST_PICTURE_BYTES:
                raise Refuse("picture_too_large", 413)
            content = await self._parts.line.retrieve(
                self._address(found.file_path), read_timeout=FETCH_SECONDS
            )
        except TooLarge:
            raise Refuse("picture_too_large", 413) from None
        except RetryAfter as error:
            raise Retry("too many requests", seconds_of(error)) from None
        except (InvalidToken, BadRequest):
            raise GiveUp("the token or the file is refused") from None
        except TelegramError as error:
            raise Retry(type(error).__name__, 2.0) from None
        if len(content) > MOST_PICTURE_BYTES:
            raise Refuse("picture_too_large", 413)
        return content

    async def run(self, take: Take, pause: float = FIRST_PAUSE) -> None:
        """Do the courtesies, learn our own name, and fetch updates when there is no webhook."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._courtesies.work())
                group.create_task(self._learn_name())
                if not self._parts.secret:
                    polling = Polling(self._parts.bot, self._read, self._courtesies, pause=pause)
                    group.create_task(polling.run(take))
        except asyncio.CancelledError:  # the gateway ends; after a bug it calls again
            if self._parts.own is not None:
                await self._parts.own.aclose()
            raise

    def quota(self) -> Mapping[str, float]:
        """Return nothing: Telegram counts no messages."""
        return {}

    def assets(self) -> Sequence[Asset]:
        """Return nothing: Telegram is the page."""
        return ()

    def _read(self, update: object) -> Heard:
        return parse.read(update, self._parts.who, self._parts.words)

    def _heard(self, hook: Hook) -> Heard:
        return parse.read_body(hook.body, self._parts.who, self._parts.words)

    def _address(self, path: str | None) -> str:
        """Return the address of a file. Raises ``GiveUp`` for anything that is not below our own address."""
        prefix = f"{self._parts.files}/"
        rest = (path or "").removeprefix(prefix)
        if f"{prefix}{rest}" != path or not FILE_PATH.fullmatch(rest) or ".." in rest:
            raise GiveUp("not a file of Telegram's")
        return str(path)

    async def _learn_name(self) -> None:
        """Ask for our own name, without which nobody can call us in a group, until it is told."""
        wait = 1.0
        while not self._parts.who.name:
            try:
                self._parts.who.name = (await self._parts.bot.get_me(rate_limit_args=RETRIES)).username or "-"
            except TelegramError as error:
                log.warning("Telegram does not say who we are: %s", type(error).__name__)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_NAME_PAUSE)


def build(settings: Settings, client: httpx.AsyncClient, seconds: float = SECONDS) -> TelegramChannel | None:
    """Return the channel, None without a token. Raises ``SettingsError`` for a token or secret that is none."""
    if not settings.telegram_token:
        return None
    number, secret = number_of(settings), secret_of(settings)
    own = proxied(settings)
    line = Line(own or client, seconds)
    bot = make_bot(settings, line)
    files = f"{settings.telegram_api_base}/file/bot{settings.telegram_token}"
    return TelegramChannel(
        Parts(bot, line, Ourselves(number), _dated(load_words(), settings), load_table(), secret, files, own)
    )


def _dated(words: Words, settings: Settings) -> Words:
    """Return the words with the times for which things are kept filled in."""
    hours = max(settings.keep_messages_hours, settings.vault_ttl_hours)
    return words.dated(messages=round(hours), days=round(settings.keep_people_days))
