"""What operators do with conversations. Each move is a transaction with its line in the audit.

They see masked text only. All functions block on the database: call them in a thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from channels import handover, own_data, people
from channels.base import Channel, Push, Refuse, Reply, Turn
from channels.keys import Keys
from channels.operators import Operator
from channels.outbox import Outbox
from channels.people import Person, Talk
from channels.posting import add
from channels.privacy import Vault
from storage.engine import reading
from storage.tables import audit
from storage.tables import outbox as outbox_table
from storage.tables import person as table

MOST_LISTED = 200
LETTERS = ("dead", "unknown")  # the states of letters that operators look after


@dataclass(frozen=True, slots=True)
class Office:
    """What the moves need of the house."""

    engine: Engine
    keys: Keys
    vault: Vault
    outbox: Outbox
    channels: dict[str, Channel]
    words: handover.Words
    clock: Callable[[], float] = time.time


class Cases:
    """Conversations as operators see them, by the number of the person's row."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def listed(self, talk: str) -> list[dict[str, Any]]:
        """Return the conversations in state ``talk``, the longest waiting first. Raises ``Refuse`` for no such state."""
        if talk not in set(Talk):
            raise Refuse("not_found", 404)
        columns = (table.c.id, table.c.channel, table.c.scene, table.c.state, table.c.state_at)
        rows = (
            select(*columns, table.c.operator, table.c.last_seen)
            .where(table.c.state == talk)
            .order_by(table.c.state_at)
            .limit(MOST_LISTED)
        )
        with reading(self._office.engine).connect() as connection:
            return [
                {
                    "id": row.id,
                    "channel": row.channel,
                    "scene": row.scene,
                    "talk": row.state,
                    "since": row.state_at,
                    "operator": row.operator,
                    "last_seen": row.last_seen,
                }
                for row in connection.execute(rows)
            ]

    def read(self, case: int, operator: Operator) -> dict[str, Any]:
        """Return who talks and the masked transcript; noted in the audit. Raises ``Refuse``."""
        with self._office.engine.begin() as connection:
            who = self._find(connection, case)
            self._note(connection, operator, "read", f"case {case}")
            lines = own_data.transcript(connection, self._office.keys, case)
        return {
            "id": case,
            "channel": who.channel,
            "talk": str(who.talk),
            "operator": who.operator,
            "reachable": self._reachable(who),
            "transcript": lines,
        }

    def claim(self, case: int, operator: Operator) -> None:
        """Take over: the bot is silent from now on, and the person is told. Raises ``Refuse``."""
        with self._office.engine.begin() as connection:
            who = self._find(connection, case)
            if who.talk is Talk.HUMAN:
                raise Refuse("case_taken", 409)
            now = self._office.clock()
            people.set_talk(connection, case, Talk.HUMAN, now, operator.name)
            self._send(connection, who, self._office.words.sentences["claimed"], now)
            self._note(connection, operator, "claim", f"case {case}")

    def reply(self, case: int, operator: Operator, text: str) -> None:
        """Send ``text`` to the person, masked like all that is kept. Raises ``Refuse`` unless it is one's own case."""
        office, now = self._office, self._office.clock()
        with reading(office.engine).connect() as connection:
            who = self._own(connection, case, operator)
        # In a transaction of its own: a number written twice must not wait for this one.
        masked = office.vault.mask(who.owner, office.words.sentences["answer"].format(text=text))
        with office.engine.begin() as connection:
            who = self._own(connection, case, operator)
            people.set_talk(connection, case, Talk.HUMAN, now, operator.name)
            self._send(connection, who, masked, now, "human")
            self._note(connection, operator, "reply", f"case {case}")

    def end(self, case: int, operator: Operator, *, closed: bool) -> None:
        """Give the person back to the bot, or close the case; they are told where that can be. Raises ``Refuse``."""
        talk, sentence = (Talk.CLOSED, "closed") if closed else (Talk.BOT, "given_back")
        with self._office.engine.begin() as connection:
            who = self._find(connection, case)
            if who.talk not in {Talk.HUMAN, Talk.WAITING}:
                raise Refuse("case_not_yours", 409)
            if who.talk is Talk.HUMAN:
                self._own(connection, case, operator)
            now = self._office.clock()
            people.set_talk(connection, case, talk, now)
            if (
                who.channel in self._office.channels
            ):  # else switched off since: the case must end all the same
                self._send(connection, who, self._office.words.sentences[sentence], now)
            self._note(connection, operator, "close" if closed else "give back", f"case {case}")

    def letters(self, state: str) -> list[dict[str, Any]]:
        """Return messages that ended as one of ``LETTERS``, newest first; without their text. Raises ``Refuse``."""
        if state not in LETTERS:
            raise Refuse("not_found", 404)
        rows = (
            select(outbox_table)
            .where(outbox_table.c.state == state)
            .order_by(outbox_table.c.id.desc())
            .limit(MOST_LISTED)
        )
        with reading(self._office.engine).connect() as connection:
            return [
                {
                    "id": row.id,
                    "case": row.person_id,
                    "state": row.state,
                    "cause": row.cause,
                    "attempts": row.attempts,
                    "created_at": row.created_at,
                }
                for row in connection.execute(rows)
            ]

    def resend(self, letter: int, operator: Operator) -> None:
        """Send a dead or unknown message once more. Raises ``Refuse`` when it is neither."""
        if not self._office.outbox.order_again(letter, self._office.clock()):
            raise Refuse("not_found", 404)
        with self._office.engine.begin() as connection:
            self._note(connection, operator, "resend", f"letter {letter}")

    def audit(self) -> list[dict[str, Any]]:
        """Return the newest lines of the audit."""
        with reading(self._office.engine).connect() as connection:
            rows = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(MOST_LISTED))
            return [dict(row._mapping) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many people are in each state."""
        with reading(self._office.engine).connect() as connection:
            rows = connection.execute(select(table.c.state, func.count()).group_by(table.c.state)).all()
        return {str(talk): 0 for talk in Talk} | {str(state): int(count) for state, count in rows}

    def _find(self, connection: Connection, case: int) -> Person:
        who = people.read(connection, self._office.keys, case)
        if who is None or who.talk is Talk.GONE:
            raise Refuse("not_found", 404)
        return who

    def _own(self, connection: Connection, case: int, operator: Operator) -> Person:
        who = self._find(connection, case)
        if who.talk is not Talk.HUMAN or who.operator != operator.name:
            raise Refuse("case_not_yours", 409)
        return who

    def _reachable(self, who: Person) -> bool:
        channel = self._office.channels.get(who.channel)  # none: switched off since
        return channel is not None and who.reachable and channel.capabilities.push is not Push.NEVER

    def _send(
        self, connection: Connection, who: Person, text: str, now: float, author: str = "gateway"
    ) -> None:
        channel = self._office.channels.get(who.channel)
        if channel is None:  # switched off since: nothing could carry it
            raise Refuse("not_found", 404)
        parts = [(reply, False) for reply in channel.split(Turn((Reply(text),)))]
        due = None if channel.capabilities.push is Push.NEVER else now
        add(connection, self._office.keys, who.id, parts, now, due, author=author)

    def _note(self, connection: Connection, operator: Operator, action: str, subject: str) -> None:
        line = {"at": self._office.clock(), "operator": operator.name, "role": operator.role.name.lower()}
        connection.execute(insert(audit).values(**line, action=action, subject=subject))
