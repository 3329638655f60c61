"""What a school may see: how often a topic was opened under its code in a month. Never who, never a text.

Figures below ``SMALLEST`` and the running month are withheld, and no sum is given: none of them can be used to
work out a single person (the rule of small cells in official statistics).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.tables import school_topic

SMALLEST = 5  # a smaller figure is shown as "fewer than 5"
CODE = re.compile(r"[A-Z]{2,8}[0-9]{2,4}")
TOPIC = re.compile(r"[a-z][a-z_]{1,39}")


@dataclass(frozen=True, slots=True)
class Figure:
    """How often ``topic`` was opened in ``month`` (``YYYY-MM``, UTC); None: fewer than ``SMALLEST`` times."""

    month: str
    topic: str
    count: int | None


class Schools:
    """The table ``school_topic``. Blocks on the database: call in a thread."""

    def __init__(
        self, engine: Engine, month: Callable[[], str] = lambda: datetime.now(UTC).strftime("%Y-%m")
    ) -> None:
        self._engine = engine
        self._month = month

    def count(self, school: str, topic: str) -> bool:
        """Add one to this month's figure; False when a school code or a topic has not the right form."""
        if not CODE.fullmatch(school) or not TOPIC.fullmatch(topic):
            return False
        month = self._month()
        if not self._add(month, school, topic):
            try:
                with self._engine.begin() as connection:
                    row = {"month": month, "school": school, "topic": topic, "count": 1}
                    connection.execute(insert(school_topic).values(**row))
            except IntegrityError:  # another process made the row in between
                self._add(month, school, topic)
        return True

    def figures(self, school: str) -> list[Figure]:
        """Return the figures of all finished months, newest month first, small ones withheld."""
        table = school_topic
        query = (
            select(table.c.month, table.c.topic, table.c.count)
            .where(table.c.school == school, table.c.month < self._month())
            .order_by(table.c.month.desc(), table.c.topic)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [Figure(month, topic, count if count >= SMALLEST else None) for month, topic, count in rows]

    def _add(self, month: str, school: str, topic: str) -> bool:
        table = school_topic
        with self._engine.begin() as connection:
            done = connection.execute(
                update(table)
                .where(table.c.month == month, table.c.school == school, table.c.topic == topic)
                .values(count=table.c.count + 1)
            )
        return done.rowcount == 1


def main(arguments: list[str] | None = None) -> int:
    """Print a school's figures: ``python -m channels.schools CODE``. Returns 1 when the code has a wrong form."""
    from channels.settings import load_settings
    from storage.engine import default_url, open_engine
    from storage.migrate import upgrade

    parser = argparse.ArgumentParser(description="Monthly figures of one school; small ones are withheld.")
    parser.add_argument("code", help="the school's code, as it stands in the file of schools")
    code = parser.parse_args(arguments).code.upper()
    if not CODE.fullmatch(code):
        sys.stderr.write("a school code has 2-8 letters and 2-4 digits\n")
        return 1
    settings = load_settings()
    engine = open_engine(settings.database_url or default_url(settings.data_dir))
    upgrade(engine)
    for figure in Schools(engine).figures(code):
        shown = f"fewer than {SMALLEST}" if figure.count is None else str(figure.count)
        sys.stdout.write(f"{figure.month}  {figure.topic:24}  {shown}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
