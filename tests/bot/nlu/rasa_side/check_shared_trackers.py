"""Conversations that several engines share, in a file and in PostgreSQL; locks in Redis. Python 3.10 with rasa.

``FANZHA_TEST_POSTGRES`` and ``FANZHA_TEST_REDIS`` are the addresses of throw-away servers; without them their part is
left out.
"""

import asyncio
import logging
import os
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from rasa.core.lock_store import LockError, LockStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Restarted, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot import shared_locks
from bot.durable_tracker_store import DurableTrackerStore
from bot.kept_trackers import NotNow
from bot.postgres_trackers import PostgresTrackers, libpq_address

DOMAIN = Domain.load("domain.yml")
POSTGRES, REDIS = os.environ.get("FANZHA_TEST_POSTGRES"), os.environ.get("FANZHA_TEST_REDIS")


def turn(*texts):
    start = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
    for text in texts:
        start += [UserUttered(text, {"name": "check", "confidence": 0.9}), ActionExecuted("action_listen")]
    return start


def save(store, events, sender="xiaohong"):
    asyncio.run(store.save(DialogueStateTracker.from_events(sender, events, DOMAIN.slots)))


def words(store, sender="xiaohong"):
    found = asyncio.run(store.retrieve(sender))
    return None if found is None else [e.text for e in found.events if isinstance(e, UserUttered)]


class Shared:
    """The same promises for both places; ``store`` gives one more engine."""

    def test_an_engine_sees_what_another_one_went_on_with(self):
        first, second = self.store(), self.store()
        save(first, turn("one"))
        self.assertEqual(words(second), ["one"])
        save(second, turn("one", "two"))
        self.assertEqual(words(first), ["one", "two"])

    def test_what_one_forgot_no_other_remembers(self):
        first, second = self.store(), self.store()
        save(first, turn("SECRETWORD"))
        save(second, [*turn("SECRETWORD"), Restarted(), ActionExecuted("action_listen")])
        self.assertEqual(words(first), [])
        second._file.delete("xiaohong")
        self.assertIsNone(words(first))

    def test_memory_is_enough_while_the_place_cannot_be_asked(self):
        store = self.store()
        save(store, turn("one"))
        with mock.patch.object(store._file, "stamp", side_effect=NotNow):
            self.assertEqual(words(store), ["one"])
        with mock.patch.object(store._file, "write", return_value=None):
            save(store, turn("one", "two"))
        self.assertEqual(words(store), ["one", "two"])

    def test_the_number_and_the_age_are_bounded(self):
        store = self.store(max_kept=3)
        for number in range(6):
            self.now += 1
            save(store, turn("x"), str(number))
        store._file.sweep()
        self.assertEqual(sorted(store._file.senders()), ["3", "4", "5"])
        self.now += 80 * 3600
        store._file.sweep()
        self.assertEqual(store._file.senders(), [])


class InAFile(Shared, unittest.TestCase):
    def setUp(self):
        logging.disable(logging.CRITICAL)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.now = time.time()

    def store(self, **settings):
        path = str(Path(self.folder.name) / "dialogue.db")
        return DurableTrackerStore(DOMAIN, path=path, wall_clock=self.tick, **settings)

    def tick(self):
        self.now += 0.001
        return self.now


@unittest.skipUnless(POSTGRES, "no PostgreSQL")
class InPostgres(Shared, unittest.TestCase):
    def setUp(self):
        logging.disable(logging.CRITICAL)
        self.now = time.time()
        self.place().drop()

    def place(self):
        return Emptied(POSTGRES, 72, 1000, self.tick)

    def tick(self):
        self.now += 0.001
        return self.now

    def store(self, **settings):
        with mock.patch.dict(os.environ, {"FANZHA_DATABASE_URL": POSTGRES}):
            store = DurableTrackerStore(DOMAIN, wall_clock=self.tick, **settings)
        self.assertIsInstance(store._file, PostgresTrackers)
        self.addCleanup(store._file.close)
        return store

    def test_an_engine_goes_on_after_its_line_was_cut(self):
        store = self.store()
        save(store, turn("one"))
        self.place().cut_all_lines()
        save(store, turn("one", "two"))
        self.assertEqual(words(self.store()), ["one", "two"])

    def test_engines_that_start_together_make_the_table_once(self):
        import concurrent.futures

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda number: self.place().write(str(number), []), range(6)))
        self.assertEqual(len(self.place().senders()), 6)


class Away(unittest.TestCase):
    def test_a_database_that_is_away_costs_one_try_and_then_a_rest(self):
        logging.disable(logging.CRITICAL)
        kept = PostgresTrackers("postgresql+psycopg://nobody@127.0.0.1:1/none", 72, 10)
        self.assertIsNone(kept.write("xiaohong", []))
        with mock.patch("psycopg2.connect", side_effect=AssertionError("it rests")):
            self.assertIsNone(kept.read("xiaohong"))
            self.assertRaises(NotNow, kept.stamp, "xiaohong")
            self.assertEqual(kept.senders(), [])

    def test_the_address_loses_its_driver_only(self):
        self.assertEqual(libpq_address("postgresql+psycopg://a:b@c/d?x=1"), "postgresql://a:b@c/d?x=1")


class Emptied(PostgresTrackers):
    def drop(self):
        self._run("DROP SCHEMA IF EXISTS dialogue CASCADE", ())
        self.close()

    def cut_all_lines(self):
        self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'fanzha dialogue' AND pid <> pg_backend_pid()",
            (),
        )


@unittest.skipUnless(REDIS, "no Redis")
class Locks(unittest.TestCase):
    def setUp(self):
        logging.disable(logging.CRITICAL)

    def test_two_engines_never_work_on_one_conversation_at_once(self):
        async def engine(store, rounds):
            for _ in range(rounds):
                async with store.lock("anna"):
                    self.inside += 1
                    self.most = max(self.most, self.inside)
                    await asyncio.sleep(0.002)
                    self.inside -= 1

        async def both():
            stores = [shared_locks.SharedLocks(EndpointConfig(REDIS)) for _ in range(2)]
            await asyncio.gather(*(engine(store, 5) for store in stores for _ in range(2)))

        self.inside = self.most = 0
        asyncio.run(both())
        self.assertEqual(self.most, 1)

    def test_rasa_builds_it_from_its_endpoints(self):
        endpoint = EndpointConfig(REDIS, type="bot.shared_locks.SharedLocks")
        self.assertIsInstance(LockStore.create(endpoint), shared_locks.SharedLocks)

    def test_who_waits_too_long_is_told(self):
        async def held():
            first, second = (shared_locks.SharedLocks(EndpointConfig(REDIS)) for _ in range(2))
            async with first.lock("ben"):
                with mock.patch.object(shared_locks, "WAIT_SECONDS", 0.2):
                    async with second.lock("ben"):
                        pass

        self.assertRaises(LockError, asyncio.run, held())


class LocksWithoutRedis(unittest.TestCase):
    def test_a_redis_that_is_away_leaves_the_locks_of_this_process(self):
        logging.disable(logging.CRITICAL)

        async def work():
            store = shared_locks.SharedLocks(EndpointConfig("redis://127.0.0.1:1/0"))
            async with store.lock("anna"):
                return True

        self.assertTrue(asyncio.run(work()))


if __name__ == "__main__":
    unittest.main()
