"""What an account that speaks to many at once can do, and the plain values that cross its border.

An adapter implements ``Broadcaster`` (``channels/wechat/broadcast.py``); who sends knows only this file. Standard
library only. Every method answers with ``Said`` and raises nothing for what the platform or the network does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Literal, Protocol, TypeVar

from channels.base import Outcome

AccountKind = Literal["service", "subscription", "unverified"]
# Causes that whoever sends has to tell apart; the tables of error codes use these very words.
TAG_MISSING = "tag missing"
NO_QUOTA = "mass quota used up"
GRANT_GONE = "grant gone"
MEDIA_UNKNOWN = "media unknown"
SENT_BEFORE = "sent before"
TOO_LARGE = "picture too large"
MOST_PEOPLE = 10_000  # of one call by list (platform rules 1.7)
FEWEST_PEOPLE = 2
MOST_TAGGED = 50  # of one call (platform rules 1.9)
MOST_COVER = 10 * 1024 * 1024  # bytes of a picture kept for good
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Said(Generic[T_co]):
    """What came of a call. ``outcome`` as for letters: SENT is done, RETRY surely was not, UNKNOWN perhaps was.

    ``value``: the answer of what was done. ``cause``: a fixed word. ``after``: seconds before it is worth trying
    again. ``gone``: somebody named in the call cannot be reached any more.
    """

    outcome: Outcome
    value: T_co | None = None
    cause: str = ""
    after: float = 0.0
    gone: bool = False

    @property
    def done(self) -> bool:
        """Whether it was done."""
        return self.outcome is Outcome.SENT


@dataclass(frozen=True, slots=True)
class Article:
    """An article for the draft box. ``html`` is its body; ``cover`` what ``Broadcaster.cover`` returned."""

    title: str
    digest: str
    html: str
    cover: str


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent: a text, or the article in a draft."""

    text: str = field(default="", repr=False)
    draft: str = ""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of followers, and how many have it."""

    number: int
    name: str
    count: int


class MassState(StrEnum):
    """What the platform says of a mass message that it is asked about."""

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DELETED = "deleted"


class Broadcaster(Protocol):
    """One account. ``account`` is its name as people's rows have it."""

    @property
    def account(self) -> str:
        """Return the account's name."""

    @property
    def kind(self) -> AccountKind:
        """Return what the account may do."""

    async def cover(self, picture: bytes) -> Said[str]:
        """Keep a picture for good; returns its name there. Too large or of another kind: rejected unasked."""

    async def add_draft(self, article: Article) -> Said[str]:
        """Put an article into the draft box; returns the draft's name."""

    async def find_draft(self, title: str, digest: str, since: float) -> Said[str]:
        """Return the draft that has this title and digest, made since then (Unix seconds); empty when there is none."""

    async def has_draft(self, draft: str) -> Said[bool]:
        """Tell whether a draft is still in the box: it leaves it when it is sent, published or deleted."""

    async def drop_draft(self, draft: str) -> Said[None]:
        """Delete a draft."""

    async def published(self, title: str, since: float) -> Said[bool]:
        """Tell whether an article of this title was published since then (Unix seconds)."""

    async def to_people(self, addresses: Sequence[str], content: Content, key: str) -> Said[str]:
        """Send to ``FEWEST_PEOPLE`` to ``MOST_PEOPLE``; returns the mass message's number. The same key: once."""

    async def to_tag(self, tag: int, content: Content, key: str) -> Said[str]:
        """Send to everybody with a tag; else as ``to_people``."""

    async def to_all(self, content: Content, key: str) -> Said[str]:
        """Send to every follower, once the account's admin agrees; else as ``to_people``."""

    async def state(self, number: str) -> Said[MassState]:
        """Ask what became of a mass message."""

    async def withdraw(self, number: str) -> Said[None]:
        """Delete a sent article's page; what is on people's phones stays."""

    async def preview(self, address: str, content: Content) -> Said[None]:
        """Show a message to one follower, outside the quotas."""

    async def make_tag(self, name: str) -> Said[int]:
        """Return the number of the tag of this name, made when there is none."""

    async def tag(self, number: int) -> Said[Tag]:
        """Return a tag as it stands; rejected with ``TAG_MISSING`` when there is none."""

    async def tag_people(self, number: int, addresses: Sequence[str], on: bool = True) -> Said[None]:
        """Give a tag to up to ``MOST_TAGGED`` followers, or take it from them."""

    async def drop_tag(self, number: int) -> Said[None]:
        """Delete a tag."""

    async def notice(self, address: str, template: str, fields: Mapping[str, str], page: str) -> Said[None]:
        """Send a subscription notice, which uses up one grant; rejected with ``GRANT_GONE`` without any."""
