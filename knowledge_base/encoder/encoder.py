"""What an encoder is, and how one is chosen by its name."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge_base.settings import KnowledgeSettings

Vectors = NDArray[np.float32]
BUILTIN = "builtin"


class Encoder(Protocol):
    """Turns texts into unit vectors; the same text always gives the same vector."""

    name: str
    dimension: int

    def encode(self, texts: list[str]) -> Vectors:
        """Return an array of shape (len(texts), dimension), float32, rows of length 1."""


def load(settings: KnowledgeSettings | None = None) -> Encoder:
    """Return the encoder that FANZHA_ENCODER names.

    The built-in one is served by numpy; any other name goes to sentence-transformers (imports torch).
    Raises whatever sentence-transformers raises when a model cannot be found.
    """
    chosen = settings or KnowledgeSettings()
    if chosen.encoder == BUILTIN:
        from knowledge_base.encoder.builtin import BuiltinEncoder

        return BuiltinEncoder(threads=chosen.encoder_threads)
    from knowledge_base.encoder.transformer import TransformerEncoder

    return TransformerEncoder(chosen.encoder)
