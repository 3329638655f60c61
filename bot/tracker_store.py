"""Rasa's memory of conversations: short, bounded and really forgetful. Runs inside Rasa (Python 3.10)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
)
from rasa.shared.core.trackers import DialogueStateTracker


class ShortMemoryTrackerStore(TrackerStore):  # type: ignore[misc]
    """Keeps the last turns of each conversation in this process; nothing reaches a disk.

    Old events are dropped because Rasa rebuilds a tracker from all its events on every message
    (RasaHQ/rasa#2341: the same bot falls from 17 to 4 messages/s as trackers
    grow), and because forgotten words must be gone.
    """

    def __init__(
        self,
        domain: Domain | None,
        event_broker: EventBroker | None = None,
        max_conversations: int = 20_000,
        idle_minutes: float = 60,
        keep_turns: int = 6,
        clock: Callable[[], float] = time.monotonic,
        **_: Any,
    ) -> None:
        """Bound the store by conversations (count) and by silence (minutes); keep the last turns."""
        super().__init__(domain, event_broker)
        self._max = int(max_conversations)
        self._idle = float(idle_minutes) * 60
        self._turns = int(keep_turns)
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, tuple[Event, ...]]] = OrderedDict()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep what the next turn needs of a conversation, as the most recent one."""
        await self.stream_events(tracker)
        events = last_turns(since_last_start(list(tracker.events)), self._turns, tracker)
        self._kept[tracker.sender_id] = (
            self._clock(),
            tuple(event for event in events if not isinstance(event, BotUttered)),
        )
        self._kept.move_to_end(tracker.sender_id)
        self._expire()

    def kept(self, sender_id: str) -> tuple[Event, ...]:
        """Return the events kept of a conversation, none when it is unknown."""
        return self._kept.get(sender_id, (0.0, ()))[1]

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return the conversation rebuilt from its kept events, or None when it is unknown or too old."""
        self._expire()
        found = self._kept.get(sender_id)
        if found is None:
            return None
        return DialogueStateTracker.from_events(sender_id, list(found[1]), self.domain.slots)

    async def keys(self) -> Iterable[str]:
        """Return the sender ids of all kept conversations."""
        self._expire()
        return list(self._kept)

    async def stream_events(self, tracker: DialogueStateTracker) -> None:
        """Do nothing without a broker; the base class would rebuild the old tracker only to say so."""
        if self.event_broker is not None:
            await super().stream_events(tracker)

    def _expire(self) -> None:
        oldest_allowed = self._clock() - self._idle
        while self._kept:
            _, (when, _events) = next(iter(self._kept.items()))
            if when >= oldest_allowed and len(self._kept) <= self._max:
                return
            self._kept.popitem(last=False)


def since_last_start(events: list[Event]) -> list[Event]:
    """Return the current session's events: those after the last restart or from the last session start."""
    for at in range(len(events) - 1, -1, -1):
        if isinstance(events[at], Restarted):
            return events[at + 1 :]
        if isinstance(events[at], SessionStarted):
            return events[max(0, at - 1) :]
    return events


def last_turns(events: Sequence[Event], turns: int, tracker: DialogueStateTracker) -> list[Event]:
    """Return the last ``turns`` turns, preceded by the values and the form that the dropped ones had set."""
    listens = [at for at, event in enumerate(events) if _is_listen(event)]
    if len(listens) <= turns + 1:
        return list(events)
    cut = listens[-turns - 1]
    dropped = [event for event in events[:cut] if isinstance(event, SlotSet)]
    last = {event.key: event for event in dropped}
    kept_values = [event for event in last.values() if event.value is not None and event.key in tracker.slots]
    starts = [event for event in events[:cut] if isinstance(event, SessionStarted)]
    loops = [event for event in events[:cut] if isinstance(event, ActiveLoop)]
    # The open form stays open; what it knows is in the slots.
    return [*starts[-1:], *kept_values, *loops[-1:], *events[cut:]]


def _is_listen(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME
