"""What each part of the assessor brings, and whether another model would do better; writes docs/ablation.md.

``python -m bench.ablation --write docs/ablation.md`` (about a quarter of an hour on one core). Every phrase of the shelf is
judged by models that saw nothing of its bulletin; and by models that saw nothing of its register.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import GroupKFold

from bench import candidates
from bench.candidates import Candidate, Material
from bench.section import Table
from bot.assessment.training import FOLDS

FALSE_ALARMS = 0.01
BINS = 10
INTRO = """\
# What each part brings

Written by `python -m bench.ablation --write docs/ablation.md`; do not edit by hand. Every phrase of the shelf (sayings
and honest look-alikes) is judged by a model that saw none of its fold. **By bulletin**: a bulletin's sayings and its own
look-alikes stay together, five folds; this is a technique nobody wrote about yet. **By register**: trained on two of
`received`, `story`, `transcript`, tested on the third; this is a way of telling that nobody wrote in yet.

- *dense*: the sentence vector; *lexical*: hashed character 1–4-grams; *signs*: red flags and entities; *retrieval*: the
  24 nearest phrases of the training folds (nearness to scams and to honest texts, votes by type). Retrieval in training
  hides from a text what its fold would hide.
- Models: logistic regression (`linear`, what is served), gradient boosting (scikit-learn's
  HistGradientBoostingClassifier, 150 rounds), and the mean of both logits after scaling each to unit variance. Boosting
  judges scam or not; the type columns have a "–" there.
- *recall at 1 %*: share of scam phrases above the threshold that one honest phrase in a hundred passes. *ECE*: expected
  calibration error in ten bins after Platt scaling, itself cross-fitted over the folds. Types are counted over scam
  phrases. By bulletin, a type with a single bulletin has nothing left to learn from and counts as wrong: compare the
  rows of these columns, not their height. These phrases were written by us: the figures compare parts, they do not
  promise anything about real messages; for those see [evaluation.md](evaluation.md)."""


@dataclass(frozen=True)
class Scores:
    """Figures of one candidate on one set of judged phrases; types None where it does not tell them."""

    auc: float
    precision: float
    recall: float
    top1: float | None
    top3: float | None
    error: float


@dataclass(frozen=True)
class Judgement:
    """Logits (n,) of being a scam, and the rank (0 first) of the right type (n,), None without types."""

    logits: NDArray[np.float64]
    ranks: NDArray[np.int64] | None


def judge(material: Material, folds: NDArray[np.int64], hidden: NDArray[np.int64]) -> dict[str, Judgement]:
    """Return what every candidate says of every phrase when its fold is held out."""
    wanted = candidates.candidates()
    count = len(material.labels)
    logits = {each.name: np.zeros(count) for each in wanted}
    ranks = {each.name: np.full(count, len(material.types)) for each in wanted if each.model == "linear"}
    for fold in np.unique(folds):
        train, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        parts = {**material.parts, "retrieval": candidates.retrieval(material, train, hidden)}
        boosted = _boosted(material, parts, train, held)
        for each in wanted:
            columns = _columns(parts, each.parts)
            logits[each.name][held] = _logits(each, columns, material, train, held, boosted)
            if each.model == "linear":
                ranks[each.name][held] = _ranks(columns, material, train, held)
        _say(f"fold {fold}: {len(train)} learnt, {len(held)} judged")
    return {each.name: Judgement(logits[each.name], ranks.get(each.name)) for each in wanted}


def scores(
    judged: Judgement, material: Material, rows: NDArray[np.bool_], folds: NDArray[np.int64]
) -> Scores:
    """Return the figures over ``rows``; the calibration is cross-fitted over ``folds``."""
    labels, logits = material.labels[rows], judged.logits[rows]
    threshold = np.quantile(logits[~labels], 1 - FALSE_ALARMS)
    ranks = None if judged.ranks is None else judged.ranks[rows][labels]
    return Scores(
        float(roc_auc_score(labels, logits)),
        float(average_precision_score(labels, logits)),
        float((logits[labels] > threshold).mean()),
        None if ranks is None else float((ranks < 1).mean()),
        None if ranks is None else float((ranks < 3).mean()),
        calibration_error(cross_fitted(judged.logits, material.labels, folds)[rows], labels),
    )


def cross_fitted(
    logits: NDArray[np.float64], labels: NDArray[np.bool_], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return probabilities by Platt scaling that was fitted on the logits of the other folds."""
    stated = np.zeros(len(logits))
    for fold in np.unique(folds):
        held = folds == fold
        model = LogisticRegression(C=1e3).fit(logits[~held, None], labels[~held])
        stated[held] = model.predict_proba(logits[held, None])[:, 1]
    return stated


