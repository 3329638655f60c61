"""How much texts repeat each other: Jaccard similarity of character 3-grams, every pair, exactly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

GRAM = 3
BLOCK = 512  # rows compared with all others at a time; keeps a block's products below a few hundred MB


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """Two texts by number, ``first`` < ``second``, and their similarity (0..1)."""

    similarity: float
    first: int
    second: int


@dataclass(frozen=True)
class Likeness:
    """``nearest``: each text's similarity to the text most like it, (n,); ``pairs`` at or above a threshold, best first."""

    nearest: NDArray[np.float64]
    pairs: tuple[Pair, ...]


def squeezed(text: str) -> str:
    """Return the text without spaces, punctuation and case: what is left when only the wording counts."""
    return re.sub(r"[\W_]+", "", text).lower()


def grams(text: str, size: int = GRAM) -> set[str]:
    """Return the different n-grams of the squeezed text; a shorter text is its own only gram."""
    plain = squeezed(text) or text
    return {plain[at : at + size] for at in range(max(1, len(plain) - size + 1))}


def likeness(texts: Sequence[str], at_least: float) -> Likeness:
    """Compare every text with every other; pairs of a similarity of ``at_least`` and more are kept."""
    matrix = _incidence(texts)
    sizes = np.asarray(matrix.sum(axis=1)).ravel()
    nearest = np.zeros(len(texts))
    pairs: list[Pair] = []
    for start in range(0, len(texts), BLOCK):
        shared = (matrix[start : start + BLOCK] @ matrix.T).tocoo()
        rows, columns = shared.row + start, shared.col
        other = rows != columns
        rows, columns, common = rows[other], columns[other], shared.data[other].astype(np.float64)
        values = common / (sizes[rows] + sizes[columns] - common)
        np.maximum.at(nearest, rows, values)
        for at in np.flatnonzero((values >= at_least) & (rows < columns)):
            pairs.append(Pair(float(values[at]), int(rows[at]), int(columns[at])))
    return Likeness(nearest, tuple(sorted(pairs, key=lambda pair: (-pair.similarity, pair.first))))


def exact(texts: Sequence[str]) -> int:
    """Return how many texts are the same as an earlier one, spaces, punctuation and case aside."""
    return len(texts) - len({squeezed(text) or text for text in texts})


def _incidence(texts: Sequence[str]) -> sparse.csr_matrix:
    """Return which text, (n, different grams), holds which gram."""
    columns: dict[str, int] = {}
    found: list[int] = []
    starts = [0]
    for text in texts:
        found += sorted(columns.setdefault(gram, len(columns)) for gram in grams(text))
        starts.append(len(found))
    ones = np.ones(len(found), dtype=np.float32)
    return sparse.csr_matrix((ones, found, starts), shape=(len(texts), max(1, len(columns))))
