"""An inbox and an outbox over a real database, for tests of what goes in and comes out."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine, select

from channels import inbox as inboxes
from channels import posting
from channels.base import Inbound, Reply
from channels.inbox import Claim, Inbox
from channels.keys import derive
from channels.outbox import Letter, Outbox
from channels.taken import Taken
from storage.tables import outbox as outbox_table

KEYS = derive([b"k" * 32])
NOW = 1_000_000.0
HELLO = Inbound("push", "openid-1", "你好", account="acc", dedupe_key="m1")


class Desk:
    """An inbox, an outbox, and short names for what the tests do with them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.inbox, self.outbox = Inbox(engine, KEYS), Outbox(engine, KEYS, lambda: 1.0)

    def take(self, number: str, sender: str = "openid-1", now: float = NOW, **more: object) -> Taken:
        message = replace(HELLO, sender=sender, dedupe_key=number, **more)  # type: ignore[arg-type]
        owner = KEYS.owner("push", sender, "acc")
        return self.inbox.take(message, message.text, owner, now)

    def answer(self, claim: Claim, *words: str, due: float | None = NOW, now: float = NOW) -> list[int]:
        _, batch = self.inbox.waiting(claim, [])
        with self.engine.begin() as connection:
            inboxes.fence(connection, claim)
            ids = [waiting.inbox_id for waiting in batch]
            inboxes.finish(connection, ids, now)
            replies = [(Reply(word), False) for word in words]
            posting.add(connection, KEYS, claim.person_id, replies, now, due, inbox_id=ids[-1])
            inboxes.release(connection, claim, now)
        return ids

    def push(self, now: float = NOW) -> list[Letter]:
        return self.outbox.claim_push(["push"], 10, now)

    def states(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.scalars(select(outbox_table.c.state).order_by(outbox_table.c.id)))
