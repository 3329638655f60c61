"""Judge the measuring set, slice by slice, and write docs/evaluation.md. ``fanzha eval`` runs it.

``--write`` measures everything (minutes): also the robustness and, in the Rasa environment, the dialogue engine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import aims, intents_page, plots, robustness
from bench.aims import SCAM, by_kind
from bench.intents_page import Understanding
from bench.robustness import UNCLEAR, Change
from bench.scores import RISKY, Judged, calibration_error, confusions, macro_f1, official, top, verdicts
from bench.section import Table, aim_table
from bench.slices import OWN, SLICES, judge, read
from bot.assessment.assessor import Assessor

WORST = 10  # errors shown for each slice, misses and false alarms each
PAIRS = 20  # of types taken for each other
SHOWN = 90  # characters of a quoted error
CURVE, TYPES, INTENTS = "reliability.png", "types.png", "intents.png"
INTRO = """\
# Evaluation

Written by `fanzha eval --write docs/evaluation.md`; do not edit by hand. Rates carry their 95 % Wilson interval. The
rows of `tests/eval` were written independently of the knowledge base and are read by no training code. What the worst
errors have in common is discussed in [evaluation-notes.md](evaluation-notes.md), what each part of the assessor brings
in [ablation.md](ablation.md), what the knowledge is made of in [knowledge_base.md](knowledge_base.md)."""
FOREIGN = """\
Slices outside `eval/` are other collections, most of them real messages: they are measured and never quoted."""
ELSEWHERE = """\
Aims measured elsewhere: time and memory of one check in [benchmarks.md](benchmarks.md). That `no_known_risk` is never
worded as safe is a test, `tests/test_house_rules.py`."""


@dataclass(frozen=True)
class Results:
    """What was judged; ``changes`` and ``understanding`` are empty when they were not measured."""

    version: str
    slices: Mapping[str, Sequence[Judged]]
    changes: Sequence[Change] = ()
    understanding: Understanding | None = None


def run(more: Sequence[Path], write: Path | None, robust: bool) -> None:
    """Measure and print the page; with ``write`` measure everything and write page and pictures too.

    Raises ``SliceError`` for a broken row and ``NoDialogueEngine`` when the page cannot be whole.
    """
    everything = write is not None
    understanding = intents_page.measure() if everything else None
    assessor = Assessor.load()
    rows = read([SLICES, *more])
    slices = {name: judge(assessor, found) for name, found in rows.items()}
    changes: Sequence[Change] = ()
    if robust or everything:
        own = {name: found for name, found in rows.items() if name.startswith(OWN)}
        changes = robustness.measure(assessor, own, slices)
    results = Results(assessor.knowledge_version, slices, changes, understanding)
    text = page(results)
    if write is not None:
        draw(results, write.parent / "pictures")
        write.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def page(results: Results) -> str:
    """Return the page's markdown."""
    slices = results.slices
    understanding = results.understanding
    reached = aims.aims(slices, results.changes) + (intents_page.aims(understanding) if understanding else [])
    blocks = [
        INTRO,
        f"Knowledge version `{results.version}`.",
        *([FOREIGN] if any(not name.startswith(OWN) for name in slices) else []),
        f"## Aims\n\n{sum(aim.met for aim in reached)} of {len(reached)} are reached.",
        "\n".join(aim_table(reached).lines()),
        ELSEWHERE,
        *map("\n".join, (_scams(slices), _honest(slices), _calibration(slices), _confused(slices))),
        *(["\n".join(robustness.lines(results.changes)).strip()] if results.changes else []),
    ]
    if understanding:
        blocks.append("\n".join(intents_page.lines(understanding, f"pictures/{INTENTS}")).strip())
    blocks.append("\n".join(_worst(slices)))
    return "\n\n".join(blocks) + "\n"


def draw(results: Results, folder: Path) -> None:
    """Draw the pictures that the page shows."""
    everything = [row for rows in results.slices.values() for row in rows]
    plots.reliability_curve(aims.by_folder(results.slices), folder / CURVE)
    plots.confusion_map(plots.type_pairs(everything), folder / TYPES, "Types taken for each other")
    if results.understanding:
        pairs = intents_page.pairs(results.understanding)
        plots.confusion_map(pairs, folder / INTENTS, "Intents taken for each other")


