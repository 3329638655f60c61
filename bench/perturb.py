"""Writes a text as it might also have come: with typing errors, spaces, symbols, other characters, cut, or wrapped.

Every perturbation is deterministic: its random choices are seeded by its own name and the text.
"""

from __future__ import annotations

import random
import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

EVERY = 12  # one typing error in so many characters, at least one
SPACED = 0.5  # share of the gaps between Chinese characters that get a space
SYMBOL = 0.1  # share of the gaps that get a symbol
SHORT = 20  # characters left by the truncation
CJK = re.compile(r"[\u4e00-\u9fff]")


def perturb(name: str, text: str) -> str:
    """Return ``text`` under the perturbation ``name``; the same every time. Raises ``KeyError`` for another name."""
    return PERTURBATIONS[name](text, random.Random(zlib.crc32(f"{name}\0{text}".encode("utf-8", "replace"))))


def _sound(text: str, chance: random.Random) -> str:
    """Type another character of the same sound (tones aside), as pinyin keyboards do."""
    return _replace(text, _homophones(), chance)


def _shape(text: str, chance: random.Random) -> str:
    """Take a character for one that looks like it, as strokes and text recognition do."""
    return _replace(text, _shapes(), chance)


def _swap(text: str, chance: random.Random) -> str:
    chars = list(text)
    places = [at for at in range(len(chars) - 1) if CJK.match(chars[at]) and CJK.match(chars[at + 1])]
    last = -2
    for at in sorted(chance.sample(places, min(len(places), _errors(text)))):
        if at > last + 1:  # a character is moved once only
            chars[at], chars[at + 1] = chars[at + 1], chars[at]
            last = at
    return "".join(chars)


def _spaces(text: str, chance: random.Random) -> str:
    return re.sub(
        r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])", lambda _: " " if chance.random() < SPACED else "", text
    )


def _symbols(text: str, chance: random.Random) -> str:
    marks = _words()["symbols"]
    gaps = [at for at in range(1, len(text)) if not text[at].isascii() or not text[at - 1].isascii()]
    wanted = min(len(gaps), max(1, round(len(gaps) * SYMBOL)))
    chosen = set(chance.sample(gaps, wanted))
    return "".join((chance.choice(marks) if at in chosen else "") + char for at, char in enumerate(text))


def _traditional(text: str, chance: random.Random) -> str:
    return str(_converter().convert(text))


def _full_width(text: str, chance: random.Random) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if char.isascii() and char.isalnum() else char for char in text)


def _loan_words(text: str, chance: random.Random) -> str:
    forms: dict[str, list[str]] = _words()["loan_words"]
    words = sorted(forms, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, words)), lambda found: chance.choice(forms[found.group(0)]), text)


def _truncated(text: str, chance: random.Random) -> str:
    return text[:SHORT]


def _chatter(text: str, chance: random.Random) -> str:
    words = _words()
    return f"{chance.choice(words['openings'])}\n{text}\n{chance.choice(words['closings'])}"


def _no_punctuation(text: str, chance: random.Random) -> str:
    return "".join(char for char in text if not unicodedata.category(char).startswith("P"))


def _twice(text: str, chance: random.Random) -> str:
    return f"{text}\n{text}"


PERTURBATIONS: dict[str, Callable[[str, random.Random], str]] = {
    "typos: sound": _sound,
    "typos: shape": _shape,
    "typos: swapped": _swap,
    "spaces": _spaces,
    "symbols": _symbols,
    "traditional": _traditional,
    "full width": _full_width,
    "loan words": _loan_words,
    "first 20 characters": _truncated,
    "chatter around": _chatter,
    "no punctuation": _no_punctuation,
    "pasted twice": _twice,
}


def _errors(text: str) -> int:
    return max(1, len(text) // EVERY)


def _replace(text: str, others: dict[str, tuple[str, ...]], chance: random.Random) -> str:
    places = [at for at, char in enumerate(text) if others.get(char)]
    chosen = set(chance.sample(places, min(len(places), _errors(text))))
    return "".join(chance.choice(others[char]) if at in chosen else char for at, char in enumerate(text))


@cache
def _homophones() -> dict[str, tuple[str, ...]]:
    """Return for each common character (GB 2312, level 1) the others of the same sound."""
    from pypinyin import lazy_pinyin

    rows = [bytes((high, low)) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF)]
    chars = [row.decode("gb2312", "ignore") for row in rows]
    by_sound: dict[str, list[str]] = defaultdict(list)
    for char in filter(None, chars):
        by_sound[lazy_pinyin(char)[0]].append(char)
    return {
        char: tuple(other for other in group if other != char)
        for group in by_sound.values()
        for char in group
    }


@cache
def _shapes() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for one, other in _words()["shapes"]:
        found[one][other] = None
        found[other][one] = None
    return {char: tuple(others) for char, others in found.items()}


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("s2t")


@cache
def _words() -> dict[str, Any]:
    path = Path(__file__).parent / "perturb.yml"
    words: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return words
