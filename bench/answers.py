"""How long people wait on WeChat for the whole assistant's answer: 20 messages a second, and 500 people in one second.

``python -m bench.answers --minutes 10 --write docs/load.md``. Two dialogue engines, PostgreSQL, Redis, and a fake WeChat
that is as strict as the real one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench import page_part
from bench.isolated import few_threads
from bench.section import Aim, Section, Table
from bench.texts import Composer
from bench.timing import percentile
from bench.town import Town, town
from channels.settings import load_settings
from tests.fakes.wechat.book import Balance, balance, read

COMMAND = "python -m bench.answers --minutes {minutes:g} --write docs/load.md"
RATE, MINUTES = 20.0, 1.0
CROWD, CROWD_SECONDS, ACKNOWLEDGED = 500, 1.0, 4.5
P95, P99 = 1.5, 4.5
QUIET_SECONDS = 240.0
WARM = 60
METHOD = """\
Every message is from another person and unlike any other (bench/texts.py), so no cache helps. It goes from the fake
WeChat, signed and encrypted, through the gateway, one of two dialogue engines, the actions and the assessment, and back:
as the answer to WeChat's own request while that waits, else as a customer-service message. Times are the fake's: from the
moment the person sent to the moment the phone shows the answer. The gateway waits {burst:g} s for the end of a burst
before it answers (`FANZHA_BURST_SECONDS`); that is part of the times. In the crowd "acknowledged" is when WeChat's request was
answered, with the answer or with "success"."""
Line = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """``waits``: seconds to the answer, sorted; ``acks``: to the end of WeChat's request, sorted."""

    name: str
    sent: int
    waits: list[float]
    acks: list[float]
    balance: Balance
    load: float

    def row(self) -> tuple[object, ...]:
        """Return the table's row."""
        waits = [f"{percentile(self.waits, share):.2f}" if self.waits else "-" for share in (0.5, 0.95, 0.99)]
        worst = f"{self.waits[-1]:.2f}" if self.waits else "-"
        found = self.balance
        ways = (found.passive, found.pushed, found.unstored + found.told + found.unknown)
        return (self.name, self.sent, *waits, worst, *ways, found.lost, found.doubled, f"{self.load:.1f}")


def measure(minutes: float, rate: float = RATE) -> Section:
    """Start everything, send, and return the section."""
    with town() as running:
        asyncio.run(_send(running, "warm", WARM, 15.0))
        steady = asyncio.run(
            _send(running, f"{rate:g}/s for {minutes:g} min", int(rate * minutes * 60), minutes * 60)
        )
        _say(str(steady.row()))
        crowd = asyncio.run(_send(running, f"{CROWD} in {CROWD_SECONDS:g} s", CROWD, CROWD_SECONDS))
        _say(str(crowd.row()))
    return _section(steady, crowd, minutes, load_settings(None).burst_seconds)


async def _send(running: Town, name: str, count: int, seconds: float) -> Run:
    composer, load = Composer.load(abs(hash(name)) % 10_000), os.getloadavg()[0]
    lines = [(f"{name}-{number:06}", composer.text()) for number in range(count)]
    address = f"http://127.0.0.1:{running.fake}"
    async with httpx.AsyncClient(trust_env=False, base_url=address, timeout=60) as client:
        since = len((await client.get("/control/ledger")).json())
        await client.post("/control/say_all", json={"lines": lines, "seconds": seconds})
        await asyncio.sleep(seconds)
        ledger = await _all(client, since, count)
    whole = [{**line, "n": number} for number, line in enumerate(ledger)]
    found = balance(whole, await asyncio.to_thread(read, running.database_url, running.space.data))
    return Run(name, count, *_times(whole), found, load)


async def _all(client: httpx.AsyncClient, since: int, count: int) -> list[Line]:
    """Return the ledger's new lines once everybody has an answer, or nobody gets one any more."""
    end = time.monotonic() + QUIET_SECONDS
    lines: list[Line] = []
    while True:
        lines += (await client.get("/control/ledger", params={"since": since + len(lines)})).json()
        answered = {line["openid"] for line in lines if line["way"] in {"passive", "custom", "unavailable"}}
        ended = sum(line["way"] == "ended" for line in lines)
        if (len(answered) >= count and ended >= count) or time.monotonic() > end:
            return lines
        await asyncio.sleep(1.0)


def _times(lines: Sequence[Line]) -> tuple[list[float], list[float]]:
    said = {line["openid"]: line["at"] for line in lines if line["way"] == "said"}
    first: dict[str, float] = {}
    acks = []
    for line in lines:
        if line["way"] in {"passive", "custom"}:
            first.setdefault(line["openid"], line["at"] - said[line["openid"]])
        if line["way"] == "ended":
            acks.append(line["at"] - said[line["openid"]])
    return sorted(first.values()), sorted(acks)


def _section(steady: Run, crowd: Run, minutes: float, burst: float) -> Section:
    header = (
        *("load", "sent", "p50 s", "p95 s", "p99 s", "worst s"),
        *("on the request", "pushed", "told / unknown", "lost", "doubled", "load average before"),
    )
    p95, p99 = (percentile(steady.waits, share) if steady.waits else float("inf") for share in (0.95, 0.99))
    ack = crowd.acks[-1] if len(crowd.acks) == crowd.sent else float("inf")
    answered = crowd.balance.passive + crowd.balance.pushed
    return Section(
        "How long people wait",
        COMMAND.format(minutes=minutes),
        METHOD.format(burst=burst),
        (Table(header, (steady.row(), crowd.row())),),
        (
            f"The last of the crowd was acknowledged after {ack:.2f} s and answered after {crowd.waits[-1]:.1f} s.",
        ),
        (
            Aim(f"whole assistant at {RATE:g}/s, p95", f"≤ {P95} s", f"{p95:.2f} s", p95 <= P95),
            Aim(f"whole assistant at {RATE:g}/s, p99", f"≤ {P99} s", f"{p99:.2f} s", p99 <= P99),
            Aim(
                f"{CROWD} in a second: all acknowledged",
                f"≤ {ACKNOWLEDGED} s",
                f"{ack:.2f} s",
                ack <= ACKNOWLEDGED,
            ),
            Aim(f"{CROWD} in a second: all answered", f"{CROWD}", f"{answered}", answered == crowd.sent),
        ),
    )


def main() -> None:
    """Measure, and print the section or write it into the page."""
    few_threads()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--write", type=Path, help="the page to write the section into")
    options = parser.parse_args()
    page_part.show("answers", measure(options.minutes, options.rate), options.write)


def _say(words: str) -> None:
    sys.stdout.write(f"[answers] {words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
