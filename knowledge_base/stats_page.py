"""docs/knowledge_base.md: the figures of stats.py as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from knowledge_base import variety
from knowledge_base.doubles import exact
from knowledge_base.stats import REGISTERS, Figures

PAIRS = 10  # of the most alike, shown in each table
SHOWN = 44  # characters of a text in a table
SIZES = (2, 3, 4)
INTRO = """\
# The knowledge in figures

Written by `fanzha kb stats --write docs/knowledge_base.md`; do not edit by hand. The command fails when a floor is
broken. What the sayings and look-alikes are, and how they are written: `knowledge_base/WRITING.md`."""


def page(figures: Figures) -> str:
    """Return the page's markdown."""
    blocks = [
        INTRO,
        f"Knowledge version `{figures.shelf.version}`.",
        "## Floors",
        *_floors(figures),
        "## Sayings by type and register",
        *_sayings(figures),
        "## Look-alikes by kind",
        *_kinds(figures),
        "## Repetition",
        *_repetition(figures),
        "## Variety",
        *_variety(figures),
    ]
    return "\n\n".join(blocks) + "\n"


def _floors(figures: Figures) -> Iterator[str]:
    rows = [
        (floor.what, floor.wanted, floor.found, "yes" if floor.holds else "**no**")
        for floor in figures.floors
    ]
    yield _table(("floor", "wanted", "found", "holds"), rows)


def _sayings(figures: Figures) -> Iterator[str]:
    counts = figures.sayings()
    rows = []
    for name in figures.types():
        row = [counts[name, register] for register in REGISTERS]
        rows.append((name, *row, sum(row)))
    sums = [sum(counts[name, register] for name in figures.types()) for register in REGISTERS]
    yield _table(("type", *REGISTERS, "all"), [*rows, ("all", *sums, sum(sums))])


def _kinds(figures: Figures) -> Iterator[str]:
    counts = figures.kinds()
    shelf = figures.shelf
    inside = sum(counts[key] for key in shelf.bulletins)
    rows = [
        (kind, group.text_register, ", ".join(group.resembles), counts[kind])
        for kind, group in sorted(shelf.lookalikes.items())
    ]
    yield _table(("kind", "register", "resembles", "texts"), rows)
    yield f"{inside:,} more stand in the {len(shelf.bulletins)} bulletins, beside the technique that they resemble."


def _repetition(figures: Figures) -> Iterator[str]:
    yield (
        "Every text is compared with every other: Jaccard similarity of their different character 3-grams, spaces and\n"
        "punctuation aside. Within a type, a pair is two wordings of one thing; across types, or between a scam and an\n"
        "honest text, it teaches the assistant a contradiction."
    )
    phrases = figures.phrases
    inside: list[Sequence[object]] = []
    across: list[Sequence[object]] = []
    for pair in figures.near.pairs:
        first, second = phrases[pair.first], phrases[pair.second]
        same = (first.scam_type, first.scam) == (second.scam_type, second.scam)
        (inside if same else across).append(
            (f"{pair.similarity:.2f}", _shown(first.text), _shown(second.text))
        )
    yield (
        f"Exact doubles: {exact([phrase.text for phrase in phrases])}. Near doubles within a type (or among honest "
        f"texts): {len(inside)} pairs, across types: {len(across)} pairs."
    )
    for title, pairs in (("within a type", inside), ("across types", across)):
        if pairs:
            yield _table(("alike", f"text ({title})", "other text"), pairs[:PAIRS])


def _variety(figures: Figures) -> Iterator[str]:
    groups = [(f"scam, {name}", figures.texts(scam=True, register=name)) for name in REGISTERS]
    groups += [(f"honest, {name}", figures.texts(scam=False, register=name)) for name in REGISTERS]
    groups = [(name, texts) for name, texts in groups if texts]
    names = tuple(name for name, _ in groups)
    yield "Lengths in characters, share of texts:"
    columns = [np.array(variety.histogram(texts)) / len(texts) for _, texts in groups]
    yield _table(
        ("characters", *names),
        [
            (label, *(f"{column[row]:.1%}" for column in columns))
            for row, label in enumerate(variety.classes())
        ],
    )
    yield (
        "Forms of writing, share of texts. Spelling mistakes that no rule lists are not counted: nothing tells them\n"
        "from names and dialect."
    )
    found = [variety.shares(texts) for _, texts in groups]
    yield _table(("form", *names), [(form, *(f"{each[form]:.1%}" for each in found)) for form in found[0]])
    yield (
        f"Different ones among {variety.SAMPLE:,} character n-grams taken evenly from the group's texts (1 = none\n"
        "repeats; fewer where a group has fewer), and how alike a text is to the one most like it on the whole shelf\n"
        "(mean Jaccard)."
    )
    nearest = figures.near.nearest
    rows: list[Sequence[object]] = []
    for scam, title in ((True, "scam"), (False, "honest")):
        for register in REGISTERS:
            where = [p.scam == scam and p.register == register for p in figures.phrases]
            if any(where):
                texts = figures.texts(scam=scam, register=register)
                rows.append(_diversity(f"{title}, {register}", texts, float(nearest[where].mean())))
    for name in figures.types():
        where = [phrase.scam_type == name for phrase in figures.phrases]
        texts = figures.texts(scam=True, scam_type=name)
        rows.append(_diversity(name, texts, float(nearest[where].mean())))
    yield _table(("group", *(f"distinct-{size}" for size in SIZES), "nearest text"), rows)


def _diversity(name: str, texts: Sequence[str], nearest: float) -> Sequence[object]:
    return (name, *(f"{variety.distinct(texts, size):.3f}" for size in SIZES), f"{nearest:.3f}")


def _shown(text: str) -> str:
    flat = " / ".join(text.split("\n")).replace("|", "¦")
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 1] + "…"


def _table(header: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    rule = ["---:" if _is_number(cell) else "---" for cell in rows[0]] if rows else ["---"] * len(header)
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in (header, rule, *rows))


def _is_number(cell: object) -> bool:
    return str(cell).replace(",", "").rstrip("%").replace(".", "", 1).isdigit()
