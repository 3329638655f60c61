"""Probabilities from a text's meaning, wording and signs: two linear models, served by numpy."""

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

# How much each group of features weighs against the others: the best of a few tried by cross-validation by bulletin.
DENSE_SCALE = 4.0
LEXICAL_SCALE = 8.0
SIGNS_SCALE = 1.0
FORMAT = 2  # raised when the meaning of a column changes


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

    ``slope`` and ``shift`` calibrate the binary logit (Platt, fitted out of fold).
    """

    stamp: ScorerStamp
    type_ids: tuple[str, ...]
    binary: Floats
    binary_bias: float
    types: Floats
    types_bias: Floats
    slope: float
    shift: float

    def scam(self, dense: Floats, lexical: tuple[NDArray[np.int64], Floats], signs: Floats) -> float:
        """Return the calibrated probability that a text is a scam."""
        logit = self._apply(self.binary, dense, lexical, signs) + self.binary_bias
        return float(1.0 / (1.0 + np.exp(-np.clip(self.slope * logit + self.shift, -30, 30))))

    def kinds(self, dense: Floats, lexical: tuple[NDArray[np.int64], Floats], signs: Floats) -> Floats:
        """Return probabilities over ``type_ids``, given that the text is a scam; they sum to 1."""
        logits = self._apply(self.types, dense, lexical, signs) + self.types_bias
        odds = np.exp(logits - logits.max())
        result: Floats = (odds / odds.sum()).astype(np.float32)
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
                    float(numbers[1]),
                    float(numbers[2]),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ScorerFileError(f"{path}: {error}") from error
        if stamp != wanted_stamp(content, encoder):
            raise ScorerFileError(f"{path}: trained from other content, signs or encoder")
        return scorer

    def _apply(
        self, weights: Floats, dense: Floats, lexical: tuple[NDArray[np.int64], Floats], signs: Floats
    ) -> Floats:
        size = dense.shape[0]
        columns, values = lexical
        total: Floats = DENSE_SCALE * (dense @ weights[:size])
        total = total + LEXICAL_SCALE * (values @ weights[size + columns])
        return total + SIGNS_SCALE * (signs @ weights[size + LEXICAL_SIZE :])


def wanted_stamp(content: str, encoder: str) -> ScorerStamp:
    """Return the stamp that a usable scorer has today."""
    return ScorerStamp(content, encoder, tuple(sign_names()), version_of(rule_files()))
