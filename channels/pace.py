"""How fast one address may be written to, on platforms that drop or punish what comes faster.

Counted in the outbox itself, so that restarts and several gateways do not change the count: what was pushed, what may
have arrived, and what is on its way. What is refused was not taken and does not count.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from channels.transitions import State
from storage.tables import outbox as table

Paces = Sequence[tuple[int, float]]  # (messages, seconds) each
MARGIN_SECONDS = 1.0  # the platform's clock started a little after ours
PUSHED = (State.SENDING, State.SENT, State.UNKNOWN)


def wait(connection: Connection, person_id: int, paces: Paces, now: float) -> float:
    """Return in how many seconds the next push to the address may go out; 0: now."""
    return max((_wait(connection, person_id, most, span, now) for most, span in paces), default=0.0)


def _wait(connection: Connection, person_id: int, most: int, span: float, now: float) -> float:
    """Return how long the push that came ``most`` pushes ago still counts."""
    left_at = func.coalesce(table.c.done_at, now)
    mine = (table.c.person_id == person_id) & (table.c.via == "push") & table.c.state.in_(PUSHED)
    recent = mine & (left_at > now - span - MARGIN_SECONDS)
    at = connection.execute(
        select(left_at).where(recent).order_by(left_at.desc()).offset(most - 1).limit(1)
    ).scalar()
    return 0.0 if at is None else max(0.0, float(at) + span + MARGIN_SECONDS - now)
