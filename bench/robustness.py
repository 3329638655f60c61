"""The measuring set under every perturbation: what it costs in recall, and in false alarms on honest texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.perturb import PERTURBATIONS, perturb
from bench.scores import RISKY, Judged, Rate, verdicts
from bench.section import Table
from bench.slices import judge
from bot.assessment.assessor import Assessor

SCAM = frozenset({"scam"})
UNCLEAR = frozenset({"unclear"})
POINTS = 5.0  # of recall that a perturbation may cost (issue's aim)


@dataclass(frozen=True, slots=True)
class Change:
    """What a perturbation did to a slice. Costs and rises are in points (hundredths); ``changed`` is a share of rows."""

    perturbation: str
    slice: str
    changed: float
    recall: Rate
    cost: float
    unclear: float
    alarm: Rate
    alarm_rise: float
    warned: Rate
    warned_rise: float


def measure(
    assessor: Assessor, slices: Mapping[str, Sequence[dict[str, Any]]], before: Mapping[str, Sequence[Judged]]
) -> list[Change]:
    """Judge every slice under every perturbation; ``before`` is what was said of the rows as they are."""
    return [
        compare(name, title, before[title], judge(assessor, [_with(row, name) for row in rows]))
        for name in PERTURBATIONS
        for title, rows in slices.items()
    ]


def compare(name: str, title: str, before: Sequence[Judged], after: Sequence[Judged]) -> Change:
    """Return what changed between two judgements of the same rows."""
    old_scams, scams = ([row for row in rows if row.label == "scam"] for rows in (before, after))
    old_honest, honest = ([row for row in rows if row.label == "benign"] for rows in (before, after))
    recall, alarm, warned = verdicts(scams, RISKY), verdicts(honest, SCAM), verdicts(honest, RISKY)
    changed = Rate(sum(one.text != other.text for one, other in zip(before, after, strict=True)), len(before))
    return Change(
        name,
        title,
        changed.share,
        recall,
        100 * (verdicts(old_scams, RISKY).share - recall.share),
        verdicts(scams, UNCLEAR).share,
        alarm,
        100 * (alarm.share - verdicts(old_honest, SCAM).share),
        warned,
        100 * (warned.share - verdicts(old_honest, RISKY).share),
    )


def lines(changes: Sequence[Change]) -> Iterator[str]:
    """Return the part of the page."""
    yield "## Robustness"
    yield ""
    yield "The same rows, written as they might also have come (`bench/perturb.py`, every choice seeded). Points are"
    yield "hundredths: the cost in recall (`scam` or `suspicious`), and in brackets the recall that is left. The first 20"
    yield "characters of a text often do not tell the trick yet; asking back (`unclear`) is then the right answer, and its"
    yield "share is given too. `rows changed` says how many texts the perturbation could touch at all."
    yield ""
    scams = sorted({change.slice for change in changes if change.recall.total})
    yield from _grid(
        [change for change in changes if change.recall.total],
        scams,
        lambda each: f"{each.cost:+.1f} ({each.recall.share:.3f}); unclear {each.unclear:.3f}",
    )
    yield ""
    yield "False alarms on honest texts: `scam`, then `scam` or `suspicious`, each with its rise in points."
    yield ""
    honest = sorted({change.slice for change in changes if change.alarm.total})
    yield from _grid(
        [change for change in changes if change.alarm.total],
        honest,
        lambda each: (
            f"{each.alarm.share:.3f} ({each.alarm_rise:+.1f}); {each.warned.share:.3f} ({each.warned_rise:+.1f})"
        ),
    )
    yield ""


def _grid(changes: Sequence[Change], columns: Sequence[str], show: Any) -> Iterator[str]:
    cells = {(change.perturbation, change.slice): change for change in changes}
    rows = []
    for name in dict.fromkeys(change.perturbation for change in changes):
        found = [cells[name, column] for column in columns]
        touched = sum(each.changed for each in found) / len(found)
        rows.append((name, f"{touched:.0%}", *map(show, found)))
    if rows:
        yield from Table(("perturbation", "rows changed", *columns), tuple(rows)).lines()


def _with(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {**row, "text": perturb(name, row["text"])}
