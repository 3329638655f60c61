"""Which trained models may be loaded: those whose SHA-256 training wrote beside them (Python 3.10, standard library).

A model archive names Python classes, and Rasa imports and runs them (CVE-2024-49375; platform-rules 5.3). So whatever
came into the folder by another way than training is refused, and so is an archive that was changed since. Whoever can
also write the list gets past it: the service's user needs to read the folder only. ``python -m bot.model_seal FOLDER``
writes the list after a training by hand.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

LIST = "models.sha256"  # in the form of sha256sum, so that `sha256sum -c` reads it too


class NotSealed(Exception):
    """The newest model is not the one that training left; the message says which file, and what to do."""


def seal(folder: Path) -> None:
    """Write the list of the archives in ``folder``; only for whoever has just trained."""
    lines = [f"{_digest(path)}  {path.name}\n" for path in sorted(folder.glob("*.tar.gz"))]
    fresh = folder / f"{LIST}.new"
    fresh.write_text("".join(lines), encoding="utf-8")
    fresh.replace(folder / LIST)


def newest(folder: Path) -> Path | None:
    """Return the newest archive, None when there is none. Raises ``NotSealed`` unless it is as training left it."""
    archives = sorted(folder.glob("*.tar.gz"), key=lambda path: (path.stat().st_mtime, path.name))
    if not archives:
        return None
    chosen = archives[-1]
    if _digest(chosen) != _listed(folder).get(chosen.name):
        raise NotSealed(f"{chosen} is not as training left it ({LIST}): remove it, or train anew")
    return chosen


def is_sealed(folder: Path) -> bool:
    """Tell whether there is a model that may be loaded."""
    try:
        return newest(folder) is not None
    except NotSealed:
        return False


def _listed(folder: Path) -> dict[str, str]:
    path = folder / LIST
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {name.strip(): digest for digest, _, name in (line.partition(" ") for line in lines)}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    seal(Path(sys.argv[1]))
