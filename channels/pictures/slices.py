"""Cut a tall picture (a long capture of a chat) into pieces that the OCR can take, between lines, not through them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from channels.pictures.decode import Pixels

TALLEST = 2.4  # times the width: a whole screen of a phone is one slice
LEAST = 600  # pixels; lower slices of a narrow strip would only cost time
SEARCHED = 0.3  # share of a slice, at its end, in which a place to cut is looked for
STEP = 4  # every fourth pixel of a row is looked at: enough to see writing


def slices(pixels: Pixels) -> Iterator[tuple[int, Pixels]]:
    """Give (first row, piece) from top to bottom; a picture that is not tall comes as it is."""
    top, height = 0, pixels.shape[0]
    tallest = max(LEAST, int(TALLEST * pixels.shape[1]))
    while height - top > tallest:
        cut = top + _quietest(pixels[top : top + tallest])
        yield top, pixels[top:cut]
        top = cut
    yield top, pixels[top:]


def _quietest(piece: Pixels) -> int:
    """Return the row near the end with the least writing around it: the middle of the widest calm stretch."""
    first = int(len(piece) * (1 - SEARCHED))
    grey = piece[first:, ::STEP].mean(axis=2)
    noise = np.abs(np.diff(grey, axis=1)).max(axis=1)
    calm = noise <= noise.min() + 6
    edges = np.flatnonzero(np.diff(np.concatenate(([0], calm.astype(np.int8), [0]))))
    starts, ends = edges[::2], edges[1::2]
    widest = int(np.argmax(ends - starts))
    return first + int(starts[widest] + ends[widest]) // 2
