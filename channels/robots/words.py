"""The sentences around group robots."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

PATH = Path(__file__).with_name("robots.yml")


@dataclass(frozen=True, slots=True)
class Words:
    """``test`` is what `fanzha robots test` sends; ``title`` stands above a notice without one."""

    test: str
    title: str


def load_words(path: Path = PATH) -> Words:
    """Return the words in ``path``."""
    return Words(**yaml.safe_load(path.read_text(encoding="utf-8")))
