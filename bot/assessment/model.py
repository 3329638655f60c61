"""What an assessment is: plain frozen values that cross every border as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """The five answers. ``NO_KNOWN_RISK`` never means "safe"; ``OFFICIAL`` only by the positive list."""

    SCAM = "scam"
    SUSPICIOUS = "suspicious"
    UNCLEAR = "unclear"
    NO_KNOWN_RISK = "no_known_risk"
    OFFICIAL = "official"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible scam type; probabilities of all candidates sum to at most 1."""

    scam_type: str
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class RedFlag:
    """A warning sign with the exact words: ``text[start:end] == quote`` in the submitted text."""

    id: str
    label: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class BulletinHit:
    """A bulletin that resembles the text; ``matched`` is the nearest saying, ``score`` its cosine (-1..1)."""

    id: str
    title: str
    issuer: str
    published: str
    source: str
    matched: str
    score: float


@dataclass(frozen=True, slots=True)
class Entity:
    """Something checkable in the text: a link, a number, a sum. Links are parsed, never fetched."""

    kind: str
    text: str
    start: int
    end: int
    note: str


@dataclass(frozen=True, slots=True)
class Stage:
    """How far the scam has got: ``id`` is hook, trust, payment or cover; ``text`` says it for this technique."""

    id: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer to "is this a scam?". Field meanings: docs/architecture.md, section "Assessment"."""

    verdict: Verdict
    probability: float
    scam_type: str | None
    candidates: tuple[Candidate, ...] = ()
    red_flags: tuple[RedFlag, ...] = ()
    bulletins: tuple[BulletinHit, ...] = ()
    advice: tuple[str, ...] = ()
    ask_back: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    knowledge_version: str = ""
    scam_type_name: str | None = field(default=None)
    next_move: str | None = field(default=None)
    stage: Stage | None = field(default=None)
    honest_version: str | None = field(default=None)
    about: str | None = field(default=None)
    answer: str | None = field(default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data (tuples become lists, the verdict its string)."""
        data = asdict(self)
        data["verdict"] = str(self.verdict)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in data.items()}
