"""A data folder and a database of one kind, for tests of backup and restore."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.engine import make_url

from channels import envelopes, inbox, people, posting
from channels.base import Inbound, Reply
from channels.keys import load_keys
from channels.settings import Settings
from storage.engine import default_url, open_engine
from storage.migrate import upgrade
from storage.tables import inbox as inbox_table
from storage.tables import outbox as outbox_table

STATES = ("queued", "claimed", "sending", "sent", "dead")


@dataclass
class Home:
    """One place where the assistant lives; ``database`` is empty for SQLite."""

    folder: Path
    database: str = ""

    def settings(self, **more: Any) -> Settings:
        known = {"data_dir": self.folder, "database_url": self.database, "port": 1}
        return Settings(_env_file=None, **{**known, **more})

    def engine(self) -> Engine:
        return open_engine(self.database or default_url(self.folder))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        engine = self.engine()
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(text(query))]
        finally:
            engine.dispose()

    def fill(self) -> None:
        """Put a person there, an answer in each state, and a message that waits for its answer."""
        keys, engine = load_keys("", self.folder), self.engine()
        upgrade(engine)
        message = Inbound("push", "openid-1", "问一句", account="acc", dedupe_key="waiting")
        owner = keys.owner("push", "openid-1", "acc")
        inbox.Inbox(engine, keys).take(message, "问一句", owner, time.time())
        with engine.begin() as connection:
            met = people.meet(connection, keys, message, owner, time.time())
            for state in STATES:
                known = set(connection.scalars(select(outbox_table.c.id)))
                posting.add(connection, keys, met.id, [(Reply(state), False)], time.time(), time.time())
                one = outbox_table.c.id.not_in(known)
                lease = time.time() + 60 if state in {"claimed", "sending"} else 0.0
                connection.execute(
                    outbox_table.update().where(one).values(state=state, lease_until=lease, via="push")
                )
        engine.dispose()

    def write_pairs(self, count: int) -> None:
        """Write a message and its answer in one transaction, ``count`` times."""
        keys, engine = load_keys("", self.folder), self.engine()
        for number in range(count):
            with engine.begin() as connection:
                row = {
                    "person_id": 1,
                    "channel": "push",
                    "account": "acc",
                    "dedupe_key": f"pair-{number}",
                    "kind": "text",
                    "body": envelopes.seal(keys, {}, "x"),
                    "state": "done",
                    "received_at": 1.0,
                    "done_at": time.time(),
                    "attempts": 0,
                    "deliveries": 1,
                }
                connection.execute(insert(inbox_table).values(**row))
                posting.add(connection, keys, 1, [(Reply("答"), False)], time.time(), None)
        engine.dispose()


def make_home(kind: str, name: str, folder: Path, postgres_url: str) -> Home:
    """Return a new home: a folder, and on PostgreSQL a database of its own."""
    place = folder / name
    place.mkdir()
    if kind == "sqlite":
        return Home(place)
    address = make_url(postgres_url)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "home_{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "home_{name}"')
    return Home(place, address.set(database=f"home_{name}").render_as_string(hide_password=False))
