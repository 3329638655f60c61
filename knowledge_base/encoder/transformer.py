"""Any other sentence-transformers model, by folder or hub id."""

from __future__ import annotations

import numpy as np
from sentence_transformers import SentenceTransformer

from knowledge_base.encoder.encoder import Vectors
from knowledge_base.normalise import canonical


class TransformerEncoder:
    """A sentence-transformers model behind the ``Encoder`` interface."""

    def __init__(self, name: str, model: SentenceTransformer | None = None) -> None:
        self.name = name
        self._model = model or SentenceTransformer(name, device="cpu")
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: list[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension)."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode(
            [canonical(text) for text in texts], normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)
