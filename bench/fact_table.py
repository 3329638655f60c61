"""The fact check as markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge_base.contacts import Contacts
from knowledge_base.facts import Registry

if TYPE_CHECKING:
    from bench.fact_check import Report

HEAD = """# Fact check

Made by `python -m bench.fact_check --write docs/fact_check.md`; never edited by hand. The command fails when a hotline, a
time limit or a legal statement that a citizen can see has no source, or one of confidence D. The registry is
`knowledge_base/facts.yml`; sections and rows are those of the project's reference `domain-facts.md`; source codes are
explained in `knowledge_base/sources.yml`. Confidence: A several independent sources or the law itself, B one good source,
C one weak source, S a government document the project began with (local, not national).

No number below was called to verify it unless a day stands in its row: operators do that before they go live.
"""


def table(report: Report, registry: Registry, book: Contacts) -> str:
    """Return the page: hotlines, statements, and phrases that only look like statements."""
    lines = [HEAD, "## Hotlines and official addresses", ""]
    lines += [
        "| hotline | number or address | section | row | sources | confidence | verified |",
        _rule(7),
    ]
    for record in book.records:
        if not record.show:
            continue
        source = registry.hotlines[record.id]
        number = " · ".join(filter(None, (record.number, record.domain))) or record.name
        verified = record.verified_on.isoformat() if record.verified_on else "not yet"
        where = (source.section, source.row, _codes(source.sources), source.confidence)
        lines.append(_row(record.id, number, *where, verified))
    lines += ["", "## Time limits and legal statements", ""]
    lines += ["| fact | statement | section | row | sources | confidence | stands in |", _rule(7)]
    for fact in registry.facts:
        places = sorted(report.facts.get(fact.id, ()))
        where = (fact.section, fact.row, _codes(fact.sources), fact.confidence)
        lines.append(_row(fact.id, fact.says, *where, _files(places)))
    lines += ["", "## Numbers and legal words that state nothing", ""]
    lines += ["| phrase (regular expression) | why |", _rule(2)]
    for none in registry.not_facts:
        lines.append(_row(f"`{none.words}`", none.why))
    return "\n".join([*lines, ""])


def _codes(codes: list[str]) -> str:
    return ", ".join(codes) or "–"


def _files(places: list[str]) -> str:
    names = [place.rsplit("/", 1)[-1] for place in places]
    return ", ".join(names) if names else "–"


def _rule(columns: int) -> str:
    return "|" + "---|" * columns


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
