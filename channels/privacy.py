"""Personal data of one person: masked on the way in, given back to that person only on the way out.

Originals lie encrypted in the table ``vault`` for a limited time (design.md section 2).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import cast

from sqlalchemy import Connection, Engine, delete, insert, select, update

from bot.assessment.placeholders import PLACEHOLDER, mask, unmask
from channels.base import Button, JsonObject, Reply
from channels.keys import Keys, Owner
from storage.engine import reading
from storage.tables import vault

MOST_KEPT = (
    400  # originals per person; a table of numbers pasted again and again must not grow the vault without end
)


class Vault:
    """Masks and unmasks for one owner at a time. All methods block on the database: call them in a thread."""

    def __init__(
        self, engine: Engine, keys: Keys, ttl_seconds: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._ttl = ttl_seconds
        self._clock = clock

    def mask(self, owner: Owner, text: str) -> str:
        """Return ``text`` with placeholders; the same original gets the same placeholder as earlier.

        A text without personal data does not touch the database.
        """
        if not mask(text).originals:
            return text
        with self._engine.begin() as connection:
            known = self._open(connection, owner)
            masked = mask(text, known)
            self._keep(connection, owner, {key: masked.originals[key] for key in masked.originals}, known)
        return masked.text

    def unmask(self, owner: Owner, replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
        """Return ``replies`` with the owner's originals in texts, titles and cards, never in payloads."""
        if not any(_has_placeholder(reply) for reply in replies):
            return replies
        with reading(self._engine).connect() as connection:
            known = self._open(connection, owner)
        return tuple(_restore(reply, known) for reply in replies)

    def originals(self, owner: Owner) -> dict[str, str]:
        """Return placeholder → original of all that is kept for ``owner``."""
        with reading(self._engine).connect() as connection:
            return self._open(connection, owner)

    def sweep(self) -> int:
        """Delete what has expired; returns how many originals that were."""
        with self._engine.begin() as connection:
            return connection.execute(delete(vault).where(vault.c.expires_at <= self._clock())).rowcount

    def _open(self, connection: Connection, owner: Owner) -> dict[str, str]:
        rows = connection.execute(
            select(vault.c.owner, vault.c.placeholder, vault.c.ciphertext)
            .where(vault.c.owner.in_(owner.names), vault.c.expires_at > self._clock())
            .order_by(vault.c.id)
        )
        known: dict[str, str] = {}
        for row in rows:
            original = self._keys.unseal(row.ciphertext, f"{row.owner}|{row.placeholder}")
            if original is not None:
                known[row.placeholder] = original
        return known

    def _keep(
        self, connection: Connection, owner: Owner, used: Mapping[str, str], known: Mapping[str, str]
    ) -> None:
        """Store what is new, prolong what was used again; past the cap new ones stay placeholders."""
        expires = self._clock() + self._ttl
        again = [key for key in used if key in known]
        if again:
            connection.execute(
                update(vault)
                .where(vault.c.owner.in_(owner.names), vault.c.placeholder.in_(again))
                .values(expires_at=expires)
            )
        fresh = [key for key in used if key not in known][: max(0, MOST_KEPT - len(known))]
        if not fresh:
            return
        # An expired row may still hold a number that is being given out again.
        connection.execute(
            delete(vault).where(vault.c.owner.in_(owner.names), vault.c.placeholder.in_(fresh))
        )
        connection.execute(
            insert(vault),
            [
                {
                    "owner": owner.current,
                    "placeholder": key,
                    "ciphertext": self._keys.seal(used[key], f"{owner.current}|{key}"),
                    "expires_at": expires,
                }
                for key in fresh
            ],
        )


def forget(connection: Connection, owner: Owner) -> int:
    """Delete all originals kept for ``owner``; returns how many those were."""
    return connection.execute(delete(vault).where(vault.c.owner.in_(owner.names))).rowcount


def _has_placeholder(value: object) -> bool:
    if isinstance(value, Reply):
        return _has_placeholder([value.text, value.card, [button.title for button in value.buttons]])
    if isinstance(value, str):
        return PLACEHOLDER.search(value) is not None
    if isinstance(value, Mapping):
        return any(_has_placeholder(item) for item in value.values())
    return isinstance(value, list) and any(_has_placeholder(item) for item in value)


def _restore(reply: Reply, known: dict[str, str]) -> Reply:
    return Reply(
        text=unmask(reply.text, known),
        buttons=tuple(Button(unmask(button.title, known), button.payload) for button in reply.buttons),
        card=cast("JsonObject | None", _walk(reply.card, known)),
    )


def _walk(value: object, known: dict[str, str]) -> object:
    if isinstance(value, str):
        return unmask(value, known)
    if isinstance(value, Mapping):
        return {key: _walk(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, known) for item in value]
    return value
