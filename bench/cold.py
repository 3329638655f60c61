"""Cold starts: ``python -m bench.cold``."""

from __future__ import annotations

import statistics

from bench.house import Workspace, house, workspace
from bench.section import Aim, Section, Table
from bench.texts import Composer

COMMAND = "python -m bench.cold"
TIMES = 7
CHECK, RUN = 3.0, 30.0  # seconds
METHOD = """\
Wall time of new processes with index and model built. The files may stand in the system's cache: what is measured is
imports and loading, not the disk. `fanzha index` starts from an empty data folder: every phrase is encoded, the scorer
is trained and calibrated."""


def measure(space: Workspace, ready_seconds: float) -> Section:
    """Time the commands; ``ready_seconds`` is what a ``fanzha run`` took until /readyz was green."""
    composer = Composer.load(4)
    checks = [space.fanzha("check", composer.text("medium")) for _ in range(TIMES)]
    build = space.fanzha("index", data=space.folder / "empty")
    middle = statistics.median(checks)
    rows = (
        ("`fanzha check TEXT`, median", middle, TIMES),
        ("`fanzha check TEXT`, slowest", max(checks), TIMES),
        ("`fanzha run` until `/readyz` is green, all built", ready_seconds, 1),
        ("`fanzha index` from nothing", build, 1),
    )
    return Section(
        "Cold start",
        COMMAND,
        METHOD,
        (Table(("command", "seconds", "runs"), rows),),
        (),
        (
            Aim("`fanzha check TEXT`, cold", f"< {CHECK:.0f} s", f"{middle:.2f} s", middle < CHECK),
            Aim("second `make run` is up", f"< {RUN:.0f} s", f"{ready_seconds:.1f} s", ready_seconds < RUN),
        ),
    )


def main() -> None:
    """Print the section."""
    with workspace() as space:
        with house(space) as running:
            ready = running.ready_seconds
        print(measure(space, ready).markdown())


if __name__ == "__main__":
    main()
