"""The dialogue engine's part of docs/evaluation.md: intents taken for each other, emergencies, false interruptions."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.scores import Rate
from bench.section import Aim, Table
from bench.slices import ROOT

EMERGENCIES = ("already_paid", "on_the_line", "gave_info")
QUESTIONS = (
    "learn",
    "check",
    "ask_hotline",
    "verify_official",
    "none_yet",
)  # where people ask about such things
WANTED, MOST = 0.98, 0.01  # emergency recall at least, false interruptions at most
SHOWN = 20  # pairs of intents in the list
WITHIN = 3600  # seconds; some twenty minutes of processor time, and other work may have the cores
PYTHON = ROOT / ".venv-rasa" / "bin" / "python"

# These answers begin with the question whether something is lost already, whatever the text was.
ASK_ANYHOW = ("check", "paste")


class Triple(NamedTuple):
    """What a text means, what the classifier said, where it went; ``asked``: its answer begins with the question."""

    meant: str
    said: str
    routed: str
    asked: bool = False


@dataclass(frozen=True)
class Understanding:
    """What bench/intents.py found: ``own`` cross-validated in ``folds``, ``held_out`` by file."""

    folds: int
    own: tuple[Triple, ...]
    held_out: dict[str, tuple[Triple, ...]]


class NoDialogueEngine(Exception):
    """The Rasa environment is missing, or the measurement in it failed; the message says which."""


def measure() -> Understanding:
    """Run bench/intents.py in the Rasa environment. Raises ``NoDialogueEngine``."""
    if not PYTHON.exists():
        raise NoDialogueEngine("no .venv-rasa: `make test` makes it")
    done = subprocess.run(
        [str(PYTHON), "-m", "bench.intents"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "RASA_TELEMETRY_ENABLED": "false",
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    if done.returncode:
        raise NoDialogueEngine(f"bench.intents failed: {done.stderr.strip().splitlines()[-1:]}")
    return read(json.loads(done.stdout.splitlines()[-1]))


def read(raw: dict[str, Any]) -> Understanding:
    """Return the JSON object of bench/intents.py as values."""
    files = {name: tuple(map(_triple, rows)) for name, rows in raw["held_out"].items()}
    return Understanding(int(raw["folds"]), tuple(map(_triple, raw["own"])), files)


def recall(rows: Sequence[Triple], intent: str) -> Rate:
    """Return the share of an intent's rows that are routed to it."""
    meant = [row for row in rows if row[0] == intent]
    return Rate(sum(row[2] == intent for row in meant), len(meant))


def interrupted(rows: Sequence[Triple], intents: Sequence[str] | None = None) -> Rate:
    """Return the share of rows of other intents (or of ``intents``) that are taken for an emergency."""
    others = [row for row in rows if row[0] not in EMERGENCIES and (intents is None or row[0] in intents)]
    return Rate(sum(row[2] in EMERGENCIES for row in others), len(others))


def aims(found: Understanding) -> list[Aim]:
    """Return the emergency aims for every file of held-out rows, and for the cross-validated phrases."""
    result = []
    for name, rows in _groups(found):
        for intent in EMERGENCIES:
            rate = recall(rows, intent)
            if rate.total:
                what = f"emergency recall, {intent}: {name}"
                result.append(
                    Aim(what, f"≥ {WANTED}", f"{rate}, {rate.hits}/{rate.total}", rate.share >= WANTED)
                )
        rate = interrupted(rows)
        if rate.total:
            what = f"false interruptions: {name}"
            result.append(Aim(what, f"≤ {MOST}", f"{rate}, {rate.hits}/{rate.total}", rate.share <= MOST))
    return result


def lines(found: Understanding, picture: str | None) -> Iterator[str]:
    """Return the part of the page; ``picture`` is the path of the heat map, if it was drawn."""
    yield "## The dialogue engine"
    yield ""
    yield f"Intents of our own phrases (`nlu_data/nlu`), {found.folds}-fold cross-validated, after the routing law"
    yield "(`bot/nlu/routing.py`), which turns what is unsure into a text to check. The patterns of that law were chosen"
    yield "while looking at these phrases, so its emergency figures on them are optimistic; the rows of"
    yield "`tests/eval_dialogue` were written independently and are put to a model of all phrases. Their halves `tune` and"
    yield "`tune2` were looked at while the law and the danger model were made; `test` and the fresh files never were. Rates"
    yield "stand with their Wilson 95 % intervals. *Or asked first*: interrupted, or answered with the question whether"
    yield "something is lost already in front (every check is); *asked without need*: that question before another answer."
    yield ""
    if not found.held_out:
        yield "There are no rows in `tests/eval_dialogue` yet."
        yield ""
    header = (
        "rows",
        "n",
        *EMERGENCIES,
        "taken for any emergency",
        "or asked first",
        "false interruptions",
        "of questions only",
        "asked without need",
    )
    yield from Table(header, tuple(_summary(name, rows) for name, rows in _groups(found))).lines()
    yield ""
    if picture:
        yield f"![intents taken for each other]({picture})"
        yield ""
    yield "Most frequent confusions:"
    yield ""
    pairs = Counter((meant, routed) for meant, _, routed, _ in found.own if meant != routed)
    for (meant, routed), count in pairs.most_common(SHOWN):
        yield f"- {meant} → {routed}: {count}"
    yield ""
    yield "What the classifier alone and the routed intent get right, by intent:"
    yield ""
    rows = []
    for intent in sorted({meant for meant, _, _, _ in found.own}):
        meant_rows = [row for row in found.own if row[0] == intent]
        alone = Rate(sum(row[1] == intent for row in meant_rows), len(meant_rows))
        taken = [row for row in found.own if row[2] == intent]
        precision = Rate(sum(row[0] == intent for row in taken), len(taken))
        rows.append(
            (
                intent,
                len(meant_rows),
                *(f"{rate.share:.3f}" for rate in (alone, recall(found.own, intent), precision)),
            )
        )
    yield from Table(
        ("intent", "n", "recall alone", "recall routed", "precision routed"), tuple(rows)
    ).lines()
    yield ""


def pairs(found: Understanding) -> list[tuple[str, str]]:
    """Return (meant, routed) of the cross-validated phrases."""
    return [(meant, routed) for meant, _, routed, _ in found.own]


def _groups(found: Understanding) -> list[tuple[str, tuple[Triple, ...]]]:
    held = [(f"eval_dialogue/{name}", rows) for name, rows in found.held_out.items()]
    return [("own phrases, cross-validated", found.own), *held]


def _summary(name: str, rows: Sequence[Triple]) -> tuple[object, ...]:
    every = [row for row in rows if row[0] in EMERGENCIES]
    anyhow = Rate(sum(row.routed in EMERGENCIES for row in every), len(every))
    reached = sum(row.routed in (*EMERGENCIES, *ASK_ANYHOW) or row.asked for row in every)
    others = [row for row in rows if row.meant not in EMERGENCIES]
    needless = sum(row.asked and row.routed not in ASK_ANYHOW for row in others)
    rates = [
        *(recall(rows, intent) for intent in EMERGENCIES),
        anyhow,
        Rate(reached, len(every)),
        interrupted(rows),
        interrupted(rows, QUESTIONS),
        Rate(needless, len(others)),
    ]
    return (name, len(rows), *(str(rate) if rate.total else "–" for rate in rates))


def _triple(row: Sequence[Any]) -> Triple:
    return Triple(*row)
