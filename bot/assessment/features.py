"""A text as numbers: its meaning (embedding), its wording (character n-grams), and its signs (flags, forms)."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.assessment import content, entities, red_flags
from bot.assessment.entities import Found
from bot.assessment.red_flags import Flag
from knowledge_base import content as knowledge_content
from knowledge_base.normalise import canonical

LEXICAL_SIZE = 1 << 15  # hashed n-gram columns; keeps a scorer file at 4 MB
NGRAMS = (1, 2, 3, 4)
TURN = re.compile(r"^[^\n:]{1,6}:", re.MULTILINE)  # who speaks, at the head of a line
FORMS = ("link", "odd_link", "overseas", "prefixed", "mobile", "account", "chat_id", "amount", "official")
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Signs:
    """What rules see in a normalised text."""

    flags: list[Flag]
    found: list[Found]
    propaganda: int
    question: int
    talk: bool

    def vector(self) -> Floats:
        """Return the signs as numbers, in the order of ``sign_names``."""
        have = {flag.id for flag in self.flags}
        flags = [float(name in have) for name in red_flags.ids()]
        forms = {
            "link": any(entity.kind == "link" for entity in self.found),
            "odd_link": any(entity.kind == "link" and entity.odd != "plain" for entity in self.found),
            "overseas": any(entity.odd == "overseas" for entity in self.found),
            "prefixed": any(entity.odd == "prefixed" for entity in self.found),
            "mobile": any(entity.kind == "mobile" for entity in self.found),
            "account": any(entity.kind == "bank_card" for entity in self.found),
            "chat_id": any(entity.kind in ("wechat_id", "qq_id") for entity in self.found),
            "amount": any(entity.kind == "amount" for entity in self.found),
            "official": any(entity.odd == "official" for entity in self.found),
        }
        hard = sum(flag.hard for flag in self.flags)
        return np.array(
            [
                *flags,
                *(float(forms[name]) for name in FORMS),
                min(hard, 3) / 3,
                min(len(self.flags), 6) / 6,
                min(self.propaganda, 3) / 3,
                min(self.question, 2) / 2,
            ],
            dtype=np.float32,
        )


def sign_names() -> list[str]:
    """Return the names of the columns of ``Signs.vector``."""
    return [*red_flags.ids(), *FORMS, "hard_count", "flag_count", "propaganda", "question"]


def rule_files() -> list[Path]:
    """Return the files whose rules decide the signs: a scorer learnt from others must be trained again."""
    knowledge = ("red_flags.yml", "normalise.yml")
    own = ("entities.yml", "placeholders.yml")
    return [*(knowledge_content.ROOT / name for name in knowledge), *(content.HERE / name for name in own)]


def signs(text: str) -> Signs:
    """Return what rules see in a normalised, masked text."""
    # A talk is no leaflet: impostors speak of fraud, and victims answer with what they once read.
    is_talk = len(TURN.findall(text)) >= 2
    return Signs(
        red_flags.find(text),
        entities.find(text),
        0 if is_talk else red_flags.context_hits(text, "propaganda"),
        red_flags.context_hits(text, "question"),
        is_talk,
    )


def lexical(text: str) -> tuple[NDArray[np.int64], Floats]:
    """Return columns and weights (length 1) of the hashed character n-grams of ``canonical(text)``."""
    plain = re.sub(r"\s+", " ", canonical(text))
    padded = f"^{plain}$".encode("utf-32-le", errors="replace")
    counts: dict[int, int] = {}
    for size in NGRAMS:
        width = 4 * size
        for at in range(0, len(padded) - width + 1, 4):
            column = zlib.crc32(padded[at : at + width], size) % LEXICAL_SIZE
            counts[column] = counts.get(column, 0) + 1
    columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
    weights = 1.0 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
    length = float(np.linalg.norm(weights)) or 1.0
    return columns, (weights / length).astype(np.float32)
