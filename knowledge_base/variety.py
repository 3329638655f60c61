"""How varied texts are: different n-grams, lengths, and the shares of forms of writing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from knowledge_base import content
from knowledge_base.doubles import squeezed

EDGES = (0, 10, 20, 40, 80, 160, 320, 600)  # characters; the last class is open
_HIDING_MARK = re.compile(r"[❤♥♡➕💗]|(?<=[\u4e00-\u9fff])[·.*_~^|](?=[\u4e00-\u9fff])")
SAMPLE = 4_000  # n-grams that diversity is measured on: more text always repeats more


def distinct(texts: Sequence[str], size: int, sample: int | None = SAMPLE) -> float:
    """Return the share of different ones among the first ``sample`` n-grams of ``texts`` (1 = none repeats).

    The same number of n-grams for every group, taken evenly from all its texts, makes groups of different size
    comparable.
    """
    rows = [squeezed(text) for text in texts]
    found = [row[at : at + size] for row in rows for at in range(len(row) - size + 1)]
    if sample is not None and len(found) > sample:
        step = len(found) / sample
        found = [found[int(at * step)] for at in range(sample)]
    return len(set(found)) / len(found) if found else 0.0


def histogram(texts: Sequence[str]) -> list[int]:
    """Return how many texts fall into each class of ``EDGES`` (characters, both ends of a class: from, below)."""
    lengths = [len(text) for text in texts]
    tops = (*EDGES[1:], None)
    return [
        sum(low <= length and (top is None or length < top) for length in lengths)
        for low, top in zip(EDGES, tops, strict=True)
    ]


def classes() -> list[str]:
    """Return the names of the classes of ``histogram``."""
    return [*(f"{low}–{top - 1}" for low, top in pairwise(EDGES)), f"{EDGES[-1]}+"]


def shares(texts: Sequence[str]) -> dict[str, float]:
    """Return the share of texts with each form of writing: those of stats.yml, and two that need tables."""
    total = max(1, len(texts))
    folded = [unicodedata.normalize("NFKC", text) for text in texts]
    found = {name: sum(map(bool, map(form.search, folded))) / total for name, form in _forms()}
    found["traditional characters"] = sum(map(is_traditional, texts)) / total
    found["hidden or abbreviated words"] = sum(map(is_evasive, texts)) / total
    return found


def is_traditional(text: str) -> bool:
    """Tell texts with two or more different characters that OpenCC turns into simplified ones."""
    changed = {old for old, new in zip(text, _converter().convert(text), strict=False) if old != new}
    return len(changed) >= 2


def is_evasive(text: str) -> bool:
    """Tell texts in which a rule for hidden words (evasions of normalise.yml) or a hiding mark is at work."""
    folded = text.lower()
    return any(
        # Many rules also match the plain word and then change nothing.
        found.expand(replacement) != found.group(0)
        for pattern, replacement in _evasions()
        for found in pattern.finditer(folded)
    ) or bool(_HIDING_MARK.search(folded))


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    entries = content.read(content.ROOT / "stats.yml")["forms"]
    return tuple((str(name), re.compile(pattern)) for name, pattern in entries.items())


@cache
def _evasions() -> tuple[tuple[re.Pattern[str], str], ...]:
    entries = content.read(content.ROOT / "normalise.yml")["evasions"]
    return tuple((re.compile(pattern), str(replacement)) for pattern, replacement in entries)


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")
