"""Checks over HTTP, POST /api/v1/check, against the real gateway bound to one core: ``python -m bench.api``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import repeat

from bench.house import House, house, workspace
from bench.load import Outcome, drive
from bench.processes import cores
from bench.section import Aim, Section, Table
from bench.texts import Composer
from bench.wire import Answer

COMMAND = "python -m bench.api"
PATH = "/api/v1/check"
SECONDS = 8.0
BUSY = 8  # requests in flight
P50, PER_SECOND = 15.0, 60.0
METHOD = """\
Texts as in the mixed row of the library table, over keep-alive HTTP to the gateway that `fanzha run` started. The gateway
is bound to one core, the client runs on the others. "first" are texts never sent before, "again" one text over and over."""


def is_assessment(answer: Answer) -> bool:
    """Tell whether the gateway judged the text."""
    return answer.status == 200 and "verdict" in json.loads(answer.body)


def check_bodies(composer: Composer) -> Iterator[object]:
    """Give new texts without end."""
    while True:
        yield {"text": composer.text()}


def measure(running: House, seed: int = 3) -> Section:
    """Bind the gateway to one core, drive it, let it go again."""
    composer = Composer.load(seed)
    everywhere = cores()
    running.family.pin("gateway", everywhere[:1])
    try:
        drive(running.port, PATH, check_bodies(composer), is_assessment, 1, 20, 40)
        again: Iterator[object] = repeat({"text": composer.text("medium")})
        rows = {
            (name, in_flight): drive(running.port, PATH, bodies, is_assessment, in_flight, SECONDS)
            for name, bodies in (
                ("first", check_bodies(composer)),
                ("again", again),
            )
            for in_flight in (1, BUSY)
        }
    finally:
        running.family.pin("gateway", everywhere)
    return _section(rows)


def _section(rows: dict[tuple[str, int], Outcome]) -> Section:
    alone, busy = rows["first", 1].timing, rows["first", BUSY].timing
    wrong = sum(each.wrong for each in rows.values())
    client = max(each.client_share for each in rows.values())
    return Section(
        "Checks through the API",
        COMMAND,
        METHOD,
        (
            Table(
                ("paste", "in flight", "checks", "p50 ms", "p95 ms", "per second"),
                tuple(
                    (name, count, each.timing.count, each.timing.p50, each.timing.p95, each.timing.per_second)
                    for (name, count), each in rows.items()
                ),
            ),
        ),
        (f"{wrong} answers were wrong. The client took at most {client:.0%} of a core.",),
        (
            Aim("API check, alone, p50", f"≤ {P50:.0f} ms", f"{alone.p50:.1f} ms", alone.p50 <= P50),
            Aim(
                f"API checks on one core, {BUSY} in flight",
                f"≥ {PER_SECOND:.0f}/s",
                f"{busy.per_second:.0f}/s",
                busy.per_second >= PER_SECOND,
            ),
        ),
    )


def main() -> None:
    """Print the section."""
    with workspace() as space, house(space) as running:
        print(measure(running).markdown())


if __name__ == "__main__":
    main()
