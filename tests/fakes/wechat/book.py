"""The street's ledger against the gateway's own book: what became of each message that people sent.

The street is the fake WeChat: what was said, what arrived. The book is the gateway's database, opened with its key.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, select

from channels import envelopes, posting
from channels.keys import Keys, load_keys
from channels.slips import CAUSE
from channels.wechat.letters import fitting, harmless
from storage.tables import inbox as inbox_table
from storage.tables import outbox as outbox_table

Line = dict[str, Any]
TRACE_SECONDS = 40.0
OPEN = {"queued", "claimed", "sending"}


@dataclass(frozen=True)
class Letter:
    """An answer as the gateway wrote it down; ``inbox_id`` is the last message it answers.

    ``rode_on``: the message on whose request it left, 0 when it left in another way.
    """

    id: int
    person: int
    inbox_id: int
    state: str
    via: str
    written: float
    text: str
    rode_on: int = 0
    cause: str = ""


@dataclass(frozen=True)
class Message:
    """A message in the inbox; those with the same person and ``done`` were answered as one."""

    id: int
    person: int
    state: str
    done: float | None


Book = tuple[
    dict[str, Message], list[Letter]
]  # the inbox by the digest of a message's number, and the outbox


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
    faulty: dict[str, list[str]] = field(default_factory=dict)  # what is wrong, by the number of the message

    def fault(self, kind: str, number: str, count: int = 1) -> None:
        """Count what should not be, and remember where."""
        if count:
            setattr(self, kind, getattr(self, kind) + count)
            self.faulty.setdefault(number, []).append(kind)

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


def read(url: str, data: Path) -> Book:
    """Return the gateway's messages by the digest of their number, and its letters in order."""
    keys, engine = load_keys("", data), create_engine(url)
    try:
        return _messages(engine), _letters(engine, keys)
    finally:
        engine.dispose()


def balance(ledger: Sequence[Line], book: Book) -> Balance:
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
    person_of = {
        line["openid"]: found.person for line in said if (found := messages.get(_digest(line["number"])))
    }
    result = Balance(sent=len(said))
    asked = {
        line["number"]: max(one.id for one in by_batch[found.person, found.done])
        for line in said
        if (found := messages.get(_digest(line["number"])))
    }
    got = _match(answers, of_person, person_of, messages, result)
    unstored = {
        line["number"] for line in answers if line["way"] == "passive" and line["n"] not in got.values()
    }
    by_line = {line["n"]: line for line in ledger}
    for line in said:
        number = line["number"]
        found = messages.get(_digest(number))
        mine = [one for one in of_inbox[asked.get(number, 0)] if one.state != "dead" or one.id in got]
        result.fault("doubled", number, max(0, len({letter.written for letter in mine}) - 1))
        arrived = [by_line[got[letter.id]] for letter in mine if letter.id in got]
        if mine and len(arrived) == len(mine):
            passive = arrived[0]["way"] == "passive"
            told_by_slip = any(letter.cause == CAUSE for letter in mine)
            result.unstored += told_by_slip
            result.passive += passive and not told_by_slip
            result.pushed += not passive
            result.fault("doubled", number, number in unstored)
        elif number in unstored:
            result.unstored += 1
        elif any(letter.state == "unknown" and letter.id not in got for letter in mine):
            result.unknown += 1
        elif number in told:
            result.told += 1
        elif found and (found.state == "new" or any(letter.state in OPEN for letter in mine)):
            result.fault("late", number)
        else:
            result.fault("lost", number)
    return result


def _match(
    answers: Sequence[Line],
    of_person: dict[int, list[Letter]],
    person_of: dict[str, int],
    messages: dict[str, Message],
    result: Balance,
) -> dict[int, int]:
    """Return letter → line of the ledger that brought it; what came twice or out of order is counted.

    An answer on a request is the letter that rode on that message's request. Of a pushed one the ledger knows only the
    text, and texts may be the same (the hotlines), so the oldest letter that was pushed with that text is taken.
    """
    got: dict[int, int] = {}
    order: dict[int, list[Letter]] = defaultdict(list)
    for line in answers:
        person, number = person_of.get(line["openid"], 0), str(line.get("number", ""))
        same = [letter for letter in of_person[person] if letter.text == line["text"]]
        if line["way"] == "passive":
            found = messages.get(_digest(number))
            same = [
                letter for letter in same if found and letter.via == "passive" and letter.rode_on == found.id
            ]
        else:
            same = [letter for letter in same if letter.via == "push"]
            same.sort(key=lambda letter: letter.state != "sent")
        best = next((letter for letter in same if letter.id not in got), None)
        if best is not None:
            got[best.id] = line["n"]
            if order[person] and order[person][-1].id > best.id:
                result.fault("disordered", number)
            order[person].append(best)
        elif same or line["way"] != "passive":
            result.fault("doubled", number)
    return got


def trace(number: str, ledger: Sequence[Line], book: Book) -> list[str]:
    """Return what is known of a message: what WeChat saw of it and of its person around it, and the book's rows."""
    messages, letters = book
    own = [line for line in ledger if line.get("number") == number]
    found = messages.get(_digest(number))
    since, until = own[0]["at"], own[-1]["at"] + TRACE_SECONDS
    near = [
        line for line in ledger if line["openid"] == own[0]["openid"] and since - 5 <= line["at"] <= until
    ]
    rows = [
        f"  {line['at']:.2f} {line['way']} {line.get('number', '')} {line.get('delivery', '')} "
        f"{str(line.get('text', ''))[:12]!r}"
        for line in near
    ]
    if found is None:
        return [*rows, "  not in the inbox"]
    rows.append(f"  inbox {found.id} person {found.person} {found.state} done {found.done or 0:.2f}")
    return rows + [
        f"  letter {one.id} answers {one.inbox_id} {one.state} {one.via} rode on {one.rode_on} "
        f"written {one.written:.2f} {one.cause!r} {one.text[:12]!r}"
        for one in letters
        if one.person == found.person and since - 5 <= one.written <= until
    ]


def _digest(number: str) -> str:
    return hashlib.sha256(f"m:{number}".encode()).hexdigest()


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
            row.rode_on or 0,
            row.cause,
        )
        for row in rows
    ]


def _text(keys: Keys, body: bytes, key: str) -> str:
    reply, _ = envelopes.reply_of(envelopes.unseal(keys, body, posting.context(key)))
    return fitting(harmless(reply.text))
