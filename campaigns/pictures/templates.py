"""The looks of posters (``templates.yml``): colours, ornament, size of the writing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge_base import content

FILE = Path(__file__).with_name("templates.yml")
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]


class UnknownTemplate(Exception):
    """There is no template of this name."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Template(_Part):
    """One look. Pairs are (ground, writing); ``hotline`` is ground, words, number; ``background`` top and bottom."""

    background: tuple[Colour, Colour]
    headline: Colour
    accent: Colour
    panel: Colour
    line: Colour
    marker: tuple[Colour, Colour]
    hotline: tuple[Colour, Colour, Colour]
    label: tuple[Colour, Colour]
    ornament: Literal["lanterns", "shield", "stripes", "frame"]
    scale: Annotated[float, Field(ge=1, le=1.5)]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return all pairs of ground and writing."""
        on_background = tuple((ground, self.headline) for ground in self.background)
        on_hotline = tuple((self.hotline[0], writing) for writing in self.hotline[1:])
        return (*on_background, (self.panel, self.line), self.marker, self.label, *on_hotline)


class Words(_Part):
    """The words every poster has."""

    label: str
    scan: str
    marks: tuple[str, ...]


class Hotline(_Part):
    """What to say before a number; ``contact`` is an id of contacts.yml."""

    words: str
    contact: str


class Look(_Part):
    """The whole file."""

    words: Words
    hotlines: tuple[Hotline, ...]
    templates: Mapping[str, Template]


@cache
def load(path: Path = FILE) -> Look:
    """Return the file. Raises ``ContentError`` when it is at fault."""
    try:
        return Look.model_validate(content.read(path))
    except ValidationError as error:
        raise content.ContentError(f"{path}: {error}") from error


def get(name: str) -> Template:
    """Return one look. Raises ``UnknownTemplate``."""
    try:
        return load().templates[name]
    except KeyError:
        raise UnknownTemplate(name) from None


def contrast(ground: str, writing: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(ground), _luminance(writing)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
