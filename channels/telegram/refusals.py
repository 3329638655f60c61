"""What an error of python-telegram-bot means for a message that was to be sent; the table is ``errors.yml``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import yaml
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from channels.base import Delivery, Outcome
from channels.telegram.line import Trip
from channels.transport import failed

PATH = Path(__file__).with_name("errors.yml")
TOKEN_SECONDS = 300.0  # after a refused token nothing is sent for so long
LATER = {429, 503}  # statuses that say "not now"; other errors may hide that the message was taken
log = logging.getLogger("fanzha.telegram")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table; its fields are explained there."""

    says: str
    cause: str
    gone: bool = False
    tell: str = ""


Table = Sequence[Row]
REFUSED = Row("", "refused")


def load_table(path: Path = PATH) -> Table:
    """Return the table in ``path``."""
    return [Row(**row) for row in yaml.safe_load(path.read_text(encoding="utf-8"))]


def seconds_of(error: RetryAfter) -> float:
    """Return how long Telegram wants us to wait."""
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


def meaning(error: TelegramError, trip: Trip, table: Table) -> Delivery:
    """Return what became of the message. Telegram's words are compared, never logged: they may quote ours."""
    if isinstance(error, RetryAfter):
        after = seconds_of(error)
        return Delivery(Outcome.RETRY, "too many requests", after=after, pause=after)
    if isinstance(error, InvalidToken):
        log.error("Telegram refuses the token; if this stays, make a new one with BotFather")
        return Delivery(Outcome.RETRY, "token refused", pause=TOKEN_SECONDS)
    if isinstance(error, BadRequest | Forbidden):
        return _refused(error, table)
    if isinstance(error, ChatMigrated):
        return Delivery(Outcome.REJECTED, "chat moved")
    return _unsure(error, trip)


def _refused(error: TelegramError, table: Table) -> Delivery:
    said = error.message.lower()
    row = next((row for row in table if row.says.lower() in said), REFUSED)
    if row.tell:
        log.error("Telegram refused a message: %s", row.tell)
    return Delivery(Outcome.REJECTED, row.cause, gone=row.gone or isinstance(error, Forbidden))


def _unsure(error: TelegramError, trip: Trip) -> Delivery:
    """The line failed, or the answer says nothing of the message."""
    cause = error.__cause__
    if isinstance(cause, httpx.ProxyError):  # the proxy could not connect us
        return Delivery(Outcome.RETRY, "no connection")
    if isinstance(cause, httpx.HTTPError):
        return failed(cause)
    if trip.status in LATER:
        return Delivery(Outcome.RETRY, f"status {trip.status}")
    if isinstance(error, TimedOut):
        return Delivery(Outcome.UNKNOWN, "timeout")
    return Delivery(Outcome.UNKNOWN, f"status {trip.status}" if trip.status else "line broke")
