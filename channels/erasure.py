"""Delete a person everywhere, and say so with a receipt.

What may stay, because it is no person's: the SHA-256 of a message's number (so that a platform's repetition is not
answered again), figures per day, the lines of the log of consents, whose random reference is now nobody's, and the
operators' audit, which knows a row's number only. Nothing is needed to keep a no: without a subscription nothing is sent.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy import Connection, Engine, delete, insert, select, update

from channels import consent, conversations, follow_ups, privacy
from channels.dialogue import Dialogue, DialogueDown
from channels.keys import Owner
from channels.people import Talk
from channels.threads import Threads
from storage.engine import reading
from storage.tables import erasure, inbox, outbox, person, push_window

PATH = Path(__file__).with_name("erasure.yml")
FORGET_PAYLOAD = "/delete_data"  # the intent by which the dialogue engine drops what it remembers
RETRY_SECONDS = 60.0
MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was deleted, and when (Unix seconds). ``number`` is random, kept nowhere, and names nobody."""

    number: str
    at: float
    messages: int
    originals: int


def erase(
    connection: Connection, channel: str, account: str, owner: Owner, now: float, engine_knows: bool = False
) -> Receipt:
    """Delete all that is kept of ``owner``; the dialogue engine is told soon after, unless it knows already.

    The row of the person stays, marked as gone, until the receipt is delivered: it holds the address. A worker that
    is answering the person at this moment loses its lease, and so cannot write anything any more.
    """
    originals = privacy.forget(connection, owner)
    follow_ups.forget(connection, channel, owner)
    sender_id = conversations.forget(connection, channel, owner)
    if sender_id is not None and not engine_knows:
        row = {"sender_id": sender_id, "since": now, "due_at": now, "attempts": 0}
        connection.execute(insert(erasure).values(**row))
    mine = (person.c.channel == channel) & (person.c.account == account) & person.c.pseudonym.in_(owner.names)
    messages = 0
    for person_id in connection.scalars(select(person.c.id).where(mine)).all():
        # The rows stay a while, emptied: their keys are all that stops a repetition from being answered anew.
        emptied = update(inbox).where(inbox.c.person_id == person_id, inbox.c.body != b"")
        messages += connection.execute(emptied.values(body=b"", state="done", done_at=now)).rowcount
        messages += connection.execute(delete(outbox).where(outbox.c.person_id == person_id)).rowcount
        connection.execute(delete(push_window).where(push_window.c.person_id == person_id))
        consent.forget(connection, person_id)
        gone: dict[str, object] = {"state": Talk.GONE, "state_at": now, "operator": "", "scene": ""}
        gone |= {"lease_token": "", "lease_until": 0.0, "due_at": None}
        connection.execute(update(person).where(person.c.id == person_id).values(**gone))
    return Receipt(secrets.token_hex(4).upper(), now, messages, originals)


def receipt_text(receipt: Receipt, path: Path = PATH) -> str:
    """Return the receipt as a person reads it."""
    words = yaml.safe_load(path.read_text(encoding="utf-8"))
    at = datetime.fromtimestamp(receipt.at, ZoneInfo(words["zone"])).strftime(words["time"])
    counts = {"messages": receipt.messages, "originals": receipt.originals}
    text: str = words["receipt"].format(number=receipt.number, at=at, **counts)
    return text


class Erasures:
    """The table ``erasure``: talks that the dialogue engine must still forget. It may be down when they fall due."""

    def __init__(self, engine: Engine, threads: Threads, dialogue: Dialogue) -> None:
        self._engine = engine
        self._threads = threads
        self._dialogue = dialogue

    async def work(self, now: float) -> int:
        """Tell the dialogue engine what it has to forget; returns how many talks are still to be told."""
        left = 0
        for sender_id in await self._threads.run(self._due, now):
            try:
                await self._dialogue.ask(sender_id, FORGET_PAYLOAD)
            except DialogueDown:
                left += 1
                await self._threads.run(self._later, sender_id, now)
            else:
                await self._threads.run(self._told, sender_id)
        return left

    def _due(self, now: float) -> list[str]:
        with reading(self._engine).connect() as connection:
            due = select(erasure.c.sender_id).where(erasure.c.due_at <= now).order_by(erasure.c.since)
            return list(connection.scalars(due.limit(MOST_AT_ONCE)))

    def _told(self, sender_id: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(erasure).where(erasure.c.sender_id == sender_id))

    def _later(self, sender_id: str, now: float) -> None:
        again = {"attempts": erasure.c.attempts + 1, "due_at": now + RETRY_SECONDS}
        with self._engine.begin() as connection:
            connection.execute(update(erasure).where(erasure.c.sender_id == sender_id).values(**again))
