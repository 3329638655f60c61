"""The tracker store: bounded, short, forgetful. Python 3.10 with rasa; run by test_processes.py."""

import asyncio
import unittest

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.tracker_store import ShortMemoryTrackerStore

DOMAIN = Domain.load("domain.yml")


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def start():
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]


def turn(text):
    return [UserUttered(text, {"name": "check"}), BotUttered("answer"), ActionExecuted("action_listen")]


def tracker(events, sender="xiaohong"):
    return DialogueStateTracker.from_events(sender, events, DOMAIN.slots)


class ShortMemory(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.store = ShortMemoryTrackerStore(
            DOMAIN, max_conversations=3, idle_minutes=60, keep_turns=3, clock=self.clock
        )

    def save(self, events, sender="xiaohong"):
        asyncio.run(self.store.save(tracker(events, sender)))

    def back(self, sender="xiaohong"):
        return asyncio.run(self.store.retrieve(sender))

    def words(self, sender="xiaohong"):
        return [event.text for event in self.back(sender).events if isinstance(event, UserUttered)]

    def test_a_conversation_comes_back_without_the_bots_words(self):
        self.save(start() + turn("one") + [SlotSet("role", "student")])
        self.assertEqual(self.words(), ["one"])
        self.assertEqual(self.back().get_slot("role"), "student")
        self.assertFalse([e for e in self.back().events if isinstance(e, BotUttered)])

    def test_a_restart_forgets_everything_before_it(self):
        self.save(
            start()
            + turn("my card")
            + [SlotSet("role", "student"), Restarted(), ActionExecuted("action_listen")]
        )
        self.assertEqual(self.words(), [])
        self.assertIsNone(self.back().get_slot("role"))
        self.assertNotIn("my card", repr(self.store._kept))

    def test_a_new_session_forgets_the_old_one(self):
        self.save(start() + turn("old") + start() + turn("new"))
        self.assertEqual(self.words(), ["new"])

    def test_only_the_last_turns_are_kept_and_slots_survive(self):
        events = start() + [SlotSet("role", "driver")]
        for number in range(20):
            events += turn(str(number))
        self.save(events)
        self.assertEqual(self.words(), ["17", "18", "19"])
        self.assertEqual(self.back().get_slot("role"), "driver")
        self.assertLess(len(self.back().events), 15)

    def test_an_open_form_stays_open_when_old_turns_are_dropped(self):
        events = start() + [ActionExecuted("clarify_form"), ActiveLoop("clarify_form")]
        for number in range(10):
            events += turn(str(number))
        self.save(events)
        self.assertEqual(self.words(), ["7", "8", "9"])
        self.assertEqual(self.back().active_loop_name, "clarify_form")

    def test_silence_ends_a_conversation(self):
        self.save(start() + turn("one"))
        self.clock.now = 61 * 60
        self.assertIsNone(self.back())

    def test_the_longest_silent_goes_first_when_there_are_too_many(self):
        for sender in ("a", "b", "c"):
            self.save(start(), sender)
        self.save(start(), "a")
        self.save(start(), "d")
        self.assertEqual(sorted(asyncio.run(self.store.keys())), ["a", "c", "d"])

    def test_an_unknown_conversation_is_none(self):
        self.assertIsNone(self.back("nobody"))


if __name__ == "__main__":
    unittest.main()
