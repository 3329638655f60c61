"""Emergencies and questions written by somebody who had not seen the training phrases: tests/eval_dialogue.

Each row has a ``half``: ``tune`` and ``tune2`` were looked at while the routing was improved, ``test`` never was. The
floors hold what was reached, so that it does not get worse unseen; whoever looks at a ``test`` row must move it to
``tune2``. Of the older emergencies all were looked at; the rows of ``fresh_*.jsonl`` are the exam now.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from deploy import rasa_model

ROOT = Path(__file__).parents[3]
# By exam: floors of what is heard, and how many calm rows may be interrupted. The rows of ``fresh_*.jsonl`` came last, are
# harder on both sides, and nothing was ever tuned on them; nor on the honest rows of tests/eval, which no emergency is in.
EXAMS = {
    "all": ({"already_paid": 0.95, "gave_info": 0.97, "on_the_line": 0.97}, 0.01),
    "fresh": ({"already_paid": 0.83, "gave_info": 0.90, "on_the_line": 0.83}, 0.05),
    # Honest stories tell of real payments at length; the rest are messages received, talks, questions and warnings.
    "honest_stories": ({}, 0.10),
    "honest_others": ({}, 0.02),
}


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
    counts = json.loads(said[0].removeprefix("counts:"))
    assert counts["all"]["other"][0] >= 500
    for exam, (floors, most) in EXAMS.items():
        for intent, floor in floors.items():
            rows, heard = counts[exam][intent]
            assert rows >= 60
            assert heard / rows >= floor, f"{exam}, {intent}: {heard} of {rows}"
        calm, interrupted = counts[exam]["other"]
        assert interrupted / calm <= most, f"{exam}: {interrupted} of {calm} interrupted"
