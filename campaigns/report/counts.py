"""Figures that give nobody away, and the comparison of two shares.

A cell of one to four people is known as "fewer than five" only, and every sum is the sum of its finest cells, so it is
a range where one of these is in it: no two figures of a report can be subtracted to find a small cell (the rule of
small cells and of complementary suppression in official statistics; ``channels/schools.py`` has the same limit).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from channels.schools import SMALLEST

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Count:
    """At least ``low`` and at most ``high`` people."""

    low: int = 0
    high: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.low + other.low, self.high + other.high)

    @property
    def exact(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high

    @property
    def small(self) -> bool:
        """Whether it is shown as fewer than five."""
        return not self.exact and self.high < SMALLEST


def cell(number: int) -> Count:
    """Return the figure of one finest cell."""
    return Count(1, SMALLEST - 1) if 0 < number < SMALLEST else Count(number, number)


def total(cells: Iterable[Count]) -> Count:
    """Return the sum of cells."""
    return sum(cells, Count())


@dataclass(frozen=True, slots=True)
class Difference:
    """Share of the second minus share of the first, with its 95 % interval; shares from 0 to 1."""

    first: float
    second: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def difference(first: tuple[int, int], second: tuple[int, int]) -> Difference:
    """Compare two (successes, of how many).

    The interval: Newcombe 1998, "Interval estimation for the difference between independent proportions", method 10,
    made of Wilson's intervals. Raises ``ValueError`` for nobody.
    """
    from scipy.stats import binomtest

    if not first[1] or not second[1]:
        raise ValueError("nobody to compare")
    one, two = first[0] / first[1], second[0] / second[1]
    inside = [binomtest(*pair).proportion_ci(CONFIDENCE, method="wilson") for pair in (first, second)]
    gap = two - one
    low = gap - ((two - inside[1].low) ** 2 + (inside[0].high - one) ** 2) ** 0.5
    high = gap + ((inside[1].high - two) ** 2 + (one - inside[0].low) ** 2) ** 0.5
    return Difference(one, two, float(low), float(high))
