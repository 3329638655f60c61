"""The assessor's parts and the models on top of them, for the comparison of docs/ablation.md."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from bot.assessment import training
from bot.assessment.features import LEXICAL_SIZE
from bot.assessment.scorer import JUDGING
from knowledge_base.search import Searcher

Floats = NDArray[np.float32]
PARTS = ("dense", "lexical", "signs", "retrieval")
SERVED = ("dense", "lexical", "signs")
NEIGHBOURS = 24  # as the assessor asks for
POWER = 4  # of the cosine, in the neighbours' votes; as the assessor votes
BLOCK = 1024  # texts compared with the pool at a time
BOOSTED_ON = ("dense", "signs")
SEED = 7


@dataclass(frozen=True)
class Material:
    """Every phrase of the shelf, n of them, as numbers. ``types`` is "" and ``labels`` False for honest texts."""

    parts: dict[str, sparse.csr_matrix]
    vectors: Floats
    labels: NDArray[np.bool_]
    types: NDArray[np.str_]
    bulletins: NDArray[np.int64]
    registers: NDArray[np.str_]
    version: str


@dataclass(frozen=True)
class Candidate:
    """A way to judge: parts, and "linear", "boosted" or "ensemble" (the mean of the other two's logits)."""

    name: str
    parts: tuple[str, ...]
    model: str = "linear"


def load() -> Material:
    """Return the material; vectors come from the index, which is built when it is stale."""
    searcher = Searcher.load()
    phrases = searcher.shelf.phrases
    vectors: Floats = searcher.index.vectors()
    plain = training.matrix_of([phrase.text for phrase in phrases], vectors)
    matrix = training.scaled(plain, JUDGING)
    edges = (vectors.shape[1], vectors.shape[1] + LEXICAL_SIZE)
    return Material(
        {
            "dense": matrix[:, : edges[0]],
            "lexical": matrix[:, edges[0] : edges[1]],
            "signs": matrix[:, edges[1] :],
        },
        vectors,
        np.array([phrase.scam for phrase in phrases]),
        np.array([phrase.scam_type or "" for phrase in phrases]),
        training.groups(searcher.shelf),
        np.array([phrase.register for phrase in phrases]),
        searcher.shelf.version,
    )


def candidates() -> list[Candidate]:
    """Return each part alone, each pair, all, and the other models."""
    found = [Candidate(f"{part} alone", (part,)) for part in PARTS]
    found += [Candidate(" + ".join(pair), pair) for pair in combinations(PARTS, 2)]
    found.append(Candidate(" + ".join(SERVED) + " (served)", SERVED))
    found.append(Candidate("all four", PARTS))
    found.append(Candidate("gradient boosting on dense + signs", BOOSTED_ON, "boosted"))
    found.append(Candidate("ensemble: served + gradient boosting", SERVED, "ensemble"))
    return found


def retrieval(material: Material, pool: NDArray[np.int64], hidden: NDArray[np.int64]) -> sparse.csr_matrix:
    """Return what the nearest phrases of ``pool`` say of every text: nearness of scams and honest texts, votes by type.

    A text never sees phrases with its own number in ``hidden``: what its fold would hide is hidden in training too.
    """
    names = np.unique(material.types[material.labels])
    number = {name: at for at, name in enumerate(names)}
    kind = np.array([number.get(name, len(names)) for name in material.types[pool]])
    scam = material.labels[pool]
    result = np.zeros((len(material.labels), 3 + len(names)), dtype=np.float32)
    for start in range(0, len(result), BLOCK):
        rows = slice(start, start + BLOCK)
        cosines = material.vectors[rows] @ material.vectors[pool].T
        cosines[hidden[rows, None] == hidden[pool][None, :]] = 0.0
        near = np.argpartition(-cosines, min(NEIGHBOURS, len(pool) - 1), axis=1)[:, :NEIGHBOURS]
        values = np.maximum(np.take_along_axis(cosines, near, axis=1), 0.0)
        weights = values**POWER
        total = np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
        votes = np.zeros((len(values), len(names) + 1), dtype=np.float32)
        np.add.at(votes, (np.arange(len(values))[:, None], kind[near]), weights / total)
        is_scam = scam[near]
        result[rows, 0] = votes[:, :-1].sum(axis=1)
        result[rows, 1] = np.where(is_scam, values, 0).max(axis=1)
        result[rows, 2] = np.where(is_scam, 0, values).max(axis=1)
        result[rows, 3:] = votes[:, :-1]
    return sparse.csr_matrix(result * 4.0)  # about as long as the other parts' rows


def linear() -> LogisticRegression:
    """Return the model over scam or not, with the served strength."""
    return LogisticRegression(C=training.STRENGTH, class_weight="balanced", max_iter=400)


def kinds() -> LogisticRegression:
    """Return the model over the types, as it is served."""
    return LogisticRegression(C=training.STRENGTH, class_weight="balanced", max_iter=150, tol=1e-3)


def boosted_logits(rows: Any, labels: NDArray[np.bool_], held: Any) -> NDArray[np.float64]:
    """Return the logits of gradient boosting for ``held``; both are dense."""
    model = HistGradientBoostingClassifier(max_iter=150, class_weight="balanced", random_state=SEED)
    logits: NDArray[np.float64] = model.fit(rows, labels).decision_function(held)
    return logits
