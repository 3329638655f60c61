"""The short memory of conversations, kept over a restart: an unfinished talk can be taken up hours later.

Runs inside Rasa (Python 3.10). Only masked words are kept, and only for the time that the vault keeps the originals:
in PostgreSQL when the gateway's database is there, else in a file. Several engines share what is kept, so that any of
them can go on with any conversation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, Restarted
from rasa.shared.core.trackers import DialogueStateTracker

from bot.kept_trackers import KeptTrackers, NotNow
from bot.postgres_trackers import PostgresTrackers
from bot.settings import load_settings
from bot.tracker_store import ShortMemoryTrackerStore

FILE = "dialogue.db"


class DurableTrackerStore(ShortMemoryTrackerStore):
    """Memory first; what is kept is written once a turn, and read when memory does not hold its newest state."""

    def __init__(
        self,
        domain: Domain | None,
        event_broker: EventBroker | None = None,
        keep_hours: float = 72,
        max_kept: int = 100_000,
        path: str | None = None,
        wall_clock: Callable[[], float] = time.time,
        **short: Any,
    ) -> None:
        """Take the bounds of the short memory (``short``) and of what is kept.

        ``path``: a file to keep it in; by default the settings say where.
        """
        super().__init__(domain, event_broker, **short)
        self._file = _open(path, float(keep_hours), int(max_kept), wall_clock)
        self._stamps: dict[str, float | None] = {}  # of the states in memory; None: could not be kept

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the conversation in memory and beyond; after a restart what was before is wiped."""
        await super().save(tracker)
        sender = tracker.sender_id
        events = [_portable(event) for event in self.kept(sender)]
        restarted = any(isinstance(event, Restarted) for event in tracker.events)
        keep = self._file.wipe if restarted else self._file.write
        self._stamps[sender] = keep(sender, events)
        if len(self._stamps) > 2 * self._max:
            self._stamps = {one: stamp for one, stamp in self._stamps.items() if one in self._kept}

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return the conversation from memory when that is the newest, else as it is kept, else None."""
        found = await super().retrieve(sender_id)
        if found is not None and self._is_newest(sender_id):
            return found
        kept = self._file.read(sender_id)
        if kept is None:  # another engine forgot it, or its time is over
            self._kept.pop(sender_id, None)
            return None
        events = [event for row in kept[1] if (event := Event.from_parameters(row)) is not None]
        return DialogueStateTracker.from_events(sender_id, events, self.domain.slots) if events else None

    async def keys(self) -> Iterable[str]:
        """Return the sender ids of all kept conversations."""
        return list(dict.fromkeys([*await super().keys(), *self._file.senders()]))

    def _is_newest(self, sender_id: str) -> bool:
        """Tell whether no other engine went on with the conversation, or forgot it, since it was in this memory."""
        mine = self._stamps.get(sender_id)
        if mine is None:
            return True
        try:
            return self._file.stamp(sender_id) == mine
        except NotNow:  # better an older state than none
            return True


def _open(
    path: str | None, keep_hours: float, most: int, clock: Callable[[], float]
) -> KeptTrackers | PostgresTrackers:
    settings = load_settings()
    if path is None and settings.database_url.startswith("postgresql"):
        return PostgresTrackers(settings.database_url, keep_hours, most, clock)
    return KeptTrackers(Path(path) if path else Path(settings.data_dir) / FILE, keep_hours, most, clock)


def _portable(event: Event) -> dict[str, Any]:
    """Return the event as JSON; the runners-up of the intent are of no use later and half of the size."""
    row: dict[str, Any] = event.as_dict()
    parsed = row.get("parse_data")
    if isinstance(parsed, dict):
        row["parse_data"] = {key: value for key, value in parsed.items() if key != "intent_ranking"}
    return row
