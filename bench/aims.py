"""The aims of the judgement, each with the figure that was reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bench.robustness import POINTS, Change
from bench.scores import RISKY, Judged, Rate, calibration_error, official, top, verdicts
from bench.section import Aim

SCAM = frozenset({"scam"})
STORIES = 0.97  # recall; victims and relatives tell
RECEIVED = 0.93  # recall; messages as they arrive, and talks
ALARM = 0.01  # share of honest texts called scam
WARNED = 0.05  # share of honest texts called scam or suspicious
TOP_1, TOP_3 = 0.85, 0.96  # over the official twelve classes
ASKED = 0.80  # of the texts that tell too little
FEWEST_QUESTIONS = 2
CALIBRATION = 0.05  # expected calibration error

Slices = Mapping[str, Sequence[Judged]]


def aims(slices: Slices, changes: Sequence[Change]) -> list[Aim]:
    """Return every aim, slice by slice; those of robustness only when ``changes`` were measured."""
    return [
        *_recall(slices),
        *_honest(slices),
        *_types(slices),
        *_asking(slices),
        *_calibration(slices),
        *_robust(changes),
    ]


def by_kind(rows: Sequence[Judged]) -> dict[str, list[Judged]]:
    """Return the rows that are no scam by their kind, in the order in which kinds appear."""
    kinds: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        if row.label != "scam":
            kinds[row.kind].append(row)
    return dict(kinds)


def by_folder(slices: Slices) -> dict[str, list[Judged]]:
    """Return the rows with a clear label by the folder of their slice, where there are scams and honest texts."""
    folders: dict[str, list[Judged]] = defaultdict(list)
    for name, rows in slices.items():
        folders[name.split("/")[0]] += [row for row in rows if row.label != "too_little"]
    return {name: rows for name, rows in folders.items() if len({row.label for row in rows}) == 2}


def _recall(slices: Slices) -> Iterator[Aim]:
    for name, rows in slices.items():
        scams = [row for row in rows if row.label == "scam"]
        if scams:
            told = "stor" in name
            wanted = STORIES if told else RECEIVED
            what = "victim stories" if told else "messages and talks"
            yield _at_least(f"scam recall, {what}: {name}", verdicts(scams, RISKY), wanted)


def _honest(slices: Slices) -> Iterator[Aim]:
    for name, rows in slices.items():
        honest = [row for row in rows if row.label == "benign"]
        if not honest:
            continue
        for verdict_names, most, words in (
            (SCAM, ALARM, "`scam`"),
            (RISKY, WARNED, "`scam` or `suspicious`"),
        ):
            yield _at_most(f"false alarm {words}: {name}", verdicts(honest, verdict_names), most)
        yield _kinds(name, honest)


def _kinds(name: str, honest: Sequence[Judged]) -> Aim:
    """Return how many kinds of one slice keep both limits; a pooled slice can hide a bad kind."""
    kinds = by_kind(honest)
    bad = [
        f"{kind} {sum(row.verdict in RISKY for row in rows)}/{len(rows)}"
        for kind, rows in kinds.items()
        if verdicts(rows, SCAM).share > ALARM or verdicts(rows, RISKY).share > WARNED
    ]
    reached = f"{len(kinds) - len(bad)} of {len(kinds)} kinds" + (f"; above: {', '.join(bad)}" if bad else "")
    return Aim(f"both limits in every kind: {name}", "all kinds", reached, not bad)


def _types(slices: Slices) -> Iterator[Aim]:
    for name, rows in slices.items():
        classed = official(rows)
        if classed:
            yield _at_least(f"type top-1, official classes: {name}", top(classed, 1), TOP_1)
            yield _at_least(f"type top-3, official classes: {name}", top(classed, 3), TOP_3)


def _asking(slices: Slices) -> Iterator[Aim]:
    for name, rows in slices.items():
        little = [row for row in rows if row.label == "too_little"]
        if little:
            asked = sum(row.verdict == "unclear" and row.asked >= FEWEST_QUESTIONS for row in little)
            what = f"`unclear` with {FEWEST_QUESTIONS} or more questions when too little is told: {name}"
            yield _at_least(what, Rate(asked, len(little)), ASKED)


def _calibration(slices: Slices) -> Iterator[Aim]:
    for folder, known in by_folder(slices).items():
        error = calibration_error(known)
        what = f"expected calibration error: {folder}, all slices"
        yield Aim(what, f"≤ {CALIBRATION}", f"{error:.3f} (n {len(known)})", error <= CALIBRATION)


def _robust(changes: Sequence[Change]) -> Iterator[Aim]:
    for name in dict.fromkeys(change.perturbation for change in changes):
        costs = [each for each in changes if each.perturbation == name and each.recall.total]
        if costs:
            worst = max(each.cost for each in costs)
            reached = ", ".join(f"{each.slice.split('/')[-1]} {each.cost:+.1f}" for each in costs)
            yield Aim(f"cost in recall: {name}", f"≤ {POINTS:.0f} points", reached, worst <= POINTS)


def _at_least(what: str, rate: Rate, wanted: float) -> Aim:
    return Aim(what, f"≥ {wanted:.2f}", f"{rate}, {rate.hits}/{rate.total}", rate.share >= wanted)


def _at_most(what: str, rate: Rate, wanted: float) -> Aim:
    return Aim(what, f"≤ {wanted:.2f}", f"{rate}, {rate.hits}/{rate.total}", rate.share <= wanted)
