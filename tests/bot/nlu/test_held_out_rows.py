"""Emergencies and questions written by somebody who had not seen the training phrases: tests/eval_dialogue.

Each row has a ``half``: ``tune`` and ``tune2`` were looked at while the routing was improved, ``test`` never was. The
floors hold what was reached, so that it does not get worse unseen; whoever looks at a ``test`` row must move it.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from deploy import rasa_model

ROOT = Path(__file__).parents[3]
FLOORS = {"already_paid": 0.95, "gave_info": 0.98, "on_the_line": 0.97}
MOST_INTERRUPTED = 0.01
# fresh_*.jsonl: other writers, whole tales and close calls; nobody who works on the law or the model reads them. Aims
# as above; what is reached stands here.
FRESH_FLOORS = {"already_paid": 0.80, "gave_info": 0.87, "on_the_line": 0.78}
FRESH_MOST_INTERRUPTED = 0.045


@pytest.mark.processes
@pytest.mark.timeout(300)
def test_emergencies_are_heard_and_questions_interrupt_nothing() -> None:
    models = ROOT / ".var" / "models"
    assert rasa_model.is_trained(models), "run `make test` (or `fanzha train`) first"
    newest = max(models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    done = subprocess.run(
        [
            str(ROOT / ".venv-rasa" / "bin" / "python"),
            "tests/bot/nlu/rasa_side/check_held_out_rows.py",
            str(newest),
        ],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = [line for line in done.stdout.splitlines() if line.startswith("counts:")]
    assert said, done.stderr[-2000:]
    exams = json.loads(said[0].removeprefix("counts:"))
    counts, fresh = exams["all"], exams["fresh"]
    assert counts["other"][0] >= 500
    for intent, floor in FLOORS.items():
        rows, heard = counts[intent]
        assert rows >= 110
        assert heard / rows >= floor, f"{intent}: {heard} of {rows}"
    assert counts["other"][1] / counts["other"][0] <= MOST_INTERRUPTED, counts["other"]
    for intent, floor in FRESH_FLOORS.items():
        rows, heard = fresh[intent]
        assert heard / rows >= floor, f"fresh {intent}: {heard} of {rows}"
    assert fresh["other"][1] / fresh["other"][0] <= FRESH_MOST_INTERRUPTED, fresh["other"]
