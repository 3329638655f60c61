"""The pictures of docs/evaluation.md: a reliability curve and heat maps of what was taken for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.scores import BINS, Judged, reliability

DOTS = 110  # dots an inch
COLOURS = ("#1f4e9c", "#c2571a", "#3f7d3a", "#7a4b94")
NOTHING = {"Software": None}  # no version of the library in the file: the same figures give the same bytes


def reliability_curve(groups: Mapping[str, Sequence[Judged]], path: Path) -> None:
    """Draw for each group the share of scams over the stated probability in ten bins, and how many rows each bin has."""
    figure, (upper, lower) = _plots(2, (5.6, 6.2), height_ratios=(3, 1), sharex=True)
    upper.plot((0, 1), (0, 1), color="0.7", linestyle="--", label="perfectly calibrated")
    width = 0.9 / BINS / len(groups)
    for number, (name, rows) in enumerate(groups.items()):
        bins, colour = reliability(rows), COLOURS[number % len(COLOURS)]
        upper.plot(
            [each.mean for each in bins], [each.share for each in bins], marker="o", color=colour, label=name
        )
        lefts = [min(int(each.mean * BINS), BINS - 1) / BINS + 0.05 / BINS + number * width for each in bins]
        lower.bar(lefts, [each.count for each in bins], width=width, align="edge", color=colour)
    upper.set(
        ylabel="share of scams among the rows",
        ylim=(-0.02, 1.02),
        title="Stated and true probability of a scam",
    )
    upper.legend(loc="upper left")
    upper.grid(alpha=0.3)
    lower.set(xlabel="stated probability", ylabel="rows", xlim=(0, 1))
    _save(figure, path)


def confusion_map(pairs: Sequence[tuple[str, str]], path: Path, title: str) -> None:
    """Draw which of (meant, said) was taken for which, as shares of the row, with the counts."""
    names, counts = confusion_counts(pairs)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    side = 2.6 + 0.29 * len(names)
    figure, (plot,) = _plots(1, (side, side))
    plot.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    totals = [f"{name} ({total:.0f})" for name, total in zip(names, counts.sum(axis=1), strict=True)]
    plot.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    plot.set_yticks(range(len(names)), totals, fontsize=7)
    for row, column in zip(*counts.nonzero(), strict=True):
        tone = "white" if shares[row, column] > 0.55 else "black"
        plot.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", fontsize=6, color=tone)
    plot.set(xlabel="said", ylabel="meant (rows)", title=title)
    _save(figure, path)


def confusion_counts(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], NDArray[np.float64]]:
    """Return the names that occur, sorted, and the (meant, said) counts."""
    names = sorted({name for pair in pairs for name in pair})
    counts = np.zeros((len(names), len(names)))
    for (meant, said), count in Counter(pairs).items():
        counts[names.index(meant), names.index(said)] = count
    return names, counts


def type_pairs(rows: Sequence[Judged]) -> list[tuple[str, str]]:
    """Return (meant, said first) of every row with a known type."""
    return [(row.wanted_type, row.types[0]) for row in rows if row.wanted_type and row.types]


def _plots(rows: int, size: tuple[float, float], **options: Any) -> tuple[Any, tuple[Any, ...]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DOTS, layout="constrained")
    FigureCanvasAgg(figure)  # draws without a screen
    ratios = options.pop("height_ratios", None)
    found = figure.subplots(rows, 1, squeeze=False, height_ratios=ratios, **options)
    return figure, tuple(found[:, 0])


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata=NOTHING)
