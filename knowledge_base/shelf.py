"""The shelf: every bulletin and look-alike, loaded and checked, and the phrases the index is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from knowledge_base import content
from knowledge_base.bulletin import Bulletin, LookAlikes

Record = TypeVar("Record", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Source:
    """Who said it and when; ``published`` is None when nobody knows."""

    code: str
    title: str
    issuer: str
    published: date | None
    confidence: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """One indexed text. ``owner`` is a bulletin id or ``lookalike:<kind>``; ``scam`` tells which of the two.

    ``about``: the text speaks about scams (a "warning", a "question") without being one.
    """

    text: str
    owner: str
    register: str
    scam: bool
    scam_type: str | None
    about: str | None = None


@dataclass(frozen=True)
class Shelf:
    """Everything known, immutable. ``version`` changes with any byte of the content."""

    bulletins: dict[str, Bulletin]
    lookalikes: dict[str, LookAlikes]
    sources: dict[str, Source]
    version: str

    @cached_property
    def phrases(self) -> tuple[Phrase, ...]:
        """Return every phrase: sayings, then look-alikes, in a stable order."""
        return (*self._sayings(), *self._honest())

    def _sayings(self) -> Iterator[Phrase]:
        for key, bulletin in sorted(self.bulletins.items()):
            for register, texts in bulletin.sayings.by_register().items():
                for text in texts:
                    yield Phrase(text, key, register, True, bulletin.scam_type)

    def _honest(self) -> Iterator[Phrase]:
        for key, bulletin in sorted(self.bulletins.items()):
            for honest in bulletin.look_alikes:
                yield Phrase(honest.text, f"lookalike:{key}", "received", False, None)
        for kind, group in sorted(self.lookalikes.items()):
            for text in group.texts:
                yield Phrase(text, f"lookalike:{kind}", group.text_register, False, None, group.about)


def content_files(root: Path = content.ROOT) -> list[Path]:
    """Return the files that decide what the assistant knows, sorted."""
    folders = [*sorted((root / "bulletins").rglob("*.yml")), *sorted((root / "lookalikes").glob("*.yml"))]
    return [*folders, root / "sources.yml", root / "taxonomy.yml", root / "normalise.yml"]


def version_of(files: list[Path]) -> str:
    """Return 12 hex digits over names and bytes of ``files``."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def parse(schema: type[Record], path: Path) -> Record:
    """Read one record. Raises ``ContentError`` naming file and field."""
    try:
        return schema.model_validate(content.read(path))
    except ValidationError as error:
        raise content.ContentError(f"{path}: {error}") from error


@cache
def load(root: Path = content.ROOT) -> Shelf:
    """Return the shelf. Raises ``ContentError`` at the first broken file; ``lint`` lists them all."""
    bulletins = [parse(Bulletin, path) for path in sorted((root / "bulletins").rglob("*.yml"))]
    groups = [parse(LookAlikes, path) for path in sorted((root / "lookalikes").glob("*.yml"))]
    sources = {
        entry["code"]: Source(
            entry["code"], entry["title"], entry["issuer"], entry.get("published"), entry["confidence"]
        )
        for entry in content.read(root / "sources.yml")["sources"]
    }
    return Shelf(
        {bulletin.id: bulletin for bulletin in bulletins},
        {group.kind: group for group in groups},
        sources,
        version_of(content_files(root)),
    )
