"""Read content files, with the line each record came from, so that lint can point at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ContentError(Exception):
    """A content file is broken; the message names the file and the place. Our bug: fix the file."""


def read(path: Path) -> Any:
    """Return the parsed YAML of ``path``. Raises ``ContentError`` when it is not valid YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContentError(f"{path}: {error}") from error
