"""Figures of merit over judged rows: rates with intervals, types, calibration."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

RISKY = frozenset({"scam", "suspicious"})
BINS = 10  # of equal width, for the calibration error


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of a slice and what the assessor said of it.

    ``wanted_class`` and ``classes`` are the types mapped to the official twelve classes, None or "" where there is no
    such class; ``asked`` counts the questions asked back.
    """

    text: str
    label: str
    kind: str
    wanted_type: str | None
    verdict: str
    probability: float
    types: tuple[str, ...]
    wanted_class: str | None = None
    classes: tuple[str, ...] = ()
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % Wilson interval."""

    hits: int
    total: int

    @property
    def share(self) -> float:
        """Return hits / total, 0 for an empty slice."""
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % Wilson score interval."""
        if not self.total:
            return 0.0, 1.0
        z, n, p = 1.96, self.total, self.share
        centre = p + z * z / (2 * n)
        spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (centre - spread) / (1 + z * z / n)), min(1.0, (centre + spread) / (1 + z * z / n))

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.share:.3f} ({low:.3f}-{high:.3f})"


def verdicts(rows: Sequence[Judged], names: frozenset[str]) -> Rate:
    """Return the share of rows whose verdict is one of ``names``."""
    return Rate(sum(row.verdict in names for row in rows), len(rows))


def top(rows: Sequence[Judged], k: int) -> Rate:
    """Return the share of rows with a known type whose type is among the first ``k``."""
    typed = [row for row in rows if row.wanted_type]
    return Rate(sum(row.wanted_type in row.types[:k] for row in typed), len(typed))


def macro_f1(rows: Sequence[Judged]) -> float:
    """Return the mean F1 over the types that occur, 0 when none does."""
    typed = [row for row in rows if row.wanted_type]
    wanted = Counter(row.wanted_type for row in typed)
    said = Counter(row.types[0] if row.types else None for row in typed)
    right = Counter(row.wanted_type for row in typed if row.types[:1] == (row.wanted_type,))
    scores = [2 * right[name] / (wanted[name] + said[name]) for name in wanted]
    return sum(scores) / len(scores) if scores else 0.0


def confusions(rows: Sequence[Judged], most: int = 5) -> list[tuple[str, str, int]]:
    """Return the most frequent (wanted, said) pairs of types that differ."""
    pairs = Counter(
        (row.wanted_type, row.types[0])
        for row in rows
        if row.wanted_type and row.types and row.types[0] != row.wanted_type
    )
    return [(str(wanted), said, count) for (wanted, said), count in pairs.most_common(most)]


def official(rows: Sequence[Judged]) -> list[Judged]:
    """Return the rows that have an official class, with the classes in the place of the types.

    A class named by several types (both kinds of impersonation of someone known) counts once in the order of rank.
    """
    return [
        replace(row, wanted_type=row.wanted_class, types=tuple(dict.fromkeys(row.classes)))
        for row in rows
        if row.wanted_class
    ]


@dataclass(frozen=True, slots=True)
class Bin:
    """One class of probabilities: its rows, their mean probability, and the share of scams among them."""

    count: int
    mean: float
    share: float


def reliability(rows: Sequence[Judged]) -> list[Bin]:
    """Return the non-empty ones of ten bins of equal width over scam and benign rows."""
    known = [row for row in rows if row.label in ("scam", "benign")]
    bins = []
    for number in range(BINS):
        inside = [row for row in known if min(int(row.probability * BINS), BINS - 1) == number]
        if inside:
            mean = sum(row.probability for row in inside) / len(inside)
            share = sum(row.label == "scam" for row in inside) / len(inside)
            bins.append(Bin(len(inside), mean, share))
    return bins


def calibration_error(rows: Sequence[Judged]) -> float:
    """Return the expected calibration error of P(scam) over scam and benign rows, in ten bins."""
    bins = reliability(rows)
    total = sum(each.count for each in bins)
    return sum(each.count / total * abs(each.mean - each.share) for each in bins)
