"""The occasions of ``occasions.yml``: what peaks when, for whom, and how densely to warn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

FILE = Path(__file__).with_name("occasions.yml")
SOLAR = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
LUNAR = re.compile(r"(1[0-2]|[1-9])-([12][0-9]|30|[1-9])")


class UnknownOccasion(Exception):
    """There is no occasion of this id."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Part):
    """How to find the first day: exactly one of the four ways; ``shift`` moves it by days."""

    solar: Annotated[str, Field(pattern=SOLAR.pattern)] | None = None
    lunar: Annotated[str, Field(pattern=LUNAR.pattern)] | None = None
    term: str | None = None
    holiday: str | None = None
    shift: Annotated[int, Field(ge=-60, le=60)] = 0
    fallback: Rule | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Rule:
        if sum(way is not None for way in (self.solar, self.lunar, self.term, self.holiday)) != 1:
            raise ValueError("a rule names one of solar, lunar, term, holiday")
        if (self.holiday is None) != (self.fallback is None):
            raise ValueError(
                "a holiday needs a fallback for years that are not announced, and nothing else does"
            )
        return self


class Density(_Part):
    """How many warnings to one person before, during and after."""

    before: Annotated[int, Field(ge=0, le=6)]
    during: Annotated[int, Field(ge=0, le=6)]
    after: Annotated[int, Field(ge=0, le=6)]


class Occasion(_Part):
    """One occasion. ``types`` are ids of the taxonomy, ``audience`` the roles, ``sources`` codes of sources.yml.

    ``confidence`` D: known to operators only, never told as a fact.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{1,47}$")]
    name: Annotated[str, Field(min_length=2, max_length=12)]
    about: Annotated[str, Field(min_length=2, max_length=60)]
    when: Rule
    days: Annotated[int, Field(ge=1, le=130)]
    types: Annotated[tuple[str, ...], Field(min_length=1)]
    audience: Annotated[tuple[str, ...], Field(min_length=1)]
    lead_days: Annotated[int, Field(ge=1, le=30)]
    density: Density
    sources: tuple[str, ...] = ()
    confidence: Literal["S", "A", "B", "C", "D"]


class _File(_Part):
    occasions: tuple[Occasion, ...]


@cache
def load(path: Path = FILE) -> Mapping[str, Occasion]:
    """Return the occasions by id, in the order of the file. Raises ``ValueError`` for a file at fault."""
    found = _File.model_validate(yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader))
    by_id = {occasion.id: occasion for occasion in found.occasions}
    if len(by_id) != len(found.occasions):
        raise ValueError("two occasions have the same id")
    return MappingProxyType(by_id)


def get(occasion_id: str) -> Occasion:
    """Return one occasion. Raises ``UnknownOccasion``."""
    try:
        return load()[occasion_id]
    except KeyError:
        raise UnknownOccasion(occasion_id) from None
