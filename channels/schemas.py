"""The API's answers as documented models; the answers are written without them, for speed.

An assessment is documented by its own frozen dataclass: a second copy here would drift.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from bot.assessment.model import Assessment


class WarningModel(BaseModel):
    """One public warning."""

    id: str
    title: str
    text: str
    published: str = Field(description="ISO 8601, China's time")


class WarningsAnswer(BaseModel):
    """The warnings that are out now, newest first."""

    warnings: list[WarningModel]


class BannerModel(BaseModel):
    """What stands above a page's talk; ``id`` stays the same while the warning does."""

    id: str
    text: str


class BannerAnswer(BaseModel):
    """The banner, null when there is none."""

    banner: BannerModel | None


class PartModel(BaseModel):
    """One part of the system."""

    up: bool
    cause: str = Field(default="", description="fixed word, empty when up")


class ReadyAnswer(BaseModel):
    """Whether each part answers."""

    ready: bool
    parts: dict[str, PartModel]


@dataclass(frozen=True)
class QrCode:
    """A square code on a picture: its content, what kind it is, and a sentence about that for people."""

    text: str
    kind: str
    note: str


@dataclass(frozen=True)
class PictureAssessment(Assessment):
    """An assessment of what was read on a picture; its positions count in ``recognised_text``."""

    recognised_text: str = ""
    recognised_whole: bool = True
    qr_codes: tuple[QrCode, ...] = ()


class NewsReply(BaseModel):
    """One answer that no request waited for."""

    text: str
    buttons: list[dict[str, str]]
    card: dict[str, object] | None


class NewsAnswer(BaseModel):
    """What came since: answers of humans, and what was not ready in time."""

    replies: list[NewsReply]
    degraded: bool = False
    talk: str = Field(default="bot", description="who talks: bot, waiting (for a human), human")
    pending: bool = False
    after: int = Field(description="send it with the next question; what you got is then not sent again")


class OwnMessage(BaseModel):
    """One line of the conversation."""

    at: str = Field(description="ISO 8601, UTC")
    author: str = Field(description="person, bot, human or gateway")
    text: str
    buttons: list[str]
    state: str


class OwnSubscription(BaseModel):
    """The subscription to warnings. ``consent_text``: the digest of the sentence that was agreed to."""

    active: bool
    since: str = Field(description="ISO 8601, UTC")
    changed: str = Field(description="ISO 8601, UTC")
    consent_text: str
    topics: list[str]
    frequency: str
    role: str
    district: str
    age: str
    language: str


class OwnWarning(BaseModel):
    """A warning that was meant for the person."""

    campaign: str
    state: str
    at: str | None = Field(description="ISO 8601, UTC; null when it was not sent")


class OwnDataAnswer(BaseModel):
    """All that is kept of a person on this channel."""

    channel: str
    originals: list[str] = Field(description="the numbers and names that lie in the vault")
    conversations: list[dict[str, str | int]]
    talk: str | None
    last_message: str | None
    asked_again: str | None = Field(description="when the person wished to be asked how it went on")
    subscription: OwnSubscription | None
    warnings: list[OwnWarning] = Field(description="the campaigns that chose the person")
    notices_allowed: int = Field(description="subscription notices (WeChat) allowed and not had yet")
    messages: list[OwnMessage]


class ReceiptAnswer(BaseModel):
    """What was deleted. ``receipt`` is random, names nobody, and is kept nowhere."""

    receipt: str
    at: str = Field(description="ISO 8601, UTC")
    messages: int
    originals: int
    engine_pending: bool = Field(
        description="true: the dialogue engine was down and is told as soon as it is up"
    )
    text: str = Field(description="the receipt in words")


class TextRequest(BaseModel):
    """What an operator writes."""

    model_config = ConfigDict(extra="forbid", strict=True)
    text: str = Field(min_length=1, max_length=2000)
