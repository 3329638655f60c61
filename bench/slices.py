"""The measuring set: rows of JSON Lines files, and what the assessor says of them.

The rows stand in tests/eval/*.jsonl: written independently of the knowledge, never read by the trainer (a test holds
both). A folder with more slices (for instance real messages that may not be passed on) can be named too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.scores import Judged
from bot.assessment.assessor import Assessor
from knowledge_base import taxonomy

ROOT = Path(__file__).resolve().parent.parent
SLICES = ROOT / "tests" / "eval"
OWN = "eval/"  # names of slices that may be quoted begin with this


class SliceError(Exception):
    """A slice file is broken; the message names the file and line."""


def read_slice(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSON Lines file. Raises ``SliceError``."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            if row["label"] not in ("scam", "benign", "too_little") or not isinstance(row["text"], str):
                raise ValueError("label must be scam, benign or too_little, text a string")
        except (ValueError, KeyError, TypeError) as error:
            raise SliceError(f"{path}:{number}: {error}") from error
        rows.append(row)
    return rows


def read(folders: Sequence[Path]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every slice, named ``folder/file``. Raises ``SliceError``."""
    return {
        f"{folder.name}/{path.stem}": read_slice(path)
        for folder in folders
        for path in sorted(folder.glob("*.jsonl"))
    }


def judge(assessor: Assessor, rows: Sequence[dict[str, Any]]) -> list[Judged]:
    """Return each row with what the assessor says of it."""
    official = taxonomy.load().ccl23
    judged = []
    for row in rows:
        said = assessor.assess(row["text"])
        types = tuple(candidate.scam_type for candidate in said.candidates)
        wanted = row.get("type")
        judged.append(
            Judged(
                row["text"],
                row["label"],
                str(row.get("kind") or ""),
                wanted,
                str(said.verdict),
                said.probability,
                types,
                official.get(wanted) if wanted else None,
                tuple(official.get(name, "") for name in types),
                len(said.ask_back),
            )
        )
    return judged