def calibration_error(stated: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    """Return the expected calibration error of probabilities in ten bins of equal width."""
    bins = np.minimum((stated * BINS).astype(int), BINS - 1)
    return float(
        sum(
            (bins == number).mean() * abs(stated[bins == number].mean() - labels[bins == number].mean())
            for number in np.unique(bins)
        )
    )


def page(material: Material, minutes: float, by_bulletin: Any, by_register: Any) -> str:
    """Return the page's markdown; the two results are (folds, judgements by name)."""
    scams = int(material.labels.sum())
    facts = (
        f"Knowledge version `{material.version}`: {scams:,} scam phrases, {len(material.labels) - scams:,} honest ones. "
        f"The run took {minutes:.0f} minutes."
    )
    blocks = [
        INTRO,
        facts,
        "\n".join(_by_bulletin(material, *by_bulletin)),
        "\n".join(_by_register(material, *by_register)),
    ]
    return "\n\n".join(blocks) + "\n"


def main() -> None:
    """Measure, print the page, and write it where ``--write`` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, default=None)
    options = parser.parse_args()
    started = time.monotonic()
    material = candidates.load()
    folds = np.zeros(len(material.labels), dtype=np.int64)
    split = GroupKFold(FOLDS).split(material.labels, material.labels, material.bulletins)
    for number, (_, held) in enumerate(split):
        folds[held] = number
    by_bulletin = folds, judge(material, folds, material.bulletins)
    registers = np.unique(material.registers, return_inverse=True)[1]
    by_register = registers, judge(material, registers, registers)
    text = page(material, (time.monotonic() - started) / 60, by_bulletin, by_register)
    if options.write is not None:
        options.write.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def _boosted(material: Material, parts: dict[str, Any], train: Any, held: Any) -> NDArray[np.float64]:
    rows = _columns(parts, candidates.BOOSTED_ON)
    return candidates.boosted_logits(rows[train], material.labels[train], rows[held])


def _columns(parts: dict[str, Any], names: Sequence[str]) -> Any:
    """Return the parts side by side; sparse only where n-grams make it so, which is several times faster."""
    whole = sparse.hstack([parts[name] for name in names]).tocsr()
    return whole if "lexical" in names else whole.toarray()


def _logits(
    each: Candidate, columns: Any, material: Material, train: Any, held: Any, boosted: NDArray[np.float64]
) -> NDArray[np.float64]:
    if each.model == "boosted":
        return boosted
    model = candidates.linear().fit(columns[train], material.labels[train])
    found: NDArray[np.float64] = model.decision_function(columns[held])
    return found if each.model == "linear" else (_scaled(found) + _scaled(boosted)) / 2


def _scaled(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(logits / max(float(logits.std()), 1e-9))


def _ranks(columns: Any, material: Material, train: Any, held: Any) -> NDArray[np.int64]:
    """Return how many types are held for likelier than the right one; a type nobody learnt ranks last."""
    learnt = train[material.labels[train]]
    model = candidates.kinds().fit(columns[learnt], material.types[learnt])
    chances = model.predict_proba(columns[held])
    at = {name: number for number, name in enumerate(model.classes_)}
    places = np.array([at.get(name, -1) for name in material.types[held]])
    right = chances[np.arange(len(held)), places]
    return np.where(places < 0, len(at), (chances > right[:, None]).sum(axis=1))


def _by_bulletin(material: Material, folds: NDArray[np.int64], judged: dict[str, Judgement]) -> Iterator[str]:
    yield "## By bulletin\n"
    everything = np.ones(len(folds), dtype=bool)
    rows = []
    for name, each in judged.items():
        got = scores(each, material, everything, folds)
        rows.append((name, *map(_show, (got.auc, got.precision, got.recall, got.top1, got.top3, got.error))))
    header = (
        "parts and model",
        "ROC-AUC",
        "average precision",
        "recall at 1 %",
        "type top-1",
        "top-3",
        "ECE",
    )
    yield from Table(header, tuple(rows)).lines()


def _by_register(material: Material, folds: NDArray[np.int64], judged: dict[str, Judgement]) -> Iterator[str]:
    yield "## By register\n"
    yield "ROC-AUC / average precision / recall at 1 % / type top-1 / top-3 / ECE on the register that was held out."
    yield ""
    names = sorted(set(material.registers.tolist()))
    rows = []
    for name, each in judged.items():
        cells = []
        for register in names:
            got = scores(each, material, material.registers == register, folds)
            figures = (got.auc, got.precision, got.recall, got.top1, got.top3, got.error)
            cells.append(" / ".join(map(_show, figures)))
        rows.append((name, *cells))
    yield from Table(("parts and model", *names), tuple(rows)).lines()


def _show(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3f}"


def _say(text: str) -> None:
    sys.stderr.write(f"[ablation] {text}\n")


if __name__ == "__main__":
    main()
