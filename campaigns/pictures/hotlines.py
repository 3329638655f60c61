"""Which numbers a poster names: those of its footer, else the two that everybody should know."""

from __future__ import annotations

import re
from dataclasses import dataclass

from campaigns.pictures.templates import load
from knowledge_base import contacts

NUMBER = re.compile(r"[0-9][0-9-]{2,}")
CALL = re.compile(r"(?P<words>[^0-9]+?)[\s:\uff1a]?(?P<number>[0-9][0-9-]{2,})")


class UnknownNumber(Exception):
    """A number that is not shown in contacts.yml must not stand on a poster."""


@dataclass(frozen=True, slots=True)
class Call:
    """What to say before a number, and the number."""

    words: str
    number: str


def calls(footer: str) -> tuple[tuple[Call, ...], str]:
    """Return the numbers to call, the first two of the footer's, and what else it says.

    Parts of the footer are parted by blanks. Raises ``UnknownNumber``.
    """
    known = contacts.load()
    for number in NUMBER.findall(footer):
        if known.by_number(number) is None:
            raise UnknownNumber(number)
    found: list[Call] = []
    rest: list[str] = []
    for part in footer.split():
        match = CALL.fullmatch(part)
        if match is not None and len(found) < 2:
            found.append(Call(match["words"], match["number"]))
        else:
            rest.append(part)
    return tuple(found) or _usual(), " ".join(rest)


def _usual() -> tuple[Call, ...]:
    known = contacts.load()
    found = []
    for one in load().hotlines:
        record = known.by_id(one.contact)
        if not record.show or record.number is None:
            raise UnknownNumber(one.contact)
        found.append(Call(one.words, record.number))
    return tuple(found)
