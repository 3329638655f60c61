"""The durable tracker store: outlives a restart, forgets for real, survives a broken file. Python 3.10 with rasa."""

import asyncio
import logging
import tempfile
import time
import unittest
from pathlib import Path

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.durable_tracker_store import DurableTrackerStore

DOMAIN = Domain.load("domain.yml")
HOUR = 3600


def start():
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]


def turn(text):
    return [UserUttered(text, {"name": "check", "confidence": 0.9}), ActionExecuted("action_listen")]


class Durable(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "dialogue.db"
        self.now = 1_000_000.0
        logging.disable(logging.CRITICAL)

    def tearDown(self):
        logging.disable(logging.NOTSET)
        self.folder.cleanup()

    def store(self, **settings):
        return DurableTrackerStore(DOMAIN, path=str(self.path), wall_clock=lambda: self.now, **settings)

    def save(self, store, events, sender="xiaohong"):
        asyncio.run(store.save(DialogueStateTracker.from_events(sender, events, DOMAIN.slots)))

    def back(self, store, sender="xiaohong"):
        return asyncio.run(store.retrieve(sender))

    def stored(self):
        return b"".join(path.read_bytes() for path in Path(self.folder.name).iterdir())

    def test_an_open_conversation_outlives_a_restart_of_the_process(self):
        desk = {"open": {"flow": "stop_payment", "answers": {"amount": 3}}, "waiting": []}
        self.save(self.store(), start() + turn("one") + [SlotSet("guided", desk), ActiveLoop("guided_form")])
        found = self.back(self.store())
        self.assertEqual(found.get_slot("guided"), desk)
        self.assertEqual(found.active_loop_name, "guided_form")
        self.assertEqual([e.text for e in found.events if isinstance(e, UserUttered)], ["one"])
        self.assertEqual(found.latest_message.intent["name"], "check")

    def test_after_three_days_nothing_is_known(self):
        self.save(self.store(), start() + turn("one"))
        self.now += 73 * HOUR
        store = self.store()
        self.assertIsNone(self.back(store))
        self.save(store, start(), "somebody")
        self.assertFalse(b"xiaohong" in self.stored())

    def test_forgetting_leaves_nothing_in_any_file(self):
        store = self.store()
        self.save(store, start() + turn("SECRETWORD"))
        self.assertTrue(b"SECRETWORD" in self.stored())
        self.save(store, start() + turn("SECRETWORD") + [Restarted(), ActionExecuted("action_listen")])
        self.assertFalse(b"SECRETWORD" in self.stored())
        self.assertFalse([e for e in self.back(self.store()).events if isinstance(e, UserUttered)])

    def test_a_broken_file_is_set_aside(self):
        self.path.write_bytes(b"this is no database" * 500)
        store = self.store()
        self.save(store, start() + turn("one"))
        self.assertEqual(len(list(Path(self.folder.name).glob("dialogue.db.broken-*"))), 1)
        self.assertIsNotNone(self.back(self.store()))

    def test_a_file_that_breaks_while_running_is_set_aside(self):
        store = self.store()
        for number in range(50):
            self.save(store, start() + turn("words " * 50), str(number))
        store._file._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with self.path.open("r+b") as file:
            file.seek(0)
            file.write(b"\0" * 200_000)
        fresh = self.store()
        self.save(fresh, start() + turn("after"), "later")
        self.assertIsNotNone(self.back(fresh, "later"))
        self.assertEqual(len(list(Path(self.folder.name).glob("dialogue.db.broken-????*[0-9]"))), 1)

    def test_an_unreadable_row_is_dropped(self):
        store = self.store()
        self.save(store, start() + turn("one"))
        store._file._file.execute("UPDATE talk SET events = 'no json'")
        self.assertIsNone(self.back(self.store()))

    def test_the_number_of_conversations_is_bounded(self):
        store = self.store(max_kept=5)
        for number in range(12):
            self.now += 1
            self.save(store, start(), str(number))
        store._file.sweep()
        self.assertEqual(sorted(store._file.senders(), key=int), ["7", "8", "9", "10", "11"])

    def test_a_turn_costs_less_than_two_milliseconds(self):
        store, events = self.store(), start() + 6 * turn("words " * 20)
        tracker = DialogueStateTracker.from_events("xiaohong", events, DOMAIN.slots)
        asyncio.run(store.save(tracker))
        rows = [event.as_dict() for event in store.kept("xiaohong")]
        began = time.perf_counter()
        for _ in range(100):
            store._file.write("xiaohong", rows)
        self.assertLess((time.perf_counter() - began) / 100, 0.002)


if __name__ == "__main__":
    unittest.main()
