"""The short memory of conversations, kept over a restart: an unfinished talk can be taken up hours later.

Runs inside Rasa (Python 3.10). Only masked words reach the file, and only for the time that the vault keeps the
originals.
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

from bot.kept_trackers import KeptTrackers
from bot.settings import load_settings
from bot.tracker_store import ShortMemoryTrackerStore

FILE = "dialogue.db"


class DurableTrackerStore(ShortMemoryTrackerStore):
    """Memory first; the file is written once a turn and read only for whom memory does not know."""

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
        """Take the bounds of the short memory (``short``), of the file, and its place (default: the data folder)."""
        super().__init__(domain, event_broker, **short)
        place = Path(path) if path else Path(load_settings().data_dir) / FILE
        self._file = KeptTrackers(place, float(keep_hours), int(max_kept), wall_clock)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the conversation in memory and in the file; after a restart what was before is wiped."""
        await super().save(tracker)
        events = [_portable(event) for event in self.kept(tracker.sender_id)]
        if any(isinstance(event, Restarted) for event in tracker.events):
            self._file.wipe(tracker.sender_id, events)
        else:
            self._file.write(tracker.sender_id, events)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return the conversation from memory, else from the file, else None."""
        found = await super().retrieve(sender_id)
        if found is not None:
            return found
        rows = self._file.read(sender_id)
        events = [event for row in rows or () if (event := Event.from_parameters(row)) is not None]
        return DialogueStateTracker.from_events(sender_id, events, self.domain.slots) if events else None

    async def keys(self) -> Iterable[str]:
        """Return the sender ids of all kept conversations."""
        return list(dict.fromkeys([*await super().keys(), *self._file.senders()]))


def _portable(event: Event) -> dict[str, Any]:
    """Return the event as JSON; the runners-up of the intent are of no use later and half of the size."""
    row: dict[str, Any] = event.as_dict()
    parsed = row.get("parse_data")
    if isinstance(parsed, dict):
        row["parse_data"] = {key: value for key, value in parsed.items() if key != "intent_ranking"}
    return row
