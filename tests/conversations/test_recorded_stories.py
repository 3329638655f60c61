"""The recorded conversations, played by Rasa itself."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy import rasa_model

ROOT = Path(__file__).resolve().parents[2]
STORIES = sorted(Path(__file__).parent.glob("test_*.yml"))


@pytest.mark.processes
@pytest.mark.timeout(300)
def test_every_recorded_conversation_goes_as_written(tmp_path: Path) -> None:
    models = ROOT / ".var" / "models"
    assert rasa_model.is_trained(models), "run `make test` (or `fanzha train`) first"
    written = sum(len(yaml.safe_load(path.read_text(encoding="utf-8"))["stories"]) for path in STORIES)
    assert written >= 40
    command = [
        str(ROOT / ".venv-rasa" / "bin" / "python"), "-m", "rasa", "test", "core", "--e2e",
        "--stories", str(Path(__file__).parent), "--model", str(models), "--out", str(tmp_path),
        "--no-plot", "--fail-on-prediction-errors",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RASA_TELEMETRY_ENABLED": "false"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    # Rasa is content when it finds no story at all: count them.
    played = re.search(r"Correct:\s+(\d+) / (\d+)", said)
    assert played, said[-3000:]
    assert int(played.group(1)) == int(played.group(2)) >= written
