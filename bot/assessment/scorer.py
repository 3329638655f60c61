"""Probabilities from a text's meaning, wording and signs: linear models, served by numpy."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.assessment.features import LEXICAL_SIZE, Floats, rule_files, sign_names
from knowledge_base.shelf import version_of
from knowledge_base.swap import write_swapped


@dataclass(frozen=True, slots=True)
class Scales:
    """How much meaning, wording and signs weigh against each other (and against the regularisation)."""

    dense: float
    lexical: float
    signs: float


# The best of a few tried: by held-out bulletins and the small real sets, which need a gentle hand with wording to stay
# calm on everyday chat; the type of a scam is told by its words.
JUDGING = Scales(3.0, 3.0, 1.5)
NAMING = Scales(4.0, 8.0, 1.0)
CONTEXTS = ("warning", "question")
FORMAT = 4  # raised when the meaning of a column changes


class ScorerFileError(Exception):
    """The scorer file is missing, damaged, or made from other content: train again."""


@dataclass(frozen=True, slots=True)
class ScorerStamp:
    """What a scorer was trained from."""

    content: str
    encoder: str
    signs: tuple[str, ...]
    rules: str
    format: int = FORMAT


@dataclass(frozen=True)
class Scorer:
    """``binary``: weights (columns,) of scam against honest; ``types``: (columns, n_types).

    ``contexts``: (columns, 2), a warning about scams and a question about scams, each against everything else.
    ``slope`` and ``shift`` calibrate the binary logit (Platt, fitted out of fold).
    """

    stamp: ScorerStamp
    type_ids: tuple[str, ...]
    binary: Floats
    binary_bias: float
    types: Floats
    types_bias: Floats
    contexts: Floats
    contexts_bias: Floats
    slope: float
    shift: float

    def scam(self, dense: Floats, lexical: tuple[NDArray[np.int64], Floats], signs: Floats) -> float:
        """Return the calibrated probability that a text is a scam."""
        logit = self._apply(self.binary, JUDGING, dense, lexical, signs) + self.binary_bias
        return float(1.0 / (1.0 + np.exp(-np.clip(self.slope * logit + self.shift, -30, 30))))

    def kinds(self, dense: Floats, lexical: tuple[NDArray[np.int64], Floats], signs: Floats) -> Floats:
        """Return probabilities over ``type_ids``, given that the text is a scam; they sum to 1."""
        logits = self._apply(self.types, NAMING, dense, lexical, signs) + self.types_bias
        odds = np.exp(logits - logits.max())
        result: Floats = (odds / odds.sum()).astype(np.float32)
        return result

    def context(self, dense: Floats, lexical: tuple[NDArray[np.int64], Floats], signs: Floats) -> Floats:
        """Return the probabilities, in the order of ``CONTEXTS``, that a text only speaks about scams."""
        logits = self._apply(self.contexts, NAMING, dense, lexical, signs) + self.contexts_bias
        result: Floats = (1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)
        return result

    def save(self, path: Path) -> None:
        """Write beside ``path`` and swap in one rename."""
        write_swapped(
            path,
            lambda stream: np.savez(
                stream,
                stamp=np.array(json.dumps(asdict(self.stamp))),
                type_ids=np.array(self.type_ids),
                binary=self.binary,
                types=self.types,
                types_bias=self.types_bias,
                contexts=self.contexts,
                contexts_bias=self.contexts_bias,
                numbers=np.array([self.binary_bias, self.slope, self.shift]),
            ),
        )

    @classmethod
    def load(cls, path: Path, content: str, encoder: str) -> Scorer:
        """Read a scorer. Raises ``ScorerFileError`` when it cannot be used. Never unpickles."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                raw = json.loads(str(stored["stamp"]))
                stamp = ScorerStamp(
                    raw["content"], raw["encoder"], tuple(raw["signs"]), raw["rules"], raw["format"]
                )
                numbers = stored["numbers"]
                scorer = cls(
                    stamp,
                    tuple(str(name) for name in stored["type_ids"]),
                    stored["binary"],
                    float(numbers[0]),
                    stored["types"],
                    stored["types_bias"],
                    stored["contexts"],
                    stored["contexts_bias"],
                    float(numbers[1]),
                    float(numbers[2]),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ScorerFileError(f"{path}: {error}") from error
        if stamp != wanted_stamp(content, encoder):
            raise ScorerFileError(f"{path}: trained from other content, signs or encoder")
        return scorer

    def _apply(
        self,
        weights: Floats,
        scales: Scales,
        dense: Floats,
        lexical: tuple[NDArray[np.int64], Floats],
        signs: Floats,
    ) -> Floats:
        size = dense.shape[0]
        columns, values = lexical
        total: Floats = scales.dense * (dense @ weights[:size])
        total = total + scales.lexical * (values @ weights[size + columns])
        return total + scales.signs * (signs @ weights[size + LEXICAL_SIZE :])


def wanted_stamp(content: str, encoder: str) -> ScorerStamp:
    """Return the stamp that a usable scorer has today."""
    return ScorerStamp(content, encoder, tuple(sign_names()), version_of(rule_files()))
