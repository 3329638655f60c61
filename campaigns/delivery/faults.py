"""The sentences for what would keep a route from sending (``faults.yml``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

PATH = Path(__file__).with_name("faults.yml")


def load(path: Path = PATH) -> Mapping[str, str]:
    """Return code → sentence."""
    found: dict[str, str] = yaml.safe_load(path.read_text("utf-8"))
    return found
