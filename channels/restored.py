"""After a restore: what was on its way when the backup was made is not sent again by itself.

Nobody can tell whether the platform took a message that was ``sending`` then: it becomes ``unknown``. When the assistant
went on working after the backup, the same holds for all that waited: it was very likely answered and sent meanwhile.
"""

from __future__ import annotations

from sqlalchemy import Engine, update

from channels.deposits import NEW
from channels.inbox import FAILED
from channels.transitions import State
from storage.tables import inbox, outbox, person

CAUSE = "restored"


def settle(engine: Engine, now: float, go_on: bool) -> dict[str, int]:
    """Bring the tables into order; ``go_on``: what waited is answered and sent. Returns how many were put aside."""
    aside = [State.SENDING] if go_on else [State.SENDING, State.CLAIMED, State.QUEUED]
    counts = {"messages": 0}
    with engine.begin() as connection:
        unknown = update(outbox).where(outbox.c.state.in_(aside))
        counts["answers"] = connection.execute(
            unknown.values(state=State.UNKNOWN, cause=CAUSE, due_at=None, done_at=now)
        ).rowcount
        claimed = update(outbox).where(outbox.c.state == State.CLAIMED)
        connection.execute(claimed.values(state=State.QUEUED, due_at=now, cause=CAUSE))
        connection.execute(update(person).values(lease_token="", lease_until=0.0))
        if not go_on:
            waiting = update(inbox).where(inbox.c.state == NEW)
            counts["messages"] = connection.execute(waiting.values(state=FAILED, done_at=now)).rowcount
            connection.execute(update(person).values(due_at=None))
    return counts
