"""What became of a campaign that was killed again and again (``campaign_kill.py``), and how the page tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bench.section import Aim, Section, Table

COMMAND = "python -m tests.fakes.telegram.campaign_kill --write docs/campaigns.md"
PROBES = 10  # small campaigns before the great one, to see how punctual they are
METHOD = """\
The real worker, the real gateway (outbox and postman) and a strict fake of Telegram's API, each a process of its own. First
{probes} campaigns to one person each, one every 1.3 s: how long after its time the message is on the phone. Then one campaign
to {people:,} subscribed people; {kills} times, at random moments, the worker, the gateway or both get a kill -9 and are started
anew. The fake counts what arrived at whose phone, and that is compared with the letters in the database. Leases are 2 s in
place of 20 s (outbox) and 60 s (waves), so that twenty kills fit into minutes."""


@dataclass(frozen=True)
class Ledger:
    """``once``, ``twice``, ``never``: people by messages on their phones. ``unknown``: letters that are called so.

    ``lost``: neither on the phone nor called unknown or failed. ``late``: seconds from due to the phone, of the probes.
    ``fastest``: most messages that Telegram got in one second.
    """

    people: int
    kills: Counter[str]
    once: int
    twice: int
    never: int
    unknown: int
    lost: int
    late: tuple[float, ...]
    fastest: int
    seconds: float
    state: str

    @property
    def good(self) -> bool:
        """Whether the promise was kept: nobody twice, and whoever is not reached is named."""
        return not self.twice and not self.lost and self.never <= self.unknown and self.state == "finished"


def section(found: dict[str, Ledger]) -> Section:
    """Return the ledgers as a part of the page."""
    header = (
        *(
            "database",
            "people",
            "kills",
            "of the worker",
            "of the gateway",
            "once",
            "twice",
            "never",
            "unknown",
        ),
        *("lost", "minutes", "most in one second", "late p50 s", "late worst s"),
    )
    rows = tuple(
        (
            *(name, one.people, one.kills["times"], one.kills["worker"], one.kills["gateway"]),
            *(one.once, one.twice, one.never, one.unknown, one.lost, one.seconds / 60, one.fastest),
            *(sorted(one.late)[len(one.late) // 2], max(one.late)),
        )
        for name, one in found.items()
    )
    some = next(iter(found.values()))
    method = METHOD.format(probes=PROBES, people=some.people, kills=some.kills["times"])
    aims = tuple(aim for name, one in found.items() for aim in _aims(name, one))
    table = Table(header, rows)
    return Section("Kill -9 during a campaign by Telegram", COMMAND, method, (table,), REMARKS, aims)


REMARKS = (
    "Telegram has no key by which it would know a repeated message. So a message whose request was noted and whose answer "
    "nobody heard, because the gateway died at that moment, is called unknown and never sent again: the person has it or "
    "has it not, and the report says how many there are. Everybody else got exactly one.",
    "Late: from the time in the document to the message on the phone.",
    "Most in one second: what a dead gateway left lying goes out as soon as its leases are over, beside the next second's. "
    "Where that is more than Telegram takes, it says how long to wait, and the postman waits.",
    "Leases in earnest are longer: after a crash of the worker a wave stands still for up to a minute.",
)


def _aims(name: str, one: Ledger) -> Iterator[Aim]:
    yield Aim(f"nobody gets it twice, {name}", "0", str(one.twice), not one.twice)
    reached = one.once == one.people
    yield Aim(f"everybody gets it once, {name}", f"{one.people:,}", f"{one.once:,}", reached)
    yield Aim(f"whoever may have missed it is named, {name}", "all", f"{one.lost} lost", one.good)
    yield Aim(
        f"a campaign begins at its time, {name}, worst of {len(one.late)}",
        "≤ 1 s",
        f"{max(one.late):.2f} s",
        max(one.late) <= 1,
    )
