"""The comparison of candidates on a toy shelf whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from bench import ablation, candidates
from bench.candidates import PARTS, Material

ROWS = 240


@pytest.fixture(scope="module")
def toy() -> Material:
    """Dense vectors that tell scams and their type; the other parts are noise."""
    chance = np.random.default_rng(1)
    labels = np.arange(ROWS) % 2 == 0
    types = np.where(labels, np.where(np.arange(ROWS) % 4 == 0, "a", "b"), "")
    vectors = chance.normal(0, 0.1, (ROWS, 4)).astype(np.float32)
    vectors[:, 0] += np.where(labels, 1.0, -1.0)
    vectors[:, 1] += np.where(types == "a", 1.0, np.where(types == "b", -1.0, 0.0))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    noise = {part: sparse.csr_matrix(chance.random((ROWS, 3))) for part in ("lexical", "signs")}
    registers = np.array(["received", "story", "transcript"])[np.arange(ROWS) % 3]
    bulletins = np.arange(ROWS) // 12
    return Material(
        {"dense": sparse.csr_matrix(vectors * 4), **noise}, vectors, labels, types, bulletins, registers, "v"
    )


def test_every_part_each_pair_and_all_are_compared() -> None:
    found = candidates.candidates()
    alone = [each for each in found if len(each.parts) == 1]
    pairs = [each for each in found if len(each.parts) == 2 and each.model == "linear"]
    assert len(alone) == len(PARTS) == 4 and len(pairs) == 6
    assert {each.model for each in found} == {"linear", "boosted", "ensemble"}
    assert len({each.name for each in found}) == len(found)


def test_neighbours_of_the_hidden_group_do_not_vote(toy: Material) -> None:
    everything = np.arange(ROWS)
    seen = candidates.retrieval(toy, everything, np.arange(ROWS)).toarray() / 4
    assert seen[toy.labels, 0].mean() > 0.95 and seen[~toy.labels, 0].mean() < 0.05
    # When all scams are hidden from each other, only honest neighbours are left to them.
    blind = candidates.retrieval(toy, everything, toy.labels.astype(np.int64)).toarray() / 4
    assert blind[toy.labels, 0].max() == 0 and blind[toy.labels, 1].max() == 0


def test_the_telling_part_wins_and_noise_guesses(toy: Material) -> None:
    folds = (toy.bulletins % 4).astype(np.int64)
    judged = ablation.judge(toy, folds, toy.bulletins)
    everything = np.ones(ROWS, dtype=bool)
    good = ablation.scores(judged["dense alone"], toy, everything, folds)
    bad = ablation.scores(judged["signs alone"], toy, everything, folds)
    assert good.auc == pytest.approx(1.0) and good.recall == 1.0 and good.top1 == 1.0 and good.error < 0.1
    assert bad.auc < 0.75 and bad.recall < 0.3
    boosted = ablation.scores(judged["gradient boosting on dense + signs"], toy, everything, folds)
    assert boosted.auc > 0.95 and boosted.top1 is None
    text = ablation.page(toy, 1.0, (folds, judged), (folds, judged))
    assert "| dense alone | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 |" in text and "120 scam phrases" in text
    assert "| received | story | transcript |" in text


def test_calibration_error_of_known_probabilities() -> None:
    labels = np.array([True, True, False, False])
    assert ablation.calibration_error(np.array([1.0, 1.0, 0.0, 0.0]), labels) == 0
    assert ablation.calibration_error(np.array([0.8, 0.8, 0.8, 0.8]), labels) == pytest.approx(0.3)
