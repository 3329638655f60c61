"""Judge the measuring set, slice by slice, and write docs/evaluation.md. ``fanzha eval`` runs it.

The rows stand in tests/eval/*.jsonl: written independently of the knowledge, never read by the trainer (a test holds
both). A folder with more slices (for instance real messages that may not be passed on) can be named too.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.scores import RISKY, Judged, calibration_error, confusions, macro_f1, top, verdicts
from bot.assessment.assessor import Assessor

ROOT = Path(__file__).resolve().parent.parent
SLICES = ROOT / "tests" / "eval"
WORST = 5  # errors shown for each slice
SCAM = frozenset({"scam"})
UNCLEAR = frozenset({"unclear"})


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


def judge(assessor: Assessor, rows: list[dict[str, Any]]) -> list[Judged]:
    """Return each row with what the assessor says of it."""
    judged = []
    for row in rows:
        said = assessor.assess(row["text"])
        types = tuple(candidate.scam_type for candidate in said.candidates)
        kind, wanted = str(row.get("kind") or ""), row.get("type")
        judged.append(
            Judged(row["text"], row["label"], kind, wanted, str(said.verdict), said.probability, types)
        )
    return judged


def report(folders: list[Path], assessor: Assessor) -> str:
    """Return the evaluation as markdown."""
    slices = {
        f"{folder.name}/{path.stem}": judge(assessor, read_slice(path))
        for folder in folders
        for path in sorted(folder.glob("*.jsonl"))
    }
    return "\n".join(_lines(slices, assessor.knowledge_version)) + "\n"


def _lines(slices: dict[str, list[Judged]], version: str) -> Iterator[str]:
    yield "# Evaluation"
    yield ""
    yield "Made by `fanzha eval`; never edited by hand. Rates carry their 95 % Wilson interval. The rows of"
    yield "`tests/eval` were written independently of the knowledge base and are read by no training code."
    yield ""
    yield f"Knowledge version `{version}`."
    yield ""
    yield "## Scams"
    yield ""
    yield "| slice | n | `scam` or `suspicious` | `scam` | `unclear` | type top-1 | top-3 | macro-F1 |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, rows in slices.items():
        scams = [row for row in rows if row.label == "scam"]
        if scams:
            yield (
                f"| {name} | {len(scams)} | {verdicts(scams, RISKY)} | {verdicts(scams, SCAM).share:.3f} "
                f"| {verdicts(scams, UNCLEAR).share:.3f} | {top(scams, 1).share:.3f} | {top(scams, 3).share:.3f} "
                f"| {macro_f1(scams):.3f} |"
            )
    yield from _honest(slices)
    everything = [row for rows in slices.values() for row in rows]
    yield ""
    yield f"Expected calibration error over all rows with a clear label: {calibration_error(everything):.3f}."
    yield ""
    yield "## Types taken for each other"
    yield ""
    for wanted, said, count in confusions(everything, 15):
        yield f"- {wanted} → {said}: {count}"
    yield from _worst(slices)


def _honest(slices: dict[str, list[Judged]]) -> Iterator[str]:
    yield ""
    yield "## Honest texts and texts that tell too little"
    yield ""
    yield "| slice | kind | n | false alarm `scam` | false alarm `scam` or `suspicious` | `unclear` |"
    yield "|---|---|---|---|---|---|"
    for name, rows in slices.items():
        kinds: dict[str, list[Judged]] = defaultdict(list)
        for row in rows:
            if row.label != "scam":
                kinds["all"].append(row)
                kinds[row.kind].append(row)
        for kind, group in kinds.items():
            if kind == "all" or len(group) >= 8:
                alarm, warned = verdicts(group, SCAM), verdicts(group, RISKY)
                unclear = verdicts(group, UNCLEAR).share
                yield f"| {name} | {kind} | {len(group)} | {alarm} | {warned} | {unclear:.3f} |"


def _worst(slices: dict[str, list[Judged]]) -> Iterator[str]:
    yield ""
    yield "## The worst errors of our own slices"
    for name, rows in slices.items():
        if not name.startswith("eval/"):
            continue  # texts of other collections are not quoted
        missed = [row for row in rows if row.label == "scam" and row.verdict not in RISKY]
        alarmed = [row for row in rows if row.label != "scam" and row.verdict in RISKY]
        worst = sorted(missed, key=lambda row: row.probability)[:WORST]
        worst += sorted(alarmed, key=lambda row: -row.probability)[:WORST]
        if worst:
            yield ""
            yield f"### {name}"
            yield ""
        for row in worst:
            shown = row.text.replace("\n", " / ")[:70]
            yield f"- {row.label} judged `{row.verdict}` ({row.probability:.2f}): {shown}"
