"""Find the phrases nearest in meaning to a text; builds or rebuilds the index when it has to."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from knowledge_base import shelf as shelves
from knowledge_base.encoder import encoder as encoders
from knowledge_base.encoder.encoder import Encoder, Vectors
from knowledge_base.index import IndexFileError, PhraseIndex
from knowledge_base.settings import KnowledgeSettings
from knowledge_base.shelf import Phrase, Shelf

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase and its cosine (-1..1) with the query."""

    phrase: Phrase
    score: float


@dataclass(frozen=True)
class Searcher:
    """A shelf, its index and the encoder that made it."""

    shelf: Shelf
    index: PhraseIndex
    encoder: Encoder

    @classmethod
    def load(cls, settings: KnowledgeSettings | None = None) -> Searcher:
        """Open the index; a missing, stale or damaged one is rebuilt (with the reason in the log)."""
        chosen = settings or KnowledgeSettings()
        shelf = shelves.load()
        encoder = encoders.load(chosen)
        path = index_path(chosen)
        try:
            index = PhraseIndex.load(path, shelf.version, encoder.name)
        except (FileNotFoundError, IndexFileError) as reason:
            level = logging.INFO if isinstance(reason, FileNotFoundError) else logging.WARNING
            log.log(level, "index.rebuild reason=%s", reason)
            index = build(shelf, encoder)
            index.save(path)
        return cls(shelf, index, encoder)

    def search(self, text: str, k: int = 10) -> list[Hit]:
        """Return up to ``k`` nearest phrases of one text, best first."""
        return self.search_vectors(self.encoder.encode([text]), k)[0]

    def search_vectors(self, vectors: Vectors, k: int) -> list[list[Hit]]:
        """Return the nearest phrases for each row of ``vectors``."""
        phrases = self.shelf.phrases
        scores, rows = self.index.search(vectors, k)
        return [
            [Hit(phrases[row], score) for score, row in zip(line, numbers, strict=True) if row >= 0]
            for line, numbers in zip(scores.tolist(), rows.tolist(), strict=True)
        ]

    def nearest(self, vector: Vectors, wanted: Callable[[Phrase], bool]) -> Hit:
        """Return the nearest phrase that is ``wanted``; ``vector`` has one row. Raises ``StopIteration`` without one."""
        phrases = self.shelf.phrases
        scores, rows = self.index.search(vector, len(phrases))
        at = next(at for at, row in enumerate(rows[0].tolist()) if row >= 0 and wanted(phrases[row]))
        return Hit(phrases[int(rows[0][at])], float(scores[0][at]))


def index_path(settings: KnowledgeSettings) -> Path:
    """Return where the index lives."""
    return settings.data_dir / "index" / "phrases.index"


def build(shelf: Shelf, encoder: Encoder) -> PhraseIndex:
    """Encode every phrase and index it."""
    vectors = encoder.encode([phrase.text for phrase in shelf.phrases])
    return PhraseIndex.build(vectors, shelf.version, encoder.name)
