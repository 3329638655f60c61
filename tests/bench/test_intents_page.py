"""The dialogue engine's figures from hand-made rows, and what happens without the Rasa environment."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench import intents_page
from bench.intents_page import NoDialogueEngine, aims, interrupted, lines, measure, read, recall

OWN = [
    ["already_paid", "already_paid", "already_paid"],
    ["already_paid", "learn", "already_paid"],
    ["already_paid", "already_paid", "check"],
    ["gave_info", "gave_info", "already_paid"],
    ["learn", "already_paid", "learn"],
    ["check", "check", "gave_info"],
    ["greet", "greet", "greet"],
    ["greet", "greet", "check"],
]
HELD = [["on_the_line", "check", "on_the_line"]] * 49 + [["on_the_line", "check", "check"]]
RAW = {
    "folds": 5,
    "own": OWN,
    "held_out": {"emergencies": HELD, "questions": [["learn", "learn", "learn"]] * 100},
}


def test_recall_and_false_interruptions() -> None:
    found = read(RAW)
    assert str(recall(found.own, "already_paid")).startswith("0.667")
    assert (interrupted(found.own).hits, interrupted(found.own).total) == (1, 4)
    assert (interrupted(found.own, ("learn",)).hits, interrupted(found.own, ("check",)).hits) == (0, 1)


def test_aims_are_told_for_every_file_apart() -> None:
    said = {aim.what: aim for aim in aims(read(RAW))}
    assert said["emergency recall, on_the_line: eval_dialogue/emergencies"].met
    assert said["false interruptions: eval_dialogue/questions"].met
    assert not said["emergency recall, already_paid: own phrases, cross-validated"].met
    assert not said["false interruptions: own phrases, cross-validated"].met
    assert "false interruptions: eval_dialogue/emergencies" not in said


def test_the_page_has_pairs_and_intents() -> None:
    page = "\n".join(lines(read(RAW), "pictures/intents.png"))
    assert "- already_paid → check: 1" in page and "![intents" in page
    assert "| already_paid | 3 | 0.667 | 0.667 | 0.667 |" in page
    assert "There are no rows" not in page
    assert "There are no rows" in "\n".join(lines(read({**RAW, "held_out": {}}), None))


def test_without_the_rasa_environment_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intents_page, "PYTHON", Path("/nowhere/python"))
    with pytest.raises(NoDialogueEngine, match=r"\.venv-rasa"):
        measure()


def test_a_failed_measurement_is_no_result(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "", "Traceback\nImportError: rasa\n")

    python = tmp_path / "python"
    python.touch()
    monkeypatch.setattr(intents_page, "PYTHON", python)
    monkeypatch.setattr(intents_page.subprocess, "run", fails)
    with pytest.raises(NoDialogueEngine, match="ImportError: rasa"):
        measure()
