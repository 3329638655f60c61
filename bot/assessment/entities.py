"""Things in a text that can be checked: links, numbers, sums, accounts, each with a plain note."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.assessment import content, links, placeholders
from knowledge_base import contacts
from knowledge_base.contacts import plain_number

# A browser takes "http://official.example:80 @192.0.2.1" for a visit to 192.0.2.1: blanks count into the user's name.
HIDES_HOST = re.compile(r"[\s\u3000]{0,8}[@\uff20][a-z0-9\[]", re.IGNORECASE)
BEHIND = 10  # characters after a link that are looked at


@dataclass(frozen=True, slots=True)
class Found:
    """An entity at positions of the normalised text; ``odd`` marks forms that honest senders do not use."""

    kind: str
    text: str
    start: int
    end: int
    note: str
    odd: str = ""


def find(text: str) -> list[Found]:
    """Return the entities of a normalised, masked text, in order, without overlap."""
    taken: list[tuple[int, int]] = []
    found: list[Found] = []
    for entity in (
        *_placeholders(text),
        *_links(text),
        *_masked(text),
        *_numbers(text),
        *_services(text),
        *_amounts(text),
    ):
        if not any(entity.start < end and start < entity.end for start, end in taken):
            taken.append((entity.start, entity.end))
            found.append(entity)
    return sorted(found, key=lambda entity: entity.start)


def _placeholders(text: str) -> Iterator[Found]:
    notes = content.load("entities")
    kinds = placeholders.labels()
    for match in placeholders.PLACEHOLDER.finditer(text):
        kind = kinds.get(match.group(1), "")
        note, odd = {
            "overseas_phone": (notes["phone"]["overseas"].format(code=match.group(3) or ""), "overseas"),
            "mobile": (notes["phone"]["personal"], ""),
            "landline": (notes["phone"]["landline"], ""),
            "bank_card": (notes["account"], ""),
            "wechat_id": (notes["qq_wechat"], ""),
            "qq_id": (notes["qq_wechat"], ""),
        }.get(kind, ("", ""))
        if note:
            yield Found(kind, match.group(0), match.start(), match.end(), note, odd)


def _masked(text: str) -> Iterator[Found]:
    notes = content.load("entities")
    said = {
        "link": notes["link"]["plain"],
        "mobile": notes["phone"]["personal"],
        "bank_card": notes["account"],
    }
    for kind, pattern in notes["patterns"]["masked"].items():
        for match in _compiled(pattern).finditer(text):
            yield Found(kind, match.group(0), match.start(), match.end(), said[kind], "plain")


def _links(text: str) -> Iterator[Found]:
    for match in _pattern("link").finditer(text):
        url = match.group(0).rstrip(".,;:!?)]}'")
        behind = text[match.end() : match.end() + BEHIND]
        link = links.explain(url, hides_host=HIDES_HOST.match(behind) is not None)
        notes: dict[str, str] = content.load("entities")["link"]
        note = notes[link.oddity].format(**link.words)
        kind = "official_link" if link.oddity == "official" else "link"
        yield Found(kind, url, match.start(), match.start() + len(url), note, link.oddity)


def _numbers(text: str) -> Iterator[Found]:
    notes: dict[str, str] = content.load("entities")["phone"]
    for match in _pattern("number").finditer(text):
        if _pattern("unit").match(text, match.end()):
            continue
        written = match.group(0).strip()
        start = match.start() + match.group(0).index(written)
        exact = contacts.load().by_number(written)
        if exact is not None:
            note = notes["official"].format(
                number=written, name=exact.name, purpose=exact.purpose.rstrip("。")
            )
            yield Found("official_number", written, start, match.end(), note, "official")
            continue
        core = re.search(r"(?:96110|9[56]\d{3}|12\d{3}|1[12]\d)$", plain_number(written))
        official = contacts.load().by_number(core.group(0)) if core else None
        if official is not None and len(plain_number(written)) > len(core.group(0) if core else ""):
            if re.fullmatch(r"0\d{2,3}[ -]?96110", written):
                # Real calls show the area code before 96110 (domain-facts 2.1), yet the display can be forged.
                note = notes["official"].format(
                    number=written, name=official.name, purpose=official.purpose.rstrip("。")
                )
                yield Found("official_number", written, start, match.end(), note, "official")
            else:
                note = notes["prefixed"].format(number=written, official=official.number)
                yield Found("prefixed_number", written, start, match.end(), note, "prefixed")


def _services(text: str) -> Iterator[Found]:
    for match in _pattern("service").finditer(text):
        note = content.load("entities")["phone"]["service"]
        yield Found("service_number", match.group(0), match.start(), match.end(), note)


def _amounts(text: str) -> Iterator[Found]:
    for match in _pattern("amount").finditer(text):
        yield Found("amount", match.group(0), match.start(), match.end(), content.load("entities")["amount"])


def _pattern(name: str) -> re.Pattern[str]:
    patterns: dict[str, Any] = content.load("entities")["patterns"]
    return _compiled(patterns[name])


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
