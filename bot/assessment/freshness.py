"""Do index and scorer stand from today's knowledge? Asked without building anything."""

from __future__ import annotations

from bot.assessment.scorer import Scorer, ScorerFileError
from knowledge_base import shelf as shelves
from knowledge_base.encoder import encoder as encoders
from knowledge_base.index import IndexFileError, PhraseIndex
from knowledge_base.search import index_path
from knowledge_base.settings import KnowledgeSettings


def stale(settings: KnowledgeSettings | None = None) -> str | None:
    """Return what the next start would have to build, None when nothing."""
    chosen = settings or KnowledgeSettings()
    version, name = shelves.load().version, encoders.load(chosen).name
    try:
        PhraseIndex.load(index_path(chosen), version, name)
    except FileNotFoundError:
        return "no index"
    except IndexFileError:
        return "the index is not of today's knowledge"
    try:
        Scorer.load(chosen.data_dir / "index" / "scorer.npz", version, name)
    except ScorerFileError:
        return "the scorer is not of today's knowledge"
    return None
