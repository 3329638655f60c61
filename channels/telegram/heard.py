"""What an update is for us: at most one message for the gateway, and small courtesies of the channel itself."""

from __future__ import annotations

from dataclasses import dataclass

from channels.base import Inbound

NAME = "telegram"


@dataclass
class Ourselves:
    """The bot: its number, and its name once Telegram has told it (empty before)."""

    number: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """A button was pressed: Telegram shows a clock on it until we confirm."""

    query: str


@dataclass(frozen=True, slots=True)
class Typing:
    """Somebody waits for an answer."""

    chat: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A text of the channel itself (``telegram.yml``), perhaps as an answer to a message of a group."""

    chat: int
    name: str
    answers: int | None = None


Courtesy = Press | Typing | Notice


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one update."""

    message: Inbound | None = None
    courtesies: tuple[Courtesy, ...] = ()


NOTHING = Heard()
