"""Whole chain, POST /api/v1/chat, against a stock bare Rasa bot in the same run: ``python -m bench.chain``."""

from __future__ import annotations

import json
import statistics
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from bench.bare_bot import ANSWER, BareBot, bare_bot
from bench.house import House, house, workspace
from bench.load import Outcome, drive
from bench.processes import Family, machine_busy
from bench.section import Aim, Section, Table
from bench.texts import Composer
from bench.wire import Answer

COMMAND = "python -m bench.chain"
IN_FLIGHT = 20
ROUNDS = 5
SECONDS = 12.0  # of one round
TALK_SECONDS = 25.0
ALONE = 100  # messages, one after the other
WARM = 40
RATIO, P95, P50_ALONE = 2.5, 700.0, 60.0
CHAT, REST = "/api/v1/chat", "/webhooks/rest/webhook"
METHOD = """\
Every message is a new conversation with a text nobody sent before (forty per cent short, fifty medium, ten long), so
no cache helps. It goes page API → gateway (mask, database) → Rasa → action → assessment → card → gateway. The rival is
stock `rasa run` 3.6.21 with stock rasa-sdk, the least pipeline there is, and one action that says "ok"; it gets the
same texts on its REST webhook. Both are up all the time and are measured in turn, on the same cores as the client."""


@dataclass(frozen=True)
class Round:
    """One drive of each; ``ours_cpu`` and ``bare_cpu`` are processor milliseconds a message by process.

    ``others`` is how many cores were taken by processes that have nothing to do with this.
    """

    ours: Outcome
    bare: Outcome
    ours_cpu: dict[str, float]
    bare_cpu: dict[str, float]
    others: float

    @property
    def ratio(self) -> float:
        """Return our messages a second by the bare bot's."""
        return self.ours.timing.per_second / self.bare.timing.per_second


def is_turn(answer: Answer) -> bool:
    """Tell whether the gateway answered through the whole chain, not by its fallback."""
    if answer.status != 200:
        return False
    turn = json.loads(answer.body)
    return bool(turn["replies"]) and not turn["degraded"]


def has_card(answer: Answer) -> bool:
    """Tell whether a full turn carries a card: a verdict, or a guide for one who has lost money."""
    return is_turn(answer) and any(reply["card"] for reply in json.loads(answer.body)["replies"])


def is_ok(answer: Answer) -> bool:
    """Tell whether the bare bot's action spoke."""
    return answer.status == 200 and ANSWER.encode() in answer.body


def chat_bodies(composer: Composer, person: str = "") -> Iterator[object]:
    """Give messages for the gateway, each in a conversation of its own unless a ``person`` is named."""
    while True:
        yield {"session_id": person or uuid.uuid4().hex, "text": composer.text()}


def rest_bodies(composer: Composer, person: str = "") -> Iterator[object]:
    """Give messages for a REST webhook, each in a conversation of its own unless a ``person`` is named."""
    while True:
        yield {"sender": person or uuid.uuid4().hex, "message": composer.text()}


def measure(running: House, bare: BareBot, seed: int = 1, rounds: int = ROUNDS) -> Section:
    """Drive both in turn and return the section."""
    ours_bodies, bare_bodies = chat_bodies(Composer.load(seed)), rest_bodies(Composer.load(seed))
    drive(running.port, CHAT, ours_bodies, is_turn, 4, 30, WARM)
    drive(bare.port, REST, bare_bodies, is_ok, 4, 30, WARM)
    ours_alone = drive(running.port, CHAT, ours_bodies, has_card, 1, 60, ALONE)
    bare_alone = drive(bare.port, REST, bare_bodies, is_ok, 1, 60, ALONE)
    done = [_round(running, bare, ours_bodies, bare_bodies) for _ in range(rounds)]
    composer, people = Composer.load(seed + 100), [uuid.uuid4().hex for _ in range(IN_FLIGHT)]
    ours_talking = [chat_bodies(composer, person) for person in people]
    bare_talking = [rest_bodies(composer, person) for person in people]
    talk = [
        ("fanzha", drive(running.port, CHAT, ours_talking, is_turn, IN_FLIGHT, TALK_SECONDS)),
        ("stock bare bot", drive(bare.port, REST, bare_talking, is_ok, IN_FLIGHT, TALK_SECONDS)),
    ]
    return _section(ours_alone, bare_alone, done, talk)


def _round(
    running: House, bare: BareBot, ours_bodies: Iterator[object], bare_bodies: Iterator[object]
) -> Round:
    busy, started = machine_busy(), time.perf_counter()
    before = running.family.cpu()
    ours = drive(running.port, CHAT, ours_bodies, has_card, IN_FLIGHT, SECONDS)
    ours_cpu = _spent(before, running.family, ours)
    before = bare.family.cpu()
    theirs = drive(bare.port, REST, bare_bodies, is_ok, IN_FLIGHT, SECONDS)
    bare_cpu = _spent(before, bare.family, theirs)
    elapsed = time.perf_counter() - started
    known = sum(ours_cpu.values()) * ours.timing.count + sum(bare_cpu.values()) * theirs.timing.count
    client = (ours.client_share + theirs.client_share) / 2
    others = (machine_busy() - busy - known / 1000) / elapsed - client
    return Round(ours, theirs, ours_cpu, bare_cpu, max(0.0, others))


