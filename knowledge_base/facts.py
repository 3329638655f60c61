"""Which source stands behind which statement: the registry of facts.yml and how it covers a sentence.

Hotlines, time limits and legal statements are found in a sentence by ``detect``; every find must lie inside the words of
a fact (or of a phrase that states nothing, ``not_facts``). So a changed number is no longer covered, and is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from knowledge_base import content
from knowledge_base.bulletin import Confidence, Strict, Text

# D is general knowledge without a source: never shown to a citizen (domain-facts.md section 0).
SHOWABLE = frozenset({"S", "A", "B", "C"})
Section = Annotated[str, StringConstraints(pattern=r"^\d(?:\.\d)?$|^\D{2}[ABC]$")]


class Source(Strict):
    """A place in the reference: its section, the first words of the row, source codes, confidence."""

    section: Section
    row: Text
    sources: list[str] = []
    confidence: Confidence


class Fact(Source):
    """A statement; ``words`` are regular expressions whose match in a sentence says it."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    says: Text
    words: list[Text] = Field(min_length=1)


class NoFact(Strict):
    """A phrase with a number or a legal word that states nothing, and why."""

    words: Text
    why: Text


@dataclass(frozen=True)
class Find:
    """Something in a sentence that needs a source: its kind and its words."""

    kind: str
    words: str
    start: int
    end: int


@dataclass(frozen=True)
class Registry:
    """facts.yml, compiled."""

    hotlines: dict[str, Source]
    facts: tuple[Fact, ...]
    not_facts: tuple[NoFact, ...]
    detect: dict[str, re.Pattern[str]]
    quoted: re.Pattern[str]

    def finds(self, sentence: str) -> Iterator[Find]:
        """Yield every time limit and legal word outside quotation marks: what swindlers say is no statement."""
        bare = self.quoted.sub(lambda found: "“" * len(found.group(0)), sentence)
        for kind, pattern in self.detect.items():
            for found in pattern.finditer(bare):
                yield Find(kind, found.group(0), found.start(), found.end())

    def covers(self, sentence: str, find: Find) -> str | None:
        """Return the id of the fact (or the phrase of the non-fact) whose words hold the find, else None."""
        for fact in self.facts:
            if any(_holds(words, sentence, find) for words in fact.words):
                return fact.id
        return next((f"-{none.words}" for none in self.not_facts if _holds(none.words, sentence, find)), None)


def _holds(words: str, sentence: str, find: Find) -> bool:
    return any(f.start() <= find.start and find.end <= f.end() for f in re.finditer(words, sentence))


@cache
def load() -> Registry:
    """Return the registry. Raises ``ContentError`` naming the entry that breaks the schema."""
    path = content.ROOT / "facts.yml"
    raw = content.read(path)
    try:
        facts = tuple(Fact.model_validate(entry) for entry in raw["facts"])
        hotlines = {name: Source.model_validate(entry) for name, entry in raw["hotlines"].items()}
        not_facts = tuple(NoFact.model_validate(entry) for entry in raw["not_facts"])
        for pattern in (*(w for fact in facts for w in fact.words), *(none.words for none in not_facts)):
            re.compile(pattern)
        detect = {kind: re.compile(pattern) for kind, pattern in raw["detect"].items()}
        return Registry(hotlines, facts, not_facts, detect, re.compile(raw["quoted"]))
    except (ValidationError, re.error, KeyError, TypeError) as error:
        raise content.ContentError(f"{path}: {error}") from error
