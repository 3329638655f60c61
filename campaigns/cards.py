"""The cards of 每日一宣 (seed S3): one trick, one thing to do, every day another, in season where that can be.

The rotation is worked out, not stored: the same day and audience give the same card on every machine. It goes through
the days from the first of ``FIRST_YEAR``; each day the card that waited longest comes next, and a card whose type
peaks in an occasion of that day counts as if it had waited ``IN_SEASON`` times as long. None comes again within
``REST_DAYS`` while there are enough of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from campaigns.calendar.days import LAST_YEAR, OutOfRange, span
from campaigns.calendar.occasions import load as load_occasions
from campaigns.document import Word
from knowledge_base import content

FOLDER = Path(__file__).with_name("cards")
FIRST_YEAR = 2026
REST_DAYS = 30
IN_SEASON = 2


class Card(BaseModel):
    """One card. ``front`` is what makes one look, ``back`` how the trick goes, ``do`` the one thing to do.

    ``audience``: roles of channels/consent.py, none for everybody. ``sources``: ids of sources.yml.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{1,39}$")]
    title: Annotated[str, Field(min_length=2, max_length=16)]
    front: Annotated[str, Field(min_length=8, max_length=60)]
    back: Annotated[str, Field(min_length=20, max_length=160)]
    do: Annotated[str, Field(min_length=4, max_length=40)]
    bulletin: Word
    audience: tuple[Word, ...] = ()
    sources: Annotated[tuple[Word, ...], Field(min_length=1)]

    @property
    def scam_type(self) -> str:
        """The type of the bulletin it belongs to."""
        return self.bulletin.split(".")[0]


class NoCard(Exception):
    """There is no card for this audience."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cards: tuple[Card, ...]


@cache
def load(folder: Path = FOLDER) -> Mapping[str, Card]:
    """Return the cards by id, in the order of files and lines. Raises ``ContentError`` naming the file."""
    found: dict[str, Card] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            cards = _File.model_validate(content.read(path)).cards
        except ValidationError as error:
            raise content.ContentError(f"{path}: {error}") from error
        for card in cards:
            if card.id in found:
                raise content.ContentError(f"{path}: the card {card.id} is there twice")
            found[card.id] = card
    return found


def card_of(day: dt.date, audience: str = "", folder: Path = FOLDER) -> Card:
    """Return the card of ``day`` for a role (empty: for everybody). Raises ``NoCard`` and ``OutOfRange``."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise OutOfRange(f"cards are dealt from {FIRST_YEAR} to {LAST_YEAR}, not in {day.year}")
    return load(folder)[_dealt(folder, audience, day.year)[day.timetuple().tm_yday - 1]]


@cache
def _dealt(folder: Path, audience: str, year: int) -> tuple[str, ...]:
    """Return the ids of a year's cards, one for each day."""
    cards = [card for card in load(folder).values() if _is_for(card, audience)]
    if not cards:
        raise NoCard(audience)
    last: dict[str, int] = {}
    for before in range(FIRST_YEAR, year):  # forwards: each year needs the one before it, and finds it cached
        start = dt.date(before, 1, 1).toordinal()
        last |= {card: start + n for n, card in enumerate(_dealt(folder, audience, before))}
    rest = min(REST_DAYS, len(cards) - 1)
    found = []
    for day, types in _seasons(year):
        today = day.toordinal()
        free = [card for card in cards if today - last.get(card.id, 0) > rest]
        waits = {card.id: _wait(card, today, last, card.scam_type in types) for card in free}
        chosen = max(waits, key=lambda card: waits[card])
        last[chosen] = today
        found.append(chosen)
    return tuple(found)


def _is_for(card: Card, audience: str) -> bool:
    return not card.audience or (audience or "resident") in card.audience


def _wait(card: Card, today: int, last: Mapping[str, int], in_season: bool) -> int:
    beginning = dt.date(FIRST_YEAR, 1, 1).toordinal() - REST_DAYS - 1
    waited = today - last.get(card.id, beginning)
    return waited * (IN_SEASON if in_season else 1)


def _seasons(year: int) -> Iterator[tuple[dt.date, frozenset[str]]]:
    """Yield the days of a year with the types that peak on each, the days of warning before an occasion included."""
    spans = []
    for near in (year, year + 1):  # what comes early in January is warned of in December
        if near <= LAST_YEAR:
            spans += [span(name, near) for name in load_occasions()]
    day = dt.date(year, 1, 1)
    while day.year == year:
        yield (
            day,
            frozenset(
                scam_type
                for one in spans
                if one.first - dt.timedelta(one.occasion.lead_days) <= day <= one.last
                for scam_type in one.occasion.types
            ),
        )
        day += dt.timedelta(1)
