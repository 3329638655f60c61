"""Handing a conversation over to a human: who asks for it, what they read, what happens when nobody comes.

The moves of operators are in ``channels/cases.py``. Active only when operators are configured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy import Connection, func, select, update

from channels import people, posting
from channels.base import Inbound, Reply
from channels.keys import Keys
from channels.people import Person, Talk
from storage.tables import person as table

PATH = Path(__file__).with_name("handover.yml")
IDLE_SECONDS = 30 * 60.0  # an operator who says nothing for so long has left
WAIT_SECONDS = 24 * 3600.0  # nobody came within a day: the person is told


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences, the pattern that asks for a human, and the office hours (local to ``zone``)."""

    pattern: re.Pattern[str]
    payload: str
    sentences: dict[str, str]
    zone: ZoneInfo
    days: frozenset[int]
    opens: time
    closes: time

    def asks(self, message: Inbound) -> bool:
        """Return True when the whole message asks for a human."""
        if message.payload is not None:
            return message.payload == self.payload
        return bool(message.text and self.pattern.match(message.text))

    def staffed(self, now: float) -> bool:
        """Return True within office hours."""
        local = datetime.fromtimestamp(now, self.zone)
        return local.isoweekday() in self.days and self.opens <= local.time() < self.closes


def load_words(path: Path = PATH) -> Words:
    """Return what ``path`` says."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    hours = data["hours"]
    return Words(
        pattern=re.compile(data["ask"]["pattern"]),
        payload=data["ask"]["payload"],
        sentences={key: value for key, value in data.items() if isinstance(value, str)},
        zone=ZoneInfo(hours["zone"]),
        days=frozenset(hours["days"]),
        opens=time.fromisoformat(hours["from"]),
        closes=time.fromisoformat(hours["to"]),
    )


def queue(connection: Connection, words: Words, who: Person, now: float) -> Reply:
    """Put ``who`` in the queue, unless a human is there already; returns what they read."""
    if who.talk is Talk.HUMAN:
        return Reply(words.sentences["human_here"])
    before = _before(connection, who, now)
    if who.talk is Talk.WAITING:
        return Reply(words.sentences["still_waiting"].format(before=before))
    people.set_talk(connection, who.id, Talk.WAITING, now)
    if not words.staffed(now):
        hours = {"from": words.opens.strftime("%H:%M"), "to": words.closes.strftime("%H:%M")}
        return Reply(words.sentences["closed_hours"].format(**hours))
    sentence = words.sentences["queue" if before else "queue_first"]
    return Reply(sentence.format(before=before))


def tell(
    connection: Connection, keys: Keys, person_id: int, text: str, now: float, author: str = "gateway"
) -> None:
    """Send a person a sentence that answers no message of theirs."""
    posting.add(connection, keys, person_id, [(Reply(text), False)], now, now, author=author)


def give_up_waiting(connection: Connection, keys: Keys, words: Words, now: float) -> int:
    """Hand back to the bot those whose operator fell silent or for whom nobody came; returns how many."""
    count = 0
    rules = ((Talk.HUMAN, now - IDLE_SECONDS, "idle"), (Talk.WAITING, now - WAIT_SECONDS, "expired"))
    for talk, oldest, sentence in rules:
        left = update(table).where(table.c.state == talk, table.c.state_at < oldest)
        back = left.values(state=Talk.BOT, state_at=now, operator="").returning(table.c.id)
        for person_id in connection.scalars(back).all():
            tell(connection, keys, person_id, words.sentences[sentence], now)
            count += 1
    return count


def _before(connection: Connection, who: Person, now: float) -> int:
    since = who.talk_since if who.talk is Talk.WAITING else now
    earlier = select(func.count()).where(table.c.state == Talk.WAITING, table.c.state_at < since)
    return int(connection.execute(earlier).scalar_one())
