"""What a channel is, and the plain values that cross its border. Standard library only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
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
class Hook:
    """One HTTP request of a platform; names of ``headers`` are lower-case; ``opened``: what a channel has read of it."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    opened: dict[str, object] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What the platform's request gets back."""

    body: bytes = field(repr=False)
    media_type: str = "application/json"
    status: int = 200


class Kind(StrEnum):
    """What an inbound message is for."""

    TEXT = "text"  # words for the dialogue
    BUTTON = "button"  # a payload for the dialogue
    MEDIA = "media"  # pictures and the like, perhaps with words
    COLLECT = "collect"  # asks only for what waits in the outbox ("go on")
    LEAVE = "leave"  # the person left (unsubscribed, blocked us): nothing can be sent any more
    REPORT = "report"  # a platform's report in ``data``, of no person's making; kept for others to read


@dataclass(frozen=True, slots=True)
class Media:
    """Something that came along; ``reference`` is how the channel's ``fetch`` finds it, never a person's URL."""

    kind: str  # picture, voice, video or file
    reference: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Window:
    """The right to push that a message opens: so many messages within so many seconds.

    A newer window of the same ``name`` replaces the older one; the platforms do not add them up.
    """

    name: str
    messages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message of one person. ``sender`` is the platform's id; it and all that was sent stay out of ``repr``.

    ``account`` is the one of our accounts that was written to. ``dedupe_key`` is the same when the platform sends
    the same message again, and different for any other message of the account; empty means never sent again.
    ``scene`` says where a person came from (the QR code of a school). ``sent_at`` is in Unix seconds. ``picture``: the
    bytes of one that came in the request itself; it is read at the door and kept nowhere. ``route``: where answers go,
    on platforms that give another address with each message; kept encrypted beside the sender, the newest one counts.
    """

    channel: str
    sender: str = field(repr=False)
    text: str | None = field(default=None, repr=False)
    payload: str | None = field(default=None, repr=False)
    account: str = ""
    dedupe_key: str = field(default="", repr=False)
    kind: Kind = Kind.TEXT
    media: tuple[Media, ...] = ()
    window: Window | None = None
    scene: str = ""
    sent_at: float = 0.0
    data: JsonObject = field(default_factory=dict, repr=False)
    picture: bytes | None = field(default=None, repr=False)
    route: str = field(default="", repr=False)


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
    """All answers to one message; ``degraded`` when they are only the fallback.

    ``talk``: who talks with the person now (bot, waiting for a human, human). ``pending``: more comes, it was not ready.
    """

    replies: tuple[Reply, ...]
    degraded: bool = False
    talk: str = "bot"
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a page that the gateway serves at ``path``.

    ``framed_by``: origins (``https://school.example``) whose pages may show it in a frame; nobody may by default.
    ``shared``: other sites' pages may load it; by default only our own do.
    """

    path: str
    media_type: str
    body: bytes = field(repr=False)
    framed_by: tuple[str, ...] = ()
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """How a channel's endpoint shows up in the OpenAPI page; empty schemas keep it out."""

    summary: str = ""
    request: JsonObject = field(default_factory=dict)
    response: JsonObject = field(default_factory=dict)


class Push(StrEnum):
    """When a channel may send without a request to answer."""

    NEVER = "never"  # only answers to requests (a web page, an unverified WeChat account)
    WINDOW = "window"  # only within a ``Window`` that the person's message opened
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do. 0 of a limit means that there is none.

    ``passive_seconds``: how long a request may wait for its answer; 0: answers never ride on the request.
    ``passive_messages``: how many messages one answer carries. ``repeats``: how often the platform sends a message
    again that was not answered. ``merges``: messages in quick succession are answered as one. ``idempotent``: the
    platform drops a second message with the same key, so what it may have taken can be sent again.
    ``tells_errors``: refusals go out as HTTP errors, not as messages. ``pace``: at most so many pushes to one address in
    so many seconds (``channels/pace.py``). ``body_bytes``: of its largest request; 0: a long text (``channels/guard.py``).
    """

    push: Push
    passive_seconds: float = 0.0
    passive_messages: int = 1
    text_bytes: int = 0
    repeats: int = 0
    merges: bool = True
    pictures: bool = False
    buttons: bool = False
    idempotent: bool = False
    tells_errors: bool = False
    pace: tuple[tuple[int, float], ...] = ()
    body_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out. ``key`` stays the same over all attempts (the idempotency key, 32 hex digits)."""

    key: str
    account: str
    address: str = field(repr=False)
    reply: Reply
    attempt: int = 1
    route: str = field(default="", repr=False)


class Outcome(StrEnum):
    """What became of an attempt to deliver."""

    SENT = "sent"
    REJECTED = "rejected"  # the platform will never take it
    RETRY = "retry"  # the platform surely has not taken it and may do so later
    HOLD = "hold"  # it will not take it before the person writes again
    UNKNOWN = "unknown"  # it may have taken it: the request went out, no answer came


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome. ``cause`` is a fixed word for logs and figures, never a text.

    ``after``: seconds to wait before a retry (0: the back-off decides). ``gone``: the person cannot be reached any
    more. ``pause``: seconds in which the whole account must send nothing (its quota is used up, its key is refused).
    """

    outcome: Outcome
    cause: str = ""
    after: float = 0.0
    gone: bool = False
    pause: float = 0.0


Take = Callable[[Sequence[Inbound]], Awaitable[None]]  # stores messages durably; returns once they are


class Channel(Protocol):
    """A platform people write from. Adapters translate, they do not decide.

    ``path`` is where its webhook is, empty for a channel without one.
    """

    name: str
    path: str
    contract: Contract
    capabilities: Capabilities

    def greet(self, hook: Hook) -> HookAnswer | None:
        """Return the answer to a GET on ``path`` (the platform checks our address), None when there is none.

        Raises ``Forged``.
        """

    def verify(self, hook: Hook) -> None:
        """Raise ``Forged`` unless the request comes from the platform."""

    def parse(self, hook: Hook) -> Sequence[Inbound]:
        """Return the messages in the request, none for what concerns nobody. Raises ``Refuse``."""

    def split(self, turn: Turn) -> Sequence[Reply]:
        """Return the turn as messages of the size and kind the platform takes, in order. Nothing is lost."""

    def answer(self, hook: Hook, turn: Turn) -> HookAnswer:
        """Return the answer that carries ``turn``; for an empty turn, that the request was taken."""

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Push one message. Never raises for what the platform or the network does."""

    async def fetch(self, media: Media) -> bytes:
        """Return what ``media`` refers to, from the platform's own hosts only. Raises ``Retry`` or ``GiveUp``."""

    async def run(self, take: Take) -> None:
        """Work in the background while the gateway runs (polling); return at once when there is nothing to do."""

    def quota(self) -> Mapping[str, float]:
        """Return what is left of the account's limits of a day or longer by name; shorter ones are ``pace``."""

    def assets(self) -> Sequence[Asset]:
        """Return the files of the channel's page; none for a channel without one."""
