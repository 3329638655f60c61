"""Unit vectors in any number for the index: spread as our phrases are, or with no structure."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge_base.encoder.encoder import Vectors

ENCODED = 2_000  # sayings that phrase-like vectors are mixed from
NOISE = 0.01  # standard deviation by coordinate; of length 0.23 in 512 dimensions
CHUNK = 50_000  # rows made at a time, to keep memory low


@dataclass
class Source:
    """``per_second``: sayings the encoder turned into vectors on one core."""

    sayings: Vectors
    per_second: float
    rng: np.random.Generator

    @classmethod
    def load(cls, data: Path) -> Source:
        """Encode a sample of the shelf."""
        from knowledge_base.search import Searcher
        from knowledge_base.settings import KnowledgeSettings

        searcher = Searcher.load(KnowledgeSettings(data_dir=data))
        rng = np.random.default_rng(7)
        phrases = searcher.shelf.phrases
        chosen = rng.permutation(len(phrases))[:ENCODED]
        started = time.perf_counter()
        sayings = searcher.encoder.encode([phrases[at].text for at in chosen])
        return cls(sayings, len(chosen) / (time.perf_counter() - started), rng)

    def vectors(self, kind: str, count: int, dimension: int | None = None) -> Vectors:
        """Return ``count`` unit rows, cut to ``dimension`` before they are normalised."""
        width = dimension or self.sayings.shape[1]
        result = np.empty((count, width), dtype=np.float32)
        for start in range(0, count, CHUNK):
            rows = min(CHUNK, count - start)
            made = self._like_phrases(rows) if kind == "phrases" else self._noise(rows)
            cut = made[:, :width]
            result[start : start + rows] = cut / np.linalg.norm(cut, axis=1, keepdims=True)
        return result

    def _noise(self, count: int) -> Vectors:
        return self.rng.standard_normal((count, self.sayings.shape[1]), dtype=np.float32)

    def _like_phrases(self, count: int) -> Vectors:
        first, second = self.rng.integers(len(self.sayings), size=(2, count))
        weight = self.rng.uniform(0.5, 1, size=(count, 1)).astype(np.float32)
        mixed: Vectors = self.sayings[first] * weight + self.sayings[second] * (1 - weight)
        mixed += self._noise(count) * np.float32(NOISE)
        return mixed