def _spent(before: dict[str, float], family: Family, outcome: Outcome) -> dict[str, float]:
    after = family.cpu()
    return {name: (after[name] - before[name]) * 1000 / outcome.timing.count for name in before}


def _section(
    ours_alone: Outcome, bare_alone: Outcome, rounds: list[Round], talk: list[tuple[str, Outcome]]
) -> Section:
    ratios = [each.ratio for each in rounds]
    ratio = statistics.median(ratios)
    p95 = statistics.median(each.ours.timing.p95 for each in rounds)
    wrong = sum(each.ours.wrong for each in rounds) + ours_alone.wrong
    sent = sum(each.ours.timing.count for each in rounds) + ours_alone.timing.count
    bare_wrong = sum(each.bare.wrong for each in rounds) + bare_alone.wrong
    client = max(each.ours.client_share for each in rounds)
    return Section(
        "Whole chain, against a bare Rasa bot",
        COMMAND,
        METHOD,
        (
            Table(
                ("one in flight", "messages", "p50 ms", "p95 ms", "worst ms", "per second"),
                (_alone("fanzha, whole chain", ours_alone), _alone("stock bare bot", bare_alone)),
            ),
            _rounds_table(rounds),
            _cpu_table(rounds),
            Table(
                ("20 people who go on talking", "messages", "p50 ms", "p95 ms", "worst ms", "per second"),
                tuple(_alone(name, outcome) for name, outcome in talk),
            ),
        ),
        (
            f"Median ratio {ratio:.2f} over {len(rounds)} rounds, lowest {min(ratios):.2f}, highest {max(ratios):.2f}.",
            'Ratio is ours by the bare bot\'s; "others" is how many cores the machine spent on something else meanwhile.',
            f"Of our {sent} answers {wrong} came without a card; of the bare bot's {bare_wrong} failed.",
            f"The client took at most {client:.0%} of one core (it shares the machine with what it measures).",
            "Processor time is what each process spends on a message at 20 in flight, all its threads together.",
            f"In the last table each of {IN_FLIGHT} people sends one message after the other in one conversation for "
            f"{TALK_SECONDS:.0f} s. Stock Rasa rebuilds the whole conversation at every message, so it gets slower the "
            "longer people talk; ours remembers the last turns only.",
        ),
        (
            Aim(
                "whole chain at 20 in flight, by the stock bare bot",
                f"≥ {RATIO} ×",
                f"{ratio:.2f} ×",
                ratio >= RATIO,
            ),
            Aim("whole chain at 20 in flight, p95", f"≤ {P95:.0f} ms", f"{p95:.0f} ms", p95 <= P95),
            Aim(
                "whole chain alone, p50",
                f"≤ {P50_ALONE:.0f} ms",
                f"{ours_alone.timing.p50:.1f} ms",
                ours_alone.timing.p50 <= P50_ALONE,
            ),
        ),
    )


def _alone(name: str, outcome: Outcome) -> tuple[object, ...]:
    timing = outcome.timing
    return (name, timing.count, timing.p50, timing.p95, timing.worst, timing.per_second)


def _rounds_table(rounds: list[Round]) -> Table:
    header = ("20 in flight", "fanzha/s", "p50 ms", "p95 ms", "bare/s", "p50 ms", "p95 ms", "ratio", "others")
    rows = [
        (
            f"round {number}",
            *(each.ours.timing.per_second, each.ours.timing.p50, each.ours.timing.p95),
            *(each.bare.timing.per_second, each.bare.timing.p50, each.bare.timing.p95),
            each.ratio,
            each.others,
        )
        for number, each in enumerate(rounds, 1)
    ]
    middle = [statistics.median(float(row[at]) for row in rows) for at in range(1, len(header))]
    return Table(header, (*rows, ("median", *middle)))


def _cpu_table(rounds: list[Round]) -> Table:
    def middle(name: str, ours: bool) -> float:
        return statistics.median((each.ours_cpu if ours else each.bare_cpu)[name] for each in rounds)

    ours = {name: middle(name, True) for name in ("gateway", "rasa", "actions")}
    bare = {name: middle(name, False) for name in ("rasa", "actions")}
    return Table(
        ("processor ms a message", "gateway", "rasa", "actions", "sum"),
        (
            ("fanzha, whole chain", *ours.values(), sum(ours.values())),
            ("stock bare bot", "-", *bare.values(), sum(bare.values())),
        ),
    )


def main() -> None:
    """Print the section."""
    with workspace() as space, house(space) as running, bare_bot() as bare:
        print(measure(running, bare).markdown())


if __name__ == "__main__":
    main()
