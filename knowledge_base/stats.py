"""What the knowledge is made of: counts, floors, repetition and variety; `fanzha kb stats` prints and judges them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from knowledge_base import content, doubles, shelf
from knowledge_base.bulletin import Register
from knowledge_base.doubles import Likeness
from knowledge_base.shelf import Phrase, Shelf

REGISTERS: tuple[str, ...] = get_args(Register)


@dataclass(frozen=True, slots=True)
class Floor:
    """A demand on the knowledge in words, what was found, and whether it holds."""

    what: str
    wanted: str
    found: str
    holds: bool


@dataclass(frozen=True)
class Figures:
    """Everything measured of one shelf. ``near`` is over ``phrases``, in their order."""

    shelf: Shelf
    phrases: tuple[Phrase, ...]
    near: Likeness
    floors: tuple[Floor, ...]

    @property
    def passes(self) -> bool:
        """Tell whether every floor holds."""
        return all(floor.holds for floor in self.floors)

    def texts(self, *, scam: bool, register: str | None = None, scam_type: str | None = None) -> list[str]:
        """Return the texts of one kind of phrases."""
        return [
            phrase.text
            for phrase in self.phrases
            if phrase.scam == scam
            and register in (None, phrase.register)
            and scam_type in (None, phrase.scam_type)
        ]

    def types(self) -> list[str]:
        """Return the scam types that have sayings, sorted."""
        return sorted({phrase.scam_type for phrase in self.phrases if phrase.scam_type})

    def sayings(self) -> Counter[tuple[str, str]]:
        """Return the number of sayings by (type, register)."""
        return Counter((str(p.scam_type), p.register) for p in self.phrases if p.scam)

    def kinds(self) -> Counter[str]:
        """Return the number of look-alikes by kind; those inside a bulletin count under its id."""
        return Counter(p.owner.removeprefix("lookalike:") for p in self.phrases if not p.scam)


def measure(given: Shelf | None = None, rules: dict[str, Any] | None = None) -> Figures:
    """Measure a shelf (today's by default) against ``rules`` (those of stats.yml by default)."""
    whole = given or shelf.load()
    limits = rules or content.read(content.ROOT / "stats.yml")
    near = doubles.likeness([phrase.text for phrase in whole.phrases], limits["near_double_at"])
    bare = Figures(whole, whole.phrases, near, ())
    return Figures(whole, whole.phrases, near, tuple(floors(bare, limits)))


def floors(figures: Figures, limits: dict[str, Any]) -> Sequence[Floor]:
    """Return the floors of stats.yml with what was found."""
    least: dict[str, int] = limits["floors"]
    sayings = figures.sayings()
    cells = {(name, register): sayings[name, register] for name in figures.types() for register in REGISTERS}
    thin = [f"{name}/{register} {n}" for (name, register), n in cells.items()
            if n < least["per_type_and_register"]]  # fmt: skip
    honest = sum(not phrase.scam for phrase in figures.phrases)
    kinds = len(figures.shelf.lookalikes)
    alike = float((figures.near.nearest >= limits["near_double_at"]).mean()) if figures.phrases else 0.0
    return [
        _at_least("bulletins", len(figures.shelf.bulletins), least["bulletins"]),
        _at_least("sayings", sum(sayings.values()), least["sayings"]),
        Floor(
            "sayings of each type in each register",
            f"≥ {least['per_type_and_register']}",
            f"least {min(cells.values(), default=0)}; "
            + (f"too few in {len(thin)} of {len(cells)}: {', '.join(thin)}" if thin else "none below"),
            bool(cells) and not thin,
        ),
        _at_least("honest look-alikes", honest, least["look_alikes"]),
        _at_least("kinds of look-alikes", kinds, least["kinds"]),
        Floor(
            f"texts with a twin (3-gram Jaccard ≥ {limits['near_double_at']})",
            f"≤ {limits['near_double_share']:.1%}",
            f"{alike:.2%}",
            alike <= limits["near_double_share"],
        ),
    ]


def main(write: Path | None = None) -> int:
    """Print the page, write it to ``write`` as well, and return 1 when a floor is broken, else 0."""
    from knowledge_base import stats_page

    figures = measure()
    page = stats_page.page(figures)
    sys.stdout.write(page)
    if write is not None:
        write.write_text(page, encoding="utf-8")
    for floor in figures.floors:
        if not floor.holds:
            sys.stderr.write(f"floor broken: {floor.what} {floor.wanted}: {floor.found}\n")
    return 0 if figures.passes else 1


def _at_least(what: str, found: int, wanted: int) -> Floor:
    return Floor(what, f"≥ {wanted:,}", f"{found:,}", found >= wanted)
