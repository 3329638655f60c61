"""The words of pictures.yml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def load() -> dict[str, Any]:
    """Return the content of pictures.yml beside this file."""
    words: dict[str, Any] = yaml.safe_load(
        Path(__file__).with_name("pictures.yml").read_text(encoding="utf-8")
    )
    return words
