"""Composes texts to judge: as many as wanted, no two alike."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

KINDS = ("short", "medium", "long")
MIXED = "mixed"
_WORD = re.compile(r"\{(\w+)\}")


@dataclass
class Composer:
    """Fills templates with words drawn by a seeded generator; the same seed gives the same texts."""

    content: dict[str, Any]
    rng: random.Random
    used: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, seed: int) -> Composer:
        """Read texts.yml beside this file."""
        content = yaml.safe_load(Path(__file__).with_name("texts.yml").read_text(encoding="utf-8"))
        return cls(content, random.Random(seed))

    def text(self, kind: str = MIXED) -> str:
        """Return a text that this composer has not given yet; ``kind`` is one of KINDS or MIXED."""
        if kind == MIXED:
            mix = self.content["mix"]
            kind = self.rng.choices(list(mix), list(mix.values()))[0]
        while True:
            text = self._compose(kind)
            if text not in self.used:
                self.used.add(text)
                return text

    def texts(self, count: int, kind: str = MIXED) -> list[str]:
        """Return ``count`` new texts."""
        return [self.text(kind) for _ in range(count)]

    def _compose(self, kind: str) -> str:
        templates: list[str] = self.content[kind]
        if kind == "long":
            chosen = sorted(self.rng.sample(range(len(templates)), self.content["long_sentences"]))
            return "".join(self._fill(templates[at]) for at in chosen)
        return self._fill(self.rng.choice(templates))

    def _fill(self, template: str) -> str:
        return _WORD.sub(lambda match: self.rng.choice(self.content["words"][match[1]]), template)
