"""Each hotline, time limit and legal statement that a citizen can see, beside its source; writes docs/fact_check.md.

``python -m bench.fact_check`` fails when one has no source, or one of confidence D. ``--write FILE`` writes the table;
``--reference FILE`` also looks every row up in the reference document (domain-facts.md, not part of this repository).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.fact_places import ROOT, Sentence, named_contacts, sentences
from knowledge_base import contacts as contacts_file
from knowledge_base import content, facts
from knowledge_base.contacts import Contact, Contacts
from knowledge_base.facts import SHOWABLE, Registry, Source
from knowledge_base.lint import _diallable

DOMAIN = re.compile(r"(?<![\w.@-])(?:[a-z0-9-]+\.)+(?:cn|com|net|org)(?![\w-])")


@dataclass
class Report:
    """What was found: ``problems`` to print, and the files in which each hotline and fact stands."""

    problems: list[str] = field(default_factory=list)
    hotlines: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    facts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    not_facts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def check(said: Iterable[Sentence], registry: Registry, book: Contacts) -> Report:
    """Return the report on ``said``; a problem names the file and the words."""
    report = Report()
    report.problems += _registry_problems(registry, book)
    for sentence in said:
        _hotlines(sentence, book, report)
        for find in registry.finds(sentence.text):
            by = registry.covers(sentence.text, find)
            if by is None:
                report.problems.append(
                    f"{sentence.file}: no source for {find.kind} “{find.words}” in: {sentence.text}"
                )
            elif by.startswith("-"):
                report.not_facts[by[1:]].add(sentence.file)
            else:
                report.facts[by].add(sentence.file)
    return report


def whole() -> Report:
    """Return the report on everything in the repository that citizens can read."""
    book = contacts_file.load()
    report = check(sentences(ROOT), facts.load(), book)
    on_cards(named_contacts(ROOT), book, report)
    return report


def _hotlines(sentence: Sentence, book: Contacts, report: Report) -> None:
    """Note every number and official domain; the entries of the black list of fake channels are not meant."""
    if any(sentence.text in entry.values() for entry in book.fake_channels):
        return
    for found in _diallable().finditer(sentence.text):
        _note(found.group(0), book.by_number(found.group(0)), sentence, report)
    for found in DOMAIN.finditer(sentence.text.lower()):
        _note(found.group(0), book.by_domain(found.group(0)), sentence, report)


def on_cards(named: Iterable[Sentence], book: Contacts, report: Report) -> None:
    """Note the hotlines that cards name by id; a hidden or unknown one is a problem."""
    shown = {record.id for record in book.records if record.show}
    for one in named:
        if one.text in shown:
            report.hotlines[one.text].add(one.file)
        else:
            report.problems.append(f"{one.file}: {one.text} is not a shown entry of contacts.yml")


def _note(value: str, record: Contact | None, sentence: Sentence, report: Report) -> None:
    if record is None:
        report.problems.append(
            f"{sentence.file}: {value} is not a shown entry of contacts.yml, in: {sentence.text}"
        )
    else:
        report.hotlines[record.id].add(sentence.file)


def _registry_problems(registry: Registry, book: Contacts) -> Iterator[str]:
    """Yield what is wrong in the registry itself: missing hotlines, unknown sources, weak or differing confidence."""
    codes = {entry["code"] for entry in content.read(content.ROOT / "sources.yml")["sources"]}
    shown = {record.id: record for record in book.records if record.show}
    for missing in sorted(set(shown) - set(registry.hotlines)):
        yield f"facts.yml: hotline {missing} is shown but has no source"
    for name in sorted(set(registry.hotlines) - set(shown)):
        yield f"facts.yml: hotline {name} is not a shown entry of contacts.yml"
    for name, record in shown.items():
        source = registry.hotlines.get(name)
        if source is not None and source.confidence != record.confidence:
            yield f"facts.yml: hotline {name} has confidence {source.confidence}, contacts.yml says {record.confidence}"
    ids = [fact.id for fact in registry.facts]
    for double in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"facts.yml: the id {double} stands there twice"
    named: list[tuple[str, Source]] = [
        *registry.hotlines.items(),
        *((fact.id, fact) for fact in registry.facts),
    ]
    for name, source in named:
        if source.confidence not in SHOWABLE:
            yield f"facts.yml: {name} has confidence {source.confidence}; below C nothing is shown"
        for code in source.sources:
            if code not in codes:
                yield f"facts.yml: {name} names the source {code}, which sources.yml does not have"


def look_up(reference: str, registry: Registry) -> Iterator[str]:
    """Yield every entry whose row is not in its section of the reference document."""
    parts = _sections(reference)
    named: list[tuple[str, Source]] = [
        *registry.hotlines.items(),
        *((fact.id, fact) for fact in registry.facts),
    ]
    for name, source in named:
        if _plain(source.row) not in parts.get(source.section, ""):
            yield f"facts.yml: {name}: “{source.row}” is not in section {source.section} of the reference"


def _sections(reference: str) -> dict[str, str]:
    """Return the reference's text by section number; a section holds its sub-sections."""
    texts: dict[str, str] = defaultdict(str)
    current = ""
    for line in reference.splitlines():
        heading = re.match(r"#+ (?:(\d(?:\.\d)?)[ .]|(附录[ABC]))", line)
        current = (heading.group(1) or heading.group(2)) if heading else current
        for name in {current, current.split(".")[0]} - {""}:
            texts[name] += _plain(line)
    return texts


def _plain(text: str) -> str:
    return re.sub(r"[\s*`]", "", text)


def main(arguments: list[str] | None = None) -> int:
    """Check; write when asked; return 1 when anything has no source."""
    from bench.fact_table import table

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="write the table to this file")
    parser.add_argument("--reference", type=Path, help="look every row up in this document")
    options = parser.parse_args(arguments)
    registry, book = facts.load(), contacts_file.load()
    report = whole()
    if options.reference:
        report.problems += look_up(options.reference.read_text(encoding="utf-8"), registry)
    for problem in report.problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(report.problems)} problem(s)\n")
    if options.write and not report.problems:
        options.write.write_text(table(report, registry, book), encoding="utf-8")
    return 1 if report.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
