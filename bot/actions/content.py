"""The sentences and tables of the actions: YAML files beside the code, each read once on first use."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent


@cache
def load(name: str) -> Any:
    """Return the parsed content of ``<name>.yml`` in this folder; callers must not change it."""
    with (HERE / f"{name}.yml").open(encoding="utf-8") as stream:
        return yaml.safe_load(stream)
