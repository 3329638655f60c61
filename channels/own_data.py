"""One person's own data: what is new for them, a copy of all that is kept, and its deletion."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from bot.assessment.placeholders import unmask
from channels import consent, deposits, envelopes, erasure, follow_ups, people, posting
from channels.erasure import Erasures
from channels.keys import Keys, Owner
from channels.outbox import Letter, Outbox
from channels.people import Person, Talk
from channels.pictures_out.shelf import Shelf
from channels.privacy import Vault
from channels.threads import Threads
from knowledge_base import topics
from storage.engine import reading
from storage.tables import conversation
from storage.tables import inbox as inbox_table
from storage.tables import outbox as outbox_table


class OwnData:
    """Answers people about themselves. Whoever holds the channel's id of a person (a session id) is that person."""

    def __init__(
        self,
        engine: Engine,
        keys: Keys,
        threads: Threads,
        vault: Vault,
        letters: Outbox,
        erasures: Erasures,
        pictures: Shelf,
        channel: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._threads = threads
        self._vault = vault
        self._outbox = letters
        self._erasures = erasures
        self._pictures = pictures
        self._channel = channel
        self._clock = clock

    async def news(self, sender: str, after: int) -> tuple[list[Letter], str]:
        """Return what the page has not got yet past letter number ``after``, and who talks now."""
        who = await self._threads.run(self._find, self._owner(sender))
        if who is None:
            return [], str(Talk.BOT)
        now = self._clock()
        letters = await self._threads.run(self._outbox.claim_news, who.id, after, now)
        return letters, str(who.talk if who.talk in {Talk.WAITING, Talk.HUMAN} else Talk.BOT)

    async def copy(self, sender: str) -> dict[str, Any]:
        """Return all that is kept of the person, with their own originals in place."""
        return await self._threads.run(self._copy, self._owner(sender))

    async def forget(self, sender: str) -> dict[str, Any]:
        """Delete all that is kept, tell the dialogue engine, and return the receipt."""
        owner = self._owner(sender)
        receipt = await self._threads.run(self._erase, owner)
        self._pictures.forget(owner.current)
        left = await self._erasures.work(self._clock())
        return {
            "receipt": receipt.number,
            "at": _moment(receipt.at),
            "messages": receipt.messages,
            "originals": receipt.originals,
            "engine_pending": left > 0,
            "text": erasure.receipt_text(receipt),
        }

    def _owner(self, sender: str) -> Owner:
        return self._keys.owner(self._channel, sender)

    def _find(self, owner: Owner) -> Person | None:
        with reading(self._engine).connect() as connection:
            return people.find(connection, self._keys, self._channel, "", owner)

    def _erase(self, owner: Owner) -> erasure.Receipt:
        with self._engine.begin() as connection:
            return erasure.erase(connection, self._channel, "", owner, self._clock())

    def _copy(self, owner: Owner) -> dict[str, Any]:
        originals = self._vault.originals(owner)
        with reading(self._engine).connect() as connection:
            who = people.find(connection, self._keys, self._channel, "", owner)
            talks = select(conversation.c.last_seen, conversation.c.epoch, conversation.c.script).where(
                conversation.c.channel == self._channel, conversation.c.pseudonym.in_(owner.names)
            )
            rows = connection.execute(talks).all()
            asked = follow_ups.due_at(connection, self._channel, owner)
            return {
                "channel": self._channel,
                "originals": sorted(originals.values()),
                "conversations": [
                    {"last_seen": _moment(row.last_seen), "number": row.epoch, "script": row.script}
                    for row in rows
                ],
                "talk": None if who is None else str(who.talk),
                "last_message": None if who is None else _moment(who.last_seen),
                "asked_again": None if asked is None else _moment(asked),
                **_warnings(connection, who),
                "messages": [] if who is None else self._messages(connection, who, originals),
            }

    def _messages(
        self, connection: Connection, who: Person, originals: dict[str, str]
    ) -> list[dict[str, Any]]:
        lines = []
        for entry in transcript(connection, self._keys, who.id):
            text = unmask(entry["text"], originals)
            lines.append({**entry, "text": text, "at": _moment(entry["at"])})
        return lines


def _warnings(connection: Connection, who: Person | None) -> dict[str, Any]:
    """Return what is kept of a person's subscription, and which campaigns chose her."""
    if who is None:
        return {"subscription": None, "warnings": [], "notices_allowed": 0}
    known = consent.status(connection, who.id)
    wish, since = known.wish, known.since
    subscription = (
        None
        if since is None
        else {
            "active": known.active,
            "since": _moment(since),
            "changed": _moment(known.changed_at or since),
            "consent_text": known.wording,
            "topics": list(topics.load().titles(wish.topics)),
            "frequency": wish.frequency,
            "role": wish.role,
            "district": wish.district,
            "age": wish.age,
            "language": wish.language,
        }
    )
    chosen = [
        {"campaign": name, "state": state, "at": None if at is None else _moment(at)}
        for name, state, at in consent.letters(connection, who.id)
    ]
    granted = consent.grants(connection, who.id)
    return {"subscription": subscription, "warnings": chosen, "notices_allowed": granted}


def transcript(connection: Connection, keys: Keys, person_id: int) -> list[dict[str, Any]]:
    """Return what was said, masked, oldest first.

    Each line has ``at`` (Unix seconds), ``author`` (person, bot, human, gateway), ``text`` (a button's payload where
    one was pressed), ``buttons`` (their titles) and ``state``.
    """
    lines: list[tuple[float, int, dict[str, Any]]] = []
    for row in connection.execute(select(inbox_table).where(inbox_table.c.person_id == person_id)):
        if not row.body:
            continue
        body = _open(keys, row.body, deposits.context(row.dedupe_key))
        text = body.get("text") or body.get("payload") or ""
        entry = {"author": "person", "text": text, "buttons": [], "state": row.state}
        lines.append((row.received_at, row.id, {"at": row.received_at, **entry}))
    for row in connection.execute(select(outbox_table).where(outbox_table.c.person_id == person_id)):
        body = _open(keys, row.body, posting.context(row.key))
        card = body.get("card") or {}
        text = body.get("text") or str(card.get("headline") or card.get("first_line") or "")
        buttons = [title for title, _ in body.get("buttons", [])]
        entry = {"author": row.author, "text": text, "buttons": buttons, "state": row.state}
        lines.append((row.created_at, row.id, {"at": row.created_at, **entry}))
    return [entry for *_, entry in sorted(lines, key=lambda line: (line[0], line[1]))]


def _open(keys: Keys, sealed: bytes, context: str) -> dict[str, Any]:
    try:
        return envelopes.unseal(keys, sealed, context)
    except envelopes.Unreadable:
        return {}


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
