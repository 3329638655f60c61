"""Train the scorer from the shelf: seconds on one core, no outside data. Imports scikit-learn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bot.assessment import features, placeholders
from bot.assessment.features import LEXICAL_SIZE, Floats
from bot.assessment.scorer import CONTEXTS, JUDGING, NAMING, Scales, Scorer, wanted_stamp
from knowledge_base.encoder.encoder import Vectors
from knowledge_base.index import PhraseIndex
from knowledge_base.normalise import normalise
from knowledge_base.shelf import Shelf

FOLDS = 5
STRENGTH = 1.0  # inverse regularisation; scikit-learn's default


def matrix_of(texts: list[str], vectors: Vectors) -> sparse.csr_matrix:
    """Return the unscaled features (n, columns) of texts with their vectors; masks as the assessor does it."""
    masked = [placeholders.mask(text).text for text in texts]
    signs = np.stack([features.signs(normalise(text).text).vector() for text in masked])
    columns: list[NDArray[np.int64]] = []
    values: list[Floats] = []
    starts = [0]
    for text in masked:
        found, weights = features.lexical(text)
        columns.append(found)
        values.append(weights)
        starts.append(starts[-1] + len(found))
    lexical = sparse.csr_matrix(
        (np.concatenate(values), np.concatenate(columns), np.array(starts)), shape=(len(texts), LEXICAL_SIZE)
    )
    return sparse.hstack([sparse.csr_matrix(vectors), lexical, sparse.csr_matrix(signs)]).tocsr()


def scaled(matrix: sparse.csr_matrix, scales: Scales) -> sparse.csr_matrix:
    """Return the features with each group weighed for one model."""
    size = matrix.shape[1]
    weights = np.full(size, scales.signs, dtype=np.float32)
    dense = size - LEXICAL_SIZE - len(features.sign_names())
    weights[:dense] = scales.dense
    weights[dense : dense + LEXICAL_SIZE] = scales.lexical
    return matrix @ sparse.diags(weights, format="csr")


def train(shelf: Shelf, index: PhraseIndex) -> Scorer:
    """Return a scorer trained on every phrase, its probability calibrated on bulletins it had not seen.

    The vectors are taken from the index, which holds one for each phrase in the shelf's order.
    """
    phrases = shelf.phrases
    matrix = matrix_of([phrase.text for phrase in phrases], index.vectors())
    labels = np.array([phrase.scam for phrase in phrases])
    judging, naming = scaled(matrix, JUDGING), scaled(matrix, NAMING)
    logits = out_of_fold(judging, labels, groups(shelf))
    calibration = LogisticRegression(C=1e3).fit(logits.reshape(-1, 1), labels)
    binary = _binary().fit(judging, labels)
    scam = np.flatnonzero(labels)
    names = np.array([phrases[row].scam_type for row in scam])
    kinds = _kinds().fit(naming[scam], names)
    contexts = [_binary().fit(naming, [phrase.about == name for phrase in phrases]) for name in CONTEXTS]
    return Scorer(
        wanted_stamp(shelf.version, index.stamp.encoder),
        tuple(str(name) for name in kinds.classes_),
        binary.coef_[0].astype(np.float32),
        float(binary.intercept_[0]),
        np.ascontiguousarray(kinds.coef_.T.astype(np.float32)),
        kinds.intercept_.astype(np.float32),
        np.stack([model.coef_[0] for model in contexts], axis=1).astype(np.float32),
        np.array([model.intercept_[0] for model in contexts], dtype=np.float32),
        float(calibration.coef_[0][0]),
        float(calibration.intercept_[0]),
    )


def groups(shelf: Shelf) -> NDArray[np.int64]:
    """Return the group of every phrase: a bulletin's sayings and its own look-alikes stay together."""
    names = [phrase.owner.removeprefix("lookalike:") for phrase in shelf.phrases]
    numbers: NDArray[np.int64] = np.unique(names, return_inverse=True)[1]
    return numbers


def out_of_fold(matrix: sparse.csr_matrix, labels: NDArray[np.bool_], group: NDArray[np.int64]) -> Floats:
    """Return each phrase's logit from a model that saw nothing of its bulletin."""
    logits = np.zeros(len(labels), dtype=np.float32)
    for rows, held in GroupKFold(FOLDS).split(matrix, labels, group):
        logits[held] = _binary().fit(matrix[rows], labels[rows]).decision_function(matrix[held])
    return logits


def _binary() -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, class_weight="balanced", solver="liblinear", max_iter=400)


def _kinds() -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, class_weight="balanced", solver="lbfgs", max_iter=150, tol=1e-3)
