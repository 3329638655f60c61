"""The schema of what we know: bulletins (one scam technique each) and honest look-alikes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Saying = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=1200)]
Register = Literal["received", "story", "transcript"]
About = Literal["warning", "question"]  # honest texts that speak about scams
Confidence = Literal["S", "A", "B", "C", "D"]
Audience = Literal[
    "resident",
    "student",
    "minor",
    "parent",
    "elder",
    "driver",
    "worker",
    "finance",
    "merchant",
    "job_seeker",
    "investor",
    "traveller",
    "overseas",
    "victim",
]


class Strict(BaseModel):
    """Base of every content record: unknown keys are errors, records never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Stages(Strict):
    """The four stages of a scam, each one plain sentence."""

    hook: Text
    trust: Text
    payment: Text
    cover: Text


class Sayings(Strict):
    """What the technique sounds like, in three registers that never mix.

    ``received``: the message as it arrives; ``story``: a victim or relative tells it;
    ``transcript``: the talk itself, one turn a line.
    """

    received: list[Saying] = Field(min_length=4)
    story: list[Saying] = Field(min_length=4)
    transcript: list[Saying] = Field(min_length=2)

    def by_register(self) -> dict[Register, list[str]]:
        """Return the sayings keyed by register."""
        return {"received": self.received, "story": self.story, "transcript": self.transcript}


class HonestText(Strict):
    """An honest text that looks like this technique, and what tells them apart."""

    text: Saying
    why: Text


class Advice(Strict):
    """What to do, what not to do, and how to verify it oneself."""

    do: list[Text] = Field(min_length=1)
    dont: list[Text] = Field(min_length=1)
    verify: list[Text] = Field(min_length=1)


class Bulletin(Strict):
    """One scam technique. ``id`` is ``<scam_type>.<slug>`` and equals the file's place."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z0-9_]+$")]
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=30)]
    scam_type: str
    tags: list[str] = []
    techniques: list[Annotated[str, StringConstraints(pattern=r"^T\d{1,2}[a-c]?$")]] = []
    summary: Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=120)]
    stages: Stages
    next_move: Text
    signs: list[Text] = Field(min_length=3)
    honest_version: Text
    sayings: Sayings
    look_alikes: list[HonestText] = Field(min_length=2)
    advice: Advice
    audiences: list[Audience] = Field(min_length=1)
    sources: list[str] = Field(min_length=1)
    published: date
    review_by: date
    confidence: Confidence


class LookAlikes(Strict):
    """One kind of honest text and the scams it resembles. ``about``: it warns of scams, or asks about them."""

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]
    title: Text
    resembles: list[str] = Field(min_length=1)
    why_honest: Text
    verify: Text
    text_register: Register = Field(default="received", alias="register")
    about: About | None = None
    texts: list[Saying] = Field(min_length=8)
