"""Does something wait for a channel that is switched off? It is not lost, and not sent: somebody must know."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from channels.base import OurBug
from channels.deposits import NEW
from channels.doctor.finding import Finding, warning
from channels.registry import ADAPTERS, SINKS, build_channels
from channels.retention import UNSENT_SECONDS
from channels.settings import Settings, SettingsError
from channels.transitions import State
from storage.engine import reading
from storage.tables import inbox, outbox, person

UNSENT = (State.QUEUED, State.CLAIMED, State.SENDING)
CURE = "switch the channel on again and they go out; answers that wait longer than {days:.0f} days are thrown away"


def look(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """Compare what waits with the channels that the settings switch on."""
    on = _switched_on(settings)
    try:
        with reading(engine).connect() as connection:
            unanswered = _counts(connection, inbox, (NEW,), on)
            unsent = _counts(connection, outbox, UNSENT, on)
    except SQLAlchemyError:  # no database, or one without tables yet: the look before this one says so
        return
    for name in sorted(unanswered | unsent):
        said = f"{unanswered.get(name, 0)} messages and {unsent.get(name, 0)} answers wait for it"
        yield warning(f"switched off: {name}", said, CURE.format(days=UNSENT_SECONDS / 86_400))


def _switched_on(settings: Settings) -> set[str]:
    """Return the names of the channels that are on; one that is half set up does not run."""
    names: set[str] = set()
    for module in (*ADAPTERS, *SINKS):
        try:
            built = build_channels(settings, httpx.AsyncClient(trust_env=False), [module])
        except (SettingsError, OurBug):
            continue
        names.update(channel.name for channel in built)
    return names


def _counts(
    connection: Connection, table: Table, states: tuple[str, ...], without: set[str]
) -> dict[str, int]:
    rows = (
        select(person.c.channel, func.count())
        .select_from(table.join(person, person.c.id == table.c.person_id))
        .where(table.c.state.in_(states), person.c.channel.not_in(without))
        .group_by(person.c.channel)
    )
    return {str(name): int(count) for name, count in connection.execute(rows)}
