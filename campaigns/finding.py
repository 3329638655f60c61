"""What the lint says of a campaign: one finding, and the file with its sentences, limits and patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from campaigns.context import Context
from campaigns.document import Campaign
from knowledge_base import content

FILE = Path(__file__).with_name("lint.yml")
Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a document. ``field``: where in the document; ``detail``: the words or figures it is about."""

    level: Level
    code: str
    field: str
    detail: str = ""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Say(_Part):
    """The sentence for operators; ``{field}`` and ``{detail}`` are filled in."""

    level: Level
    text: Annotated[str, Field(min_length=4, max_length=120)]


class _File(_Part):
    limits: dict[str, int]
    patterns: dict[str, str]
    phrases: dict[str, list[str]]
    says: dict[str, Say]


@dataclass(frozen=True, slots=True)
class Book:
    """lint.yml, compiled. ``phrases``: what may stand only where ``patterns['warned']`` comes before it."""

    limits: Mapping[str, int]
    patterns: Mapping[str, re.Pattern[str]]
    phrases: Mapping[str, tuple[re.Pattern[str], ...]]
    says: Mapping[str, Say]

    def finding(self, code: str, field: str, detail: object = "") -> Finding:
        """Return a finding with the level that lint.yml gives its code."""
        return Finding(self.says[code].level, code, field, str(detail))

    def sentence(self, finding: Finding) -> str:
        """Return the finding as a sentence for operators."""
        text = self.says[finding.code].text
        return text.replace("{field}", finding.field).replace("{detail}", finding.detail)

    def bare(self, text: str) -> str:
        """Return ``text`` of the same length with everything in quotation marks blotted out."""
        return self.patterns["quoted"].sub(lambda found: "“" * len(found.group(0)), text)

    def sentences(self, text: str) -> Iterator[str]:
        """Yield the sentences of a text."""
        return (part for part in self.patterns["sentence_end"].split(text) if part.strip())


Rule = Callable[[Campaign, Context, Book], Iterator[Finding]]


@cache
def load(path: Path = FILE) -> Book:
    """Return the book. Raises ``ContentError`` naming what is wrong in the file."""
    try:
        found = _File.model_validate(content.read(path))
        patterns = {name: re.compile(pattern) for name, pattern in found.patterns.items()}
        phrases = {name: tuple(re.compile(one) for one in some) for name, some in found.phrases.items()}
    except (ValidationError, re.error) as error:
        raise content.ContentError(f"{path}: {error}") from error
    return Book(found.limits, patterns, phrases, found.says)
