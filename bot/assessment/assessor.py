"""Text in, Assessment out: normalise → signs → retrieve → score → decide → explain. Pure: no HTTP, no Rasa."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from bot.assessment import decide, explain, features, passages, placeholders, red_flags
from bot.assessment.features import Floats, Signs
from bot.assessment.model import Assessment, BulletinHit, Candidate, Entity, RedFlag, Verdict
from bot.assessment.placeholders import Masked
from bot.assessment.scorer import Scorer, ScorerFileError
from knowledge_base import taxonomy
from knowledge_base.normalise import Normalised, normalise
from knowledge_base.search import Hit, Searcher
from knowledge_base.settings import KnowledgeSettings

log = logging.getLogger(__name__)

TEXT_LIMIT = 10_000  # characters; the gateway refuses longer ones, the rest is cut here as a second fence
REMEMBERED = 2_048  # judgements kept: a viral message is judged once
NEIGHBOURS = 24
WARM_UP = "http://a.example 0"
TOP = 3
LIKELY = 0.1  # a bulletin of a type less likely than this would only confuse


@dataclass(frozen=True)
class _Judgement:
    """Everything about a masked text that does not depend on what the placeholders stand for."""

    text: Normalised
    signs: Signs
    verdict: Verdict
    probability: float
    about: str
    candidates: tuple[Candidate, ...]
    bulletins: tuple[BulletinHit, ...]


@dataclass(frozen=True)
class _Seen:
    """One piece of a text as the scorer sees it."""

    dense: Floats
    lexical: tuple[NDArray[np.int64], Floats]
    signs: Floats

    @classmethod
    def of(cls, piece: str, vector: Floats) -> _Seen:
        """Return the features of a piece with its vector."""
        signs = features.signs(normalise(piece).text)
        return cls(vector, features.lexical(piece), signs.vector())


class Assessor:
    """Judges texts; safe to use from several threads."""

    def __init__(self, searcher: Searcher, scorer: Scorer) -> None:
        self._searcher = searcher
        self._scorer = scorer
        self._judged: LRUCache[str, _Judgement] = LRUCache(REMEMBERED)
        self._lock = threading.Lock()

    @classmethod
    def load(cls, settings: KnowledgeSettings | None = None) -> Assessor:
        """Return an assessor over the shelf; trains the scorer when there is none for today's content."""
        chosen = settings or KnowledgeSettings()
        searcher = Searcher.load(chosen)
        path = chosen.data_dir / "index" / "scorer.npz"
        try:
            scorer = Scorer.load(path, searcher.shelf.version, searcher.encoder.name)
        except ScorerFileError as reason:
            level = logging.INFO if isinstance(reason.__cause__, FileNotFoundError) else logging.WARNING
            log.log(level, "scorer.train reason=%s", reason)
            from bot.assessment import training

            scorer = training.train(searcher.shelf, searcher.index)
            scorer.save(path)
        assessor = cls(searcher, scorer)
        # Weights, rules and the suffix list load on first use: here, so that no person waits for them.
        assessor.assess(WARM_UP)
        return assessor

    @property
    def knowledge_version(self) -> str:
        """Return the version of the content that answers come from."""
        return self._searcher.shelf.version

    def assess(self, text: str) -> Assessment:
        """Judge one text. Positions in the result refer to ``text``; a masked text gets the same judgement."""
        masked = placeholders.mask(text[:TEXT_LIMIT])
        judged = self._judge(masked.text)
        best = judged.candidates[0] if judged.candidates else None
        risky = judged.verdict in (Verdict.SCAM, Verdict.SUSPICIOUS)
        bulletin = self._searcher.shelf.bulletins.get(judged.bulletins[0].id) if judged.bulletins else None
        return Assessment(
            verdict=judged.verdict,
            probability=judged.probability,
            scam_type=best.scam_type if best and risky else None,
            scam_type_name=best.name if best and risky else None,
            candidates=judged.candidates,
            red_flags=tuple(_red_flags(judged, masked, text)),
            bulletins=judged.bulletins,
            advice=tuple(explain.advice(judged.verdict, judged.about, bulletin if risky else None)),
            ask_back=tuple(explain.ask_back(judged.text.text)) if judged.verdict is Verdict.UNCLEAR else (),
            tags=tuple(red_flags.tags(judged.text.text, judged.signs.flags)),
            entities=tuple(_entities(judged, masked, text)),
            knowledge_version=self.knowledge_version,
            next_move=bulletin.next_move if bulletin and risky else None,
            stage=explain.stage(judged.text.text, bulletin) if bulletin and risky else None,
            honest_version=bulletin.honest_version if bulletin and risky else None,
            about=judged.about or None,
            answer=explain.answer(bulletin)
            if bulletin and judged.about == "question" and not risky
            else None,
        )

    def _judge(self, text: str) -> _Judgement:
        with self._lock:
            known = self._judged.get(text)
        if known is None:
            known = self._judge_anew(text)
            with self._lock:
                self._judged[text] = known
        return known

    def _judge_anew(self, text: str) -> _Judgement:
        normal = normalise(text)
        signs = features.signs(normal.text)
        pieces = passages.split(text)
        whole = [text] if len(pieces) > 1 else []
        vectors = self._searcher.encoder.encode(pieces)
        if whole:
            vectors = np.concatenate([_pooled(vectors, pieces), vectors])
        seen = [_Seen.of(piece, vector) for piece, vector in zip([*whole, *pieces], vectors, strict=True)]
        scores = [self._scorer.scam(one.dense, one.lexical, one.signs) for one in seen]
        probability, at = decide.combine(scores, whole_first=bool(whole))
        hits = self._searcher.search_vectors(np.ascontiguousarray(vectors[[at]]), NEIGHBOURS)[0]
        kinds = self._scorer.kinds(seen[at].dense, seen[at].lexical, seen[at].signs)
        candidates = self._candidates(kinds, hits, probability)
        speaks_about = decide.about(signs, *self._context(seen[0], signs.talk))
        verdict, probability = decide.verdict(
            normal.text, signs, probability, decide.nearest_scam(hits), speaks_about
        )
        bulletins: tuple[BulletinHit, ...] = ()
        if verdict in (Verdict.SCAM, Verdict.SUSPICIOUS):
            bulletins = tuple(self._bulletins(hits, candidates, vectors[[at]]))
        elif speaks_about == "question" and decide.nearest_scam(hits) >= decide.NEAR:
            nearest = next(hit for hit in hits if hit.phrase.scam)
            bulletins = (explain.bulletin_hit(self._searcher.shelf, nearest),)
        return _Judgement(normal, signs, verdict, round(probability, 4), speaks_about, candidates, bulletins)

    def _context(self, seen: _Seen, talk: bool) -> tuple[float, float]:
        """Return how likely the text only warns of scams or asks about them; a talk never does."""
        if talk:
            return 0.0, 0.0
        warning, question = self._scorer.context(seen.dense, seen.lexical, seen.signs)
        return float(warning), float(question)

    def _candidates(self, kinds: Floats, hits: Sequence[Hit], probability: float) -> tuple[Candidate, ...]:
        """Blend the type model with the nearest sayings' types; probabilities are of "scam of this type"."""
        blended = dict(zip(self._scorer.type_ids, (float(value) for value in kinds), strict=True))
        near = [hit for hit in hits if hit.phrase.scam and hit.phrase.scam_type][:8]
        weights = [max(hit.score, 0.0) ** 4 for hit in near]
        total = sum(weights)
        share = decide.RETRIEVAL_SHARE if total > 0 else 0.0
        for key, own in blended.items():
            votes = sum(
                weight for hit, weight in zip(near, weights, strict=True) if hit.phrase.scam_type == key
            )
            blended[key] = (1 - share) * own + (share * votes / total if total > 0 else 0.0)
        names = taxonomy.load().types
        best = sorted(blended.items(), key=lambda item: -item[1])[:TOP]
        return tuple(Candidate(key, names[key], round(value * probability, 4)) for key, value in best)

    def _bulletins(
        self, hits: Sequence[Hit], candidates: tuple[Candidate, ...], vector: Floats
    ) -> list[BulletinHit]:
        """Return up to three bulletins: those of the likeliest types that have the nearest sayings."""
        types = [candidate.scam_type for candidate in candidates]
        best: dict[str, Hit] = {}
        for hit in hits:
            if hit.phrase.scam and hit.phrase.owner not in best:
                best[hit.phrase.owner] = hit
        if types and not any(hit.phrase.scam_type == types[0] for hit in best.values()):
            fallback = self._nearest_of_type(types[0], vector)
            best = {fallback.phrase.owner: fallback, **best}
        likely = [
            candidate.scam_type for candidate in candidates if candidate.probability >= LIKELY
        ] or types[:1]
        ranked = sorted(
            (hit for hit in best.values() if hit.phrase.scam_type in likely),
            key=lambda hit: (
                types.index(hit.phrase.scam_type) if hit.phrase.scam_type in types else TOP,
                -hit.score,
            ),
        )
        return [explain.bulletin_hit(self._searcher.shelf, hit) for hit in ranked[:TOP]]

    def _nearest_of_type(self, scam_type: str, vector: Floats) -> Hit:
        """Return the nearest saying of a type that is not among the nearest of all."""
        return self._searcher.nearest(vector, lambda phrase: phrase.scam_type == scam_type)


def _pooled(vectors: Floats, pieces: Sequence[str]) -> Floats:
    """Return the whole text's vector, (1, d), from its passages': encoding it again would cost as much as all of them."""
    lengths = np.array([len(piece) for piece in pieces], dtype=np.float32)
    mean = (vectors * lengths[:, None]).sum(axis=0, keepdims=True)
    pooled: Floats = (mean / np.linalg.norm(mean)).astype(np.float32)
    return pooled


def _red_flags(judged: _Judgement, masked: Masked, text: str) -> list[RedFlag]:
    result = []
    for flag in judged.signs.flags:
        start, end = masked.locate(*judged.text.span(flag.start, flag.end))
        result.append(RedFlag(flag.id, flag.label, text[start:end], start, end))
    return result


def _entities(judged: _Judgement, masked: Masked, text: str) -> list[Entity]:
    result = []
    for found in judged.signs.found:
        start, end = masked.locate(*judged.text.span(found.start, found.end))
        result.append(Entity(found.kind, text[start:end], start, end, found.note))
    return result
