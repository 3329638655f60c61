"""Pictures through the API, POST /api/v1/check/image, against the real gateway: ``python -m bench.pictures``."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]
from playwright.sync_api import sync_playwright

from bench.house import House, house, workspace
from bench.processes import MEGABYTE
from bench.section import Aim, Section, Table
from bench.timing import Timing
from tests.pictures.make_screens import Screen, browser_path, draw

COMMAND = "python -m bench.pictures"
PATH = "/api/v1/check/image"
WORKER = "channels.pictures.worker"
ROUNDS = 3
P95 = 1_500.0  # ms
MOST_MEMORY = 500.0  # MB, one worker at its peak
LONG = frozenset({"chat_long"})
METHOD = """\
The screens of `tests/pictures/screens.yml`, drawn by a browser at three times 360 pixels of width, one after the other as
uploads to the gateway that `fanzha run` started: form, decoding, codes, OCR, reading order, assessment. The first picture
after the start is not counted. "long" is a capture of two and a half screens. Memory is the worker process's peak."""


@dataclass(frozen=True)
class _Run:
    usual: list[float]
    long: list[float]
    wrong: int


def measure(running: House) -> Section:
    """Draw the screens, send each some times, look at the worker."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        screens = list(draw(browser))
        browser.close()
    run = _send(running.port, screens)
    usual, long = Timing.of(run.usual), Timing.of(run.long)
    peak = _peak_megabytes()
    return Section(
        "Pictures through the API",
        COMMAND,
        METHOD,
        (
            Table(
                ("picture", "checks", "p50 ms", "p95 ms", "worst ms"),
                tuple(
                    (name, timing.count, timing.p50, timing.p95, timing.worst)
                    for name, timing in (("one screen", usual), ("long", long))
                ),
            ),
        ),
        (f"{run.wrong} answers were wrong. A worker's memory at its peak: {peak:.0f} MB.",),
        (
            Aim(
                "picture check, one screen, p95", f"≤ {P95:,.0f} ms", f"{usual.p95:,.0f} ms", usual.p95 <= P95
            ),
            Aim(
                "picture worker, peak memory",
                f"≤ {MOST_MEMORY:.0f} MB",
                f"{peak:.0f} MB",
                peak <= MOST_MEMORY,
            ),
        ),
    )


def _send(port: int, screens: list[Screen]) -> _Run:
    run = _Run([], [], 0)
    wrong = 0
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
        for count in range(ROUNDS + 1):
            for screen in screens[:1] if count == 0 else screens:
                started = time.perf_counter()
                answer = client.post(PATH, files={"file": ("screen", screen.png)})
                seconds = time.perf_counter() - started
                wrong += answer.status_code != 200 or not answer.json()["recognised_text"]
                if count:
                    (run.long if screen.id in LONG else run.usual).append(seconds)
    return _Run(run.usual, run.long, wrong)


def _peak_megabytes() -> float:
    """Return the highest resident memory that a worker of this machine has had (VmHWM, Linux)."""
    peaks = [0.0]
    for process in psutil.process_iter(["cmdline"]):
        if WORKER in (process.info["cmdline"] or []):
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
            kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
            peaks.append(kilobytes * 1024 / MEGABYTE)
    return max(peaks)


def main() -> None:
    """Print the section."""
    with workspace() as space, house(space) as running:
        print(measure(running).markdown())


if __name__ == "__main__":
    main()
