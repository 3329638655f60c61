"""How likely a message tells of an emergency: similarity to known phrases, by what they say and how. Pure: no Rasa.

A kernel machine over four groups of numbers: the sentence vector, character n-grams brought down to a few columns,
cues (``cues.yml``: done or not, mine or told, asked or supposed, now or long ago) and what the routing law sees.
Trained with scikit-learn, served with numpy alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bot.nlu import features
from bot.nlu.routing import Lexicon, load_lexicon, own_emergency, plain
from bot.nlu.windows import windows

Array = np.ndarray[Any, Any]
# Chosen by cross-validation that leaves one writer's phrases out (docs/nlu.md says how).
COLUMNS = 200
GRAM_WEIGHT, CUE_WEIGHT = 1.5, 0.35
GAMMA, COST = 0.5, 10.0
FOLDS = 3
NONE = ""
# Fear and threats have an answer of their own, whether something is lost or not: they teach nothing here.
UNTAUGHT = frozenset({"distress", "minor_threatened", "extortion", "recovery_offer"})


@dataclass(frozen=True)
class Cues:
    """The compiled content of cues.yml."""

    patterns: tuple[re.Pattern[str], ...]
    simple: dict[int, int]


@dataclass(frozen=True)
class Danger:
    """``logit``: log-odds that a message is an emergency, calibrated on phrases left out; ``mode``: which one."""

    logit: float
    mode: str


@lru_cache(maxsize=1)
def load_cues() -> Cues:
    """Read cues.yml beside this file, once."""
    raw: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "cues.yml").read_text(encoding="utf-8"))
    pairs: str = raw["simple"]
    table = {ord(pair[0]): ord(pair[1]) for pair in pairs.split()}
    return Cues(tuple(map(re.compile, raw["cues"].values())), table)


def simplified(text: str, cues: Cues) -> str:
    """Return the text in simplified characters, as far as the table of cues.yml goes; length stays."""
    return text.translate(cues.simple)


def signs(texts: Sequence[str], cues: Cues, lexicon: Lexicon) -> Array:
    """Return one row of yes-or-no numbers a text: the cues, then what the routing law sees."""
    marks = [lexicon.marks[name] for name in sorted(lexicon.marks)]
    rows = []
    for text in texts:
        seen, own = plain(text), own_emergency(text, lexicon)
        easy = simplified(seen, cues)
        row = [bool(cue.search(easy)) for cue in cues.patterns]
        row += [own == name for name, _ in lexicon.emergency]
        row += [bool(mark.search(seen)) for mark in marks]
        row += [any(one.search(seen) for one in patterns) for _, patterns in lexicon.emergency]
        rows.append([*row, len(seen) / 40])
    return np.asarray(rows, dtype=np.float32)


class DangerModel:
    """The trained machine; ``parts`` are its arrays, as ``train`` makes them and a .npz keeps them."""

    def __init__(self, parts: Mapping[str, Array], encoder: features.Encoder) -> None:
        """Take the arrays and the sentence encoder."""
        self._parts = dict(parts)
        self._encoder = encoder
        self._square = (self._parts["support"] ** 2).sum(axis=1)

    def weigh(self, texts: Sequence[str]) -> list[Danger]:
        """Return the danger of each text: a long one is as dangerous as its worst piece."""
        pieces = [windows(text) for text in texts]
        weighed = iter(self._weigh_pieces([piece for one in pieces for piece in one]))
        return [max(islice(weighed, len(one)), key=lambda piece: piece.logit) for one in pieces]

    def _weigh_pieces(self, texts: Sequence[str]) -> list[Danger]:
        parts = self._parts
        rows = numbers(texts, self._encoder, parts["grams"])
        far = (rows**2).sum(axis=1)[:, None] + self._square[None, :] - 2 * rows @ parts["support"].T
        decided = np.exp(-GAMMA * np.maximum(far, 0)) @ parts["dual"] + parts["bias"][0]
        logits = parts["scale"][0] * decided + parts["scale"][1]
        modes = np.argmax(rows @ parts["mode_weights"] + parts["mode_bias"], axis=1)
        return [Danger(float(one), str(parts["modes"][at])) for one, at in zip(logits, modes, strict=True)]


def numbers(texts: Sequence[str], encoder: features.Encoder, grams: Array) -> Array:
    """Return one row a text; ``grams`` brings the n-gram columns down to ``COLUMNS``."""
    cues = load_cues()
    easy = [simplified(text, cues) for text in texts]
    counted = np.stack([_counted(text, grams) for text in easy])
    marks = signs(texts, cues, load_lexicon())
    parts = [features.vectors(easy, encoder), GRAM_WEIGHT * counted, CUE_WEIGHT * marks]
    return np.hstack(parts).astype(np.float32)


def _counted(text: str, grams: Array) -> Array:
    """Return the text's unit-length n-gram counts times ``grams``; of 8,192 columns some hundred are not zero."""
    columns = features.ngram_columns(text)
    brought_down: Array = grams[columns].sum(axis=0) / np.sqrt(len(columns))
    return brought_down


def _telling(text: str, emergency: bool) -> list[str]:
    """Return the pieces to learn from: of a long tale of an emergency only those in which the law sees it."""
    pieces = windows(text)
    if len(pieces) == 1 or not emergency:
        return pieces
    return [piece for piece in pieces if own_emergency(piece, load_lexicon())]


def train(texts: Sequence[str], labels: Sequence[str], encoder: features.Encoder) -> dict[str, Array]:
    """Fit the machine; ``labels`` are intents. Returns the arrays of a ``DangerModel``."""
    from scipy.sparse import csr_matrix
    from sklearn.decomposition import TruncatedSVD
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.svm import SVC

    emergencies = load_lexicon().emergencies
    taught = [
        (piece, label)
        for text, label in zip(texts, labels, strict=True)
        if label not in UNTAUGHT
        for piece in _telling(text, label in emergencies)
    ]
    texts, labels = [text for text, _ in taught], [label for _, label in taught]
    easy = [simplified(text, load_cues()) for text in texts]
    counted = csr_matrix(features.features(easy, None, True))
    columns = min(COLUMNS, len(texts) - 1)
    grams = TruncatedSVD(columns, random_state=0).fit(counted).components_.T.astype(np.float32)
    rows = numbers(texts, encoder, grams)
    modes = np.asarray([label if label in emergencies else NONE for label in labels])
    danger = modes != NONE
    machine = SVC(C=COST, gamma=GAMMA, class_weight="balanced", cache_size=500)
    left_out = cross_val_predict(machine, rows, danger, cv=FOLDS, method="decision_function")
    scale = LogisticRegression().fit(left_out[:, None], danger)
    machine.fit(rows, danger)
    which = LogisticRegression(C=10.0, max_iter=400, class_weight="balanced").fit(rows[danger], modes[danger])
    return {
        "grams": grams,
        "support": machine.support_vectors_.astype(np.float32),
        "dual": machine.dual_coef_[0].astype(np.float32),
        "bias": machine.intercept_.astype(np.float32),
        "scale": np.asarray([scale.coef_[0, 0], scale.intercept_[0]], dtype=np.float32),
        "mode_weights": which.coef_.T.astype(np.float32),
        "mode_bias": which.intercept_.astype(np.float32),
        "modes": which.classes_.astype(str),
    }
