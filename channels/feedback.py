"""Count what people say about the answers: a figure per day and value, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine, insert, update
from sqlalchemy.exc import IntegrityError

from storage.tables import feedback

VALUES = frozenset({"helpful", "not_helpful", "wrong"})


class Feedback:
    """The table ``feedback``. Blocks on the database: call in a thread."""

    def __init__(
        self, engine: Engine, today: Callable[[], str] = lambda: datetime.now(UTC).date().isoformat()
    ) -> None:
        self._engine = engine
        self._today = today

    def count(self, value: str) -> bool:
        """Add one to today's figure; False when ``value`` is none of ``VALUES``."""
        if value not in VALUES:
            return False
        day = self._today()
        if not self._add(day, value):
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(feedback).values(day=day, value=value, count=1))
            except IntegrityError:  # another process made the row in between
                self._add(day, value)
        return True

    def _add(self, day: str, value: str) -> bool:
        with self._engine.begin() as connection:
            done = connection.execute(
                update(feedback)
                .where(feedback.c.day == day, feedback.c.value == value)
                .values(count=feedback.c.count + 1)
            )
        return done.rowcount == 1
