"""Key rotation: a new key in front, everything written anew under it, the old key dropped."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, select, update

from channels import deposits, follow_ups, people, posting
from channels.envelopes import Unreadable
from channels.keys import KEY_BYTES, KeyFault, Keys
from storage.tables import conversation, vault
from storage.tables import inbox as inbox_table
from storage.tables import outbox as outbox_table
from storage.tables import person as person_table


def new_key() -> str:
    """Return a fresh key as ``FANZHA_VAULT_KEY`` and the key file have it."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def put_in_front(data_dir: Path) -> Path:
    """Put a fresh key in front of those in ``vault.key``; the file is swapped whole. Raises ``KeyFault``."""
    path = data_dir / "vault.key"
    if not path.exists():
        raise KeyFault(f"{path}: there is no key file yet; the first start makes it")
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(f"{new_key()},{path.read_text(encoding='ascii').strip()}")
    fresh.replace(path)
    return path


def reseal(engine: Engine, keys: Keys) -> dict[str, int]:
    """Write every row anew under the newest key and the newest pseudonyms.

    Returns how many rows were written, and how many no key opens (they expire by themselves). Then older keys may go.
    Safe while gateways run with the same keys, and safe to repeat.
    """
    counts = {"written": 0, "unreadable": 0}
    with engine.begin() as connection:
        for row in connection.execute(select(person_table)).all():
            try:
                who = people.person_of(row, keys)
            except Unreadable:
                counts["unreadable"] += 1
                continue
            _rename(connection, keys, who)
            counts["written"] += 1
        for table, column, context in (
            (inbox_table, inbox_table.c.dedupe_key, deposits.context),
            (outbox_table, outbox_table.c.key, posting.context),
        ):
            for row in connection.execute(select(table.c.id, table.c.body, column.label("name"))).all():
                if row.body:
                    _again(connection, keys, table.c.id, table.c.body, row, context(row.name), counts)
        for row in connection.execute(select(vault)).all():
            _again(
                connection,
                keys,
                vault.c.id,
                vault.c.ciphertext,
                row,
                f"{row.owner}|{row.placeholder}",
                counts,
            )
    return counts


def _rename(connection: Connection, keys: Keys, who: people.Person) -> None:
    """Give the person's rows the newest pseudonym; what is bound to the old one is bound anew."""
    old = [name for name in who.owner.names if name != who.owner.current]
    rows = connection.execute(select(vault).where(vault.c.owner.in_(old))).all()
    for row in rows:
        original = keys.unseal(row.ciphertext, f"{row.owner}|{row.placeholder}")
        if original is not None:
            sealed = keys.seal(original, f"{who.owner.current}|{row.placeholder}")
            moved = update(vault).where(vault.c.id == row.id)
            connection.execute(moved.values(owner=who.owner.current, ciphertext=sealed))
    talks = update(conversation).where(
        conversation.c.channel == who.channel, conversation.c.pseudonym.in_(old)
    )
    connection.execute(talks.values(pseudonym=who.owner.current))
    follow_ups.rename(connection, keys, who.channel, who.owner)
    people.rename(connection, keys, who)


def _again(
    connection: Connection,
    keys: Keys,
    id_column: Column[int],
    body_column: Column[bytes],
    row: object,
    context: str,
    counts: dict[str, int],
) -> None:
    sealed = getattr(row, body_column.name)
    text = keys.unseal(sealed, context)
    if text is None:
        counts["unreadable"] += 1
        return
    fresh = {body_column.name: keys.seal(text, context)}
    connection.execute(update(id_column.table).where(id_column == row.id).values(**fresh))  # type: ignore[attr-defined]
    counts["written"] += 1
