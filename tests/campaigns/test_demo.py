"""``make demo-campaign`` plays to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.processes
@pytest.mark.browser
@pytest.mark.timeout(300)
def test_the_demo_ends_with_a_report() -> None:
    report = ROOT / ".var" / "demo" / "report.html"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.fakes.campaign_demo"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "state: finished" in done.stdout and "people on Telegram" in done.stdout
    assert "robot community sent" in done.stdout and report.stat().st_size > 5_000
