"""The street's ledger against the gateway's own book: what became of each message that people sent.

The street is the fake WeChat: what was said, what arrived. The book is the gateway's database, opened with its key.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, select

from channels import envelopes, posting
from channels.keys import Keys, load_keys
from channels.wechat.letters import fitting, harmless
from storage.tables import inbox as inbox_table
from storage.tables import outbox as outbox_table

Line = dict[str, Any]
OPEN = {"queued", "claimed", "sending"}


@dataclass(frozen=True)
class Letter:
    """An answer as the gateway wrote it down; ``inbox_id`` is the last message it answers."""

    id: int
    person: int
    inbox_id: int
    state: str
    via: str
    written: float
    text: str


@dataclass(frozen=True)
class Message:
    """A message in the inbox; those with the same person and ``done`` were answered as one."""

    id: int
    person: int
    state: str
    done: float | None


@dataclass
class Balance:
    """Every message is in one of the first eight.

    ``late``: still being answered when the time was over. ``told``: WeChat said to the person that there is no service.

    ``unknown``: the gateway died between a push and WeChat's answer, and says so. ``unstored``: answered with the
    hotlines while the database was away. ``doubled``: answers that nobody should have got. ``disordered``: answers of
    one person that came before an earlier one.
    """

    sent: int = 0
    passive: int = 0
    pushed: int = 0
    unstored: int = 0
    told: int = 0
    unknown: int = 0
    late: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def good(self) -> bool:
        """Return whether nothing was lost without a trace, nothing came twice and order was kept."""
        return not (self.lost or self.late or self.doubled or self.disordered)

    def faults(self) -> str:
        """Return what must be nothing: lost, doubled, out of order."""
        return f"{self.lost}, {self.doubled}, {self.disordered}"

    def __str__(self) -> str:
        kills = ", ".join(f"{part} {count}" for part, count in sorted(self.kills.items()))
        return (
            f"sent {self.sent} = answered {self.passive + self.pushed} (passive {self.passive}, "
            f"pushed {self.pushed}) + unstored {self.unstored} + told by WeChat {self.told} + "
            f"unknown {self.unknown} + late {self.late} + lost {self.lost}; doubled {self.doubled}; "
            f"out of order {self.disordered}; kills: {kills or 'none'}"
        )


def read(url: str, data: Path) -> tuple[dict[str, Message], list[Letter]]:
    """Return the gateway's messages by the digest of their number, and its letters in order."""
    keys, engine = load_keys("", data), create_engine(url)
    try:
        return _messages(engine), _letters(engine, keys)
    finally:
        engine.dispose()


def balance(ledger: Sequence[Line], book: tuple[dict[str, Message], list[Letter]]) -> Balance:
    """Return what became of each message."""
    messages, letters = book
    said = [line for line in ledger if line["way"] == "said"]
    answers = [line for line in ledger if line["way"] in {"passive", "custom"}]
    told = {line["number"] for line in ledger if line["way"] == "unavailable"}
    by_batch: dict[tuple[int, float | None], list[Message]] = defaultdict(list)
    for message in messages.values():
        by_batch[message.person, message.done].append(message)
    of_inbox: dict[int, list[Letter]] = defaultdict(list)
    of_person: dict[int, list[Letter]] = defaultdict(list)
    for letter in letters:
        of_inbox[letter.inbox_id].append(letter)
        of_person[letter.person].append(letter)
    person_of = {line["openid"]: found.person for line in said if (found := messages.get(_digest(line)))}
    result = Balance(sent=len(said))
    asked = {
        line["number"]: max(one.id for one in by_batch[found.person, found.done])
        for line in said
        if (found := messages.get(_digest(line)))
    }
    got = _match(answers, of_person, person_of, asked, result)
    unstored = {
        line["number"] for line in answers if line["way"] == "passive" and line["n"] not in got.values()
    }
    for line in said:
        found = messages.get(_digest(line))
        mine = of_inbox[asked.get(line["number"], 0)]
        result.doubled += max(0, len({letter.written for letter in mine}) - 1)
        arrived = [ledger[got[letter.id]] for letter in mine if letter.id in got]
        if mine and len(arrived) == len(mine):
            passive = arrived[0]["way"] == "passive"
            result.passive += passive
            result.pushed += not passive
            result.doubled += line["number"] in unstored
        elif line["number"] in unstored:
            result.unstored += 1
        elif any(letter.state == "unknown" and letter.id not in got for letter in mine):
            result.unknown += 1
        elif line["number"] in told:
            result.told += 1
        elif found and (found.state == "new" or any(letter.state in OPEN for letter in mine)):
            result.late += 1
        else:
            result.lost += 1
    return result


def _match(
    answers: Sequence[Line],
    of_person: dict[int, list[Letter]],
    person_of: dict[str, int],
    asked: dict[str, int],
    result: Balance,
) -> dict[int, int]:
    """Return letter → line of the ledger that brought it; what came twice or out of order is counted.

    Texts may be the same (the hotlines), so a letter is taken that answers the very message, or that left by this way.
    """
    got: dict[int, int] = {}
    order: dict[int, list[int]] = defaultdict(list)
    for line in answers:
        person = person_of.get(line["openid"], 0)
        passive = line["way"] == "passive"
        same = [letter for letter in of_person[person] if letter.text == line["text"]]
        free = [letter for letter in same if letter.id not in got]
        mine = asked.get(line.get("number", ""))
        way = [letter for letter in free if letter.via == ("passive" if passive else "push")]
        likely = (
            [letter for letter in way if passive and letter.inbox_id == mine],
            [letter for letter in way if letter.state == "sent"],
            way,
        )
        best = next((found[0] for found in likely if found), None)
        if best is not None:
            got[best.id] = line["n"]
            order[person].append(best.id)
        elif same or not passive:
            result.doubled += 1
    result.disordered = sum(a > b for seen in order.values() for a, b in itertools.pairwise(seen))
    return got


def _digest(line: Line) -> str:
    return hashlib.sha256(f"m:{line['number']}".encode()).hexdigest()


def _messages(engine: Engine) -> dict[str, Message]:
    with engine.connect() as connection:
        rows = connection.execute(select(inbox_table)).all()
    return {row.dedupe_key: Message(row.id, row.person_id, row.state, row.done_at) for row in rows}


def _letters(engine: Engine, keys: Keys) -> list[Letter]:
    with engine.connect() as connection:
        rows = connection.execute(select(outbox_table).order_by(outbox_table.c.id)).all()
    return [
        Letter(
            row.id,
            row.person_id,
            row.inbox_id or 0,
            row.state,
            row.via,
            row.created_at,
            _text(keys, row.body, row.key),
        )
        for row in rows
    ]


def _text(keys: Keys, body: bytes, key: str) -> str:
    reply, _ = envelopes.reply_of(envelopes.unseal(keys, body, posting.context(key)))
    return fitting(harmless(reply.text))
