"""Latencies as the figures that tables show."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Timing:
    """``p50``, ``p95`` and ``worst`` in milliseconds; ``per_second`` over the whole measurement."""

    count: int
    p50: float
    p95: float
    worst: float
    per_second: float

    @classmethod
    def of(cls, seconds: Sequence[float], elapsed: float | None = None) -> Timing:
        """Sum up latencies in seconds; ``elapsed`` is the wall time when several ran at once."""
        if not seconds:
            return cls(0, math.nan, math.nan, math.nan, 0.0)
        ordered = sorted(seconds)
        return cls(
            len(ordered),
            percentile(ordered, 0.50) * 1000,
            percentile(ordered, 0.95) * 1000,
            ordered[-1] * 1000,
            len(ordered) / (sum(ordered) if elapsed is None else elapsed),
        )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of sorted values."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def time_each(work: Callable[[T], object], items: Iterable[T]) -> list[float]:
    """Return the seconds that ``work`` takes for each item, one after the other."""
    result = []
    for item in items:
        started = time.perf_counter()
        work(item)
        result.append(time.perf_counter() - started)
    return result
