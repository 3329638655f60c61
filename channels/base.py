"""What a channel is, and the plain values that cross its border. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

JsonObject = Mapping[str, object]
MOST_PICTURE_BYTES = 8 * 1024 * 1024  # of one picture, in every channel; a photo of a phone has about five


class ChannelError(Exception):
    """Root of what can go wrong at a channel's border. Messages never hold text or ids of people."""


class Refuse(ChannelError):
    """The input cannot be taken as it is: tell the person what to change.

    ``code`` is the machine code and the key of the sentence in ``wording.yml``; ``status`` is HTTP's (4xx).
    """

    def __init__(self, code: str, status: int = 422, retry_after: int | None = None) -> None:
        super().__init__(f"refused: {code}")
        self.code = code
        self.status = status
        self.retry_after = retry_after


class Forged(ChannelError):
    """The request does not come from where it says: answer 403, do nothing else."""


class Retry(ChannelError):
    """The far side is unwell: try again after ``after`` seconds."""

    def __init__(self, message: str, after: float) -> None:
        super().__init__(message)
        self.after = after


class GiveUp(ChannelError):
    """The far side will never take this: do not try again."""


class OurBug(ChannelError):
    """We used the channel wrongly: fix the code."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message of one person: a text, a pressed button's payload, or the bytes of a ``picture``.

    ``sender`` is the platform's id; it and all that was sent stay out of ``repr``.
    """

    channel: str
    sender: str = field(repr=False)
    text: str | None = field(default=None, repr=False)
    payload: str | None = field(default=None, repr=False)
    picture: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Button:
    """A thing to press: ``payload`` is what comes back."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: a text, buttons, a card (plain JSON data, rendered by the channel), any of them."""

    text: str = field(default="", repr=False)
    buttons: tuple[Button, ...] = ()
    card: JsonObject | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """All answers to one message; ``degraded`` when they are only the fallback."""

    replies: tuple[Reply, ...]
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a page that the gateway serves at ``path``."""

    path: str
    media_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contract:
    """How a channel's endpoint shows up in the OpenAPI page; empty schemas keep it out.

    ``upload``: the request is a form with a picture in it, and may be as large as one.
    """

    summary: str = ""
    request: JsonObject = field(default_factory=dict)
    response: JsonObject = field(default_factory=dict)
    upload: bool = False


class Channel(Protocol):
    """A platform people write from. Adapters translate, they do not decide."""

    name: str
    path: str
    contract: Contract

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raise ``Forged`` unless the request comes from the platform. ``headers`` have lower-case names."""

    def parse(self, headers: Mapping[str, str], body: bytes) -> Inbound:
        """Return the message in ``body``. Raises ``Refuse``."""

    def render(self, turn: Turn) -> bytes:
        """Return the body of the HTTP answer."""

    async def send(self, address: str, turn: Turn) -> None:
        """Push without being asked. Raises ``Retry``, ``GiveUp`` or ``OurBug``."""

    def assets(self) -> Sequence[Asset]:
        """Return the files of the channel's page; none for a channel without one."""


def accept_text(text: str, limit: int) -> str:
    """Return ``text`` when it has words, and at most ``limit`` characters. Raises ``Refuse``."""
    if len(text) > limit:
        raise Refuse("text_too_long", 413)
    if not text.strip():
        raise Refuse("text_empty")
    if "\x00" in text:
        raise Refuse("text_unreadable")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Refuse("text_unreadable")
    if not any(char.isalnum() for char in text):
        raise Refuse("text_without_words")
    return text


def refusal_of(kind: str, where: Sequence[object]) -> Refuse:
    """Return the refusal for a schema error (pydantic's error type, and the path to the field)."""
    if kind == "json_invalid":
        return Refuse("json_broken", 400)
    if kind == "extra_forbidden":
        return Refuse("field_unknown")
    if kind == "missing":
        return Refuse("field_missing")
    if kind == "string_too_long" and "text" in where:
        return Refuse("text_too_long", 413)
    return Refuse("field_wrong_type")
