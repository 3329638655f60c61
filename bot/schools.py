"""The schools that gave out a code: a file the operator writes, none by default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from bot.settings import SettingsError, load_settings

CODE = re.compile(r"[A-Z]{2,8}[0-9]{2,4}")
VARIABLE = "FANZHA_SCHOOLS_FILE"


def read(path: Path) -> dict[str, str]:
    """Return code -> name from ``path``. Raises ``SettingsError`` naming the variable and what is wrong."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = raw["schools"]
        schools = {str(entry["code"]): str(entry["name"]) for entry in entries}
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise SettingsError(f"{VARIABLE}: not a list `schools` of `code` and `name`") from error
    if len(schools) != len(entries) or not all(CODE.fullmatch(code) for code in schools):
        raise SettingsError(
            f"{VARIABLE}: a code has 2-8 capital letters and 2-4 digits and stands there once"
        )
    return schools


@cache
def load() -> Mapping[str, str]:
    """Return the schools of this deployment by code; none when no file is named."""
    name = load_settings().schools_file
    return read(Path(name)) if name else {}