def _scams(slices: Mapping[str, Sequence[Judged]]) -> Iterator[str]:
    scams = {name: [row for row in rows if row.label == "scam"] for name, rows in slices.items()}
    yield "## Scams\n"
    yield from Table(
        ("slice", "n", "`scam` or `suspicious`", "`scam`", "`unclear`", "`no_known_risk`"),
        tuple(
            (
                name,
                len(rows),
                verdicts(rows, RISKY),
                *(
                    f"{verdicts(rows, frozenset({one})).share:.3f}"
                    for one in ("scam", "unclear", "no_known_risk")
                ),
            )
            for name, rows in scams.items()
            if rows
        ),
    ).lines()
    yield "\nTypes, over the 29 ids of the taxonomy and mapped to the official twelve classes of CCL23-Eval (rows whose type"
    yield "has no such class are left out there). `taxonomy.yml` holds the mapping.\n"
    lines = []
    for name, rows in scams.items():
        for title, kept in (("taxonomy", rows), ("official", official(rows))):
            if top(kept, 1).total:
                line = (name, title, top(kept, 1).total, top(kept, 1), top(kept, 3), f"{macro_f1(kept):.3f}")
                lines.append(line)
    yield from Table(("slice", "classes", "n", "top-1", "top-3", "macro-F1"), tuple(lines)).lines()


def _honest(slices: Mapping[str, Sequence[Judged]]) -> Iterator[str]:
    yield "## Honest texts and texts that tell too little\n"
    yield "Every slice, then every kind in it; kinds of a few rows have wide intervals.\n"
    lines = []
    for name, rows in slices.items():
        kinds = by_kind(rows)
        whole = [row for group in kinds.values() for row in group]
        groups = {"**all**": whole, **kinds} if whole else {}
        for kind, group in groups.items():
            unclear = f"{verdicts(group, UNCLEAR).share:.3f}"
            lines.append((name, kind, len(group), verdicts(group, SCAM), verdicts(group, RISKY), unclear))
    header = ("slice", "kind", "n", "false alarm `scam`", "`scam` or `suspicious`", "`unclear`")
    yield from Table(header, tuple(lines)).lines()


def _calibration(slices: Mapping[str, Sequence[Judged]]) -> Iterator[str]:
    yield "## Calibration\n"
    yield "Expected calibration error over all rows with a clear label, in ten bins of equal width:\n"
    for folder, rows in aims.by_folder(slices).items():
        yield f"- {folder}: {calibration_error(rows):.3f} ({len(rows)} rows)"
    yield f"\n![reliability curve](pictures/{CURVE})"


def _confused(slices: Mapping[str, Sequence[Judged]]) -> Iterator[str]:
    everything = [row for rows in slices.values() for row in rows]
    yield "## Types taken for each other\n"
    yield f"![types taken for each other](pictures/{TYPES})\n"
    for wanted, said, count in confusions(everything, PAIRS):
        yield f"- {wanted} → {said}: {count}"


def _worst(slices: Mapping[str, Sequence[Judged]]) -> Iterator[str]:
    yield f"## The worst errors of our own slices\n\nUp to {WORST} misses and {WORST} false alarms each."
    for name, rows in slices.items():
        if not name.startswith(OWN):
            continue  # texts of other collections are not quoted
        missed = [row for row in rows if row.label == "scam" and row.verdict not in RISKY]
        alarmed = [row for row in rows if row.label != "scam" and row.verdict in RISKY]
        worst = sorted(missed, key=lambda row: row.probability)[:WORST]
        worst += sorted(alarmed, key=lambda row: -row.probability)[:WORST]
        yield f"\n### {name}\n"
        yield f"{len(missed)} missed, {len(alarmed)} false alarms."
        if worst:
            yield ""
        for row in worst:
            shown = row.text.replace("\n", " / ")[:SHOWN]
            yield f"- {row.label} ({row.kind}) judged `{row.verdict}` ({row.probability:.2f}): {shown}"
