"""Which messages leave: exact words only, so that nobody leaves by pasting a text that speaks of leaving."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from channels.base import Inbound, Kind


class Leaving(StrEnum):
    """What a message says about leaving."""

    NOT = ""
    ALONE = "alone"  # nothing else
    ALSO_A_WORD = "also a word"  # the dialogue knows the word too


@dataclass(frozen=True, slots=True)
class Forms:
    """The words, as ``plain`` makes them; ``payload`` is the button that leaves."""

    alone: frozenset[str]
    also_words: frozenset[str]
    marks: str
    payload: str

    def leaving(self, message: Inbound) -> Leaving:
        """Return what ``message`` says; only typed words and the button can leave."""
        if message.payload is not None:
            return Leaving.ALONE if message.payload == self.payload else Leaving.NOT
        if message.kind is not Kind.TEXT or not message.text or len(message.text) > MOST_LOOKED_AT:
            return Leaving.NOT
        said = plain(message.text, self.marks)
        if said in self.alone:
            return Leaving.ALONE
        return Leaving.ALSO_A_WORD if said in self.also_words else Leaving.NOT


MOST_LOOKED_AT = 60  # the longest form has a few characters; the rest could be marks around it


def plain(text: str, marks: str) -> str:
    """Return ``text`` in one width and case, without the marks before and after it."""
    return unicodedata.normalize("NFKC", text).casefold().strip(marks)


def forms_of(data: Mapping[str, Any]) -> Forms:
    """Return the words of ``subscribing.yml``."""
    marks = str(data["marks"])
    alone, also = (frozenset(plain(word, marks) for word in data[name]) for name in ("alone", "also_words"))
    return Forms(alone, also, marks, str(data["payload"]))
