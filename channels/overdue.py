"""Since when something is due in the outbox that has not left: the figure behind "answers do not leave"."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Engine, func, select

from channels.transitions import State
from storage.engine import reading
from storage.tables import outbox as table
from storage.tables import person


def unsent_since(engine: Engine, channels: Collection[str], now: float) -> float | None:
    """Return since when (Unix seconds) the oldest message on ``channels`` is due, None when all have left. Blocks."""
    late = (table.c.state == State.QUEUED) & (table.c.due_at <= now) & person.c.channel.in_(channels)
    oldest = select(func.min(table.c.due_at)).join(person, person.c.id == table.c.person_id).where(late)
    with reading(engine).connect() as connection:
        return connection.execute(oldest).scalar()
