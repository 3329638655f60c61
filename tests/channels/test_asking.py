"""The question after a day is pushed exactly once: fake clock, several processes, deaths in between, people who left."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from push_channel import PushChannel
from sqlalchemy import Engine, func, insert, select, update

from channels import erasure, follow_ups, people
from channels.asking import ZONE, Asking, is_quiet
from channels.base import Inbound, Push
from channels.conversations import Conversations
from channels.follow_ups import AFTER_SECONDS, FollowUps
from channels.keys import derive
from channels.outbox import Outbox
from channels.people import Talk
from channels.wording import load_wording
from storage.engine import open_engine
from storage.migrate import upgrade
from storage.tables import follow_up, outbox, person, push_window

KEYS = derive([b"k" * 32])
QUESTION = load_wording().follow_up_question()
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=ZONE).timestamp()
OWNER = KEYS.owner("push", "openid-1")


def at(hour: int, minute: int = 0, day: int = 23) -> float:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).timestamp()


def meet(engine: Engine, sender: str = "openid-1") -> int:
    owner = KEYS.owner("push", sender)
    with engine.begin() as connection:
        return people.meet(connection, KEYS, Inbound("push", sender, "x"), owner, NOON).id


def asked(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(outbox)).scalar_one()


@pytest.fixture
def wished(any_engine: Engine) -> tuple[Engine, int, Any]:
    """A person on a pushing channel who wished, at noon, to be asked after a day; the clock is hers to move."""
    clock = [NOON]
    number = meet(any_engine)
    FollowUps(any_engine, KEYS, lambda: clock[0]).wish("push", OWNER, "openid-1")
    return any_engine, number, clock


def asking(engine: Engine, clock: list[float]) -> Asking:
    return Asking(engine, KEYS, QUESTION, lambda: clock[0])


def test_asked_after_a_day_once_and_the_button_can_be_typed(wished: Any) -> None:
    engine, _, clock = wished
    talks = Conversations(engine, lambda: clock[0])
    talks.open("push", OWNER)
    assert asking(engine, clock).push([PushChannel()]) == 0
    clock[0] += AFTER_SECONDS
    assert asking(engine, clock).push([PushChannel()]) == 1
    assert asking(engine, clock).push([PushChannel()]) == 0
    (letter,) = Outbox(engine, KEYS).claim_push(["push"], 5, clock[0])
    assert letter.reply == QUESTION and letter.person.sender == "openid-1"
    assert talks.open("push", OWNER).buttons == (QUESTION.buttons[0].payload,)


def test_at_night_it_waits_for_the_morning(wished: Any) -> None:
    engine, _, clock = wished
    assert [is_quiet(at(hour)) for hour in (21, 22, 0, 7, 8)] == [False, True, True, True, False]
    for night in (at(23), at(3, day=24), at(7, 59, 24)):
        clock[0] = night
        assert asking(engine, clock).push([PushChannel()]) == 0
    clock[0] = at(8, day=24)
    assert asking(engine, clock).push([PushChannel()]) == 1


def test_a_channel_with_windows_needs_an_open_one(wished: Any) -> None:
    engine, number, clock = wished
    clock[0] += AFTER_SECONDS
    channel = PushChannel(push=Push.WINDOW)
    assert asking(engine, clock).push([channel]) == 0
    row = {"person_id": number, "name": "service", "messages_left": 1, "until": clock[0] - 1}
    with engine.begin() as connection:
        connection.execute(insert(push_window).values(**row))
    assert asking(engine, clock).push([channel]) == 0, "that window is over"
    with engine.begin() as connection:
        connection.execute(update(push_window).values(until=clock[0] + 60))
    assert asking(engine, clock).push([channel]) == 1


def test_a_channel_that_cannot_push_leaves_the_wish_for_the_next_message(wished: Any) -> None:
    engine, _, clock = wished
    clock[0] += AFTER_SECONDS
    assert asking(engine, clock).push([PushChannel(push=Push.NEVER)]) == 0
    assert FollowUps(engine, KEYS, lambda: clock[0]).is_due("push", OWNER)


@pytest.mark.parametrize(
    "change",
    [
        {"state": Talk.HUMAN},
        {"state": Talk.WAITING},
        {"state": Talk.GONE},
        {"reachable": False},
        {"due_at": NOON},  # what they wrote waits for its answer, which will hold the question
        {"lease_token": "x", "lease_until": NOON + 2 * AFTER_SECONDS},  # somebody answers them right now
    ],
)
def test_nobody_is_interrupted_and_the_wish_stays(wished: Any, change: dict[str, Any]) -> None:
    engine, _, clock = wished
    clock[0] += AFTER_SECONDS
    with engine.begin() as connection:
        connection.execute(update(person).values(**change))
    assert asking(engine, clock).push([PushChannel()]) == 0 and asked(engine) == 0
    with engine.begin() as connection:
        free = {"state": Talk.BOT, "reachable": True, "due_at": None, "lease_until": 0.0}
        connection.execute(update(person).values(**free))
    assert asking(engine, clock).push([PushChannel()]) == 1


def test_who_took_it_back_or_was_erased_is_not_asked(wished: Any) -> None:
    engine, _, clock = wished
    clock[0] += AFTER_SECONDS
    FollowUps(engine, KEYS).drop("push", OWNER)
    assert asking(engine, clock).push([PushChannel()]) == 0
    FollowUps(engine, KEYS, lambda: NOON).wish("push", OWNER, "openid-1")
    with engine.begin() as connection:
        erasure.erase(connection, "push", "", OWNER, NOON)
    assert asking(engine, clock).push([PushChannel()]) == 0


def test_a_death_before_the_end_leaves_the_wish_and_no_question(
    wished: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, _, clock = wished
    clock[0] += AFTER_SECONDS

    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("channels.posting.add", dies)
        with pytest.raises(KeyboardInterrupt):
            asking(engine, clock).push([PushChannel()])
    assert asked(engine) == 0
    assert asking(engine, clock).push([PushChannel()]) == 1 and asked(engine) == 1


def test_whoever_reads_traditional_characters_is_asked_in_them(wished: Any) -> None:
    engine, _, clock = wished
    talks = Conversations(engine, lambda: clock[0])
    talk = talks.open("push", OWNER)
    with engine.begin() as connection:
        talks.close_turn(connection, type(talk)(talk.sender_id, talk.epoch, (), "hant"), [])
    clock[0] += AFTER_SECONDS
    asking(engine, clock).push([PushChannel()])
    (letter,) = Outbox(engine, KEYS).claim_push(["push"], 5, clock[0])
    assert "報案" in letter.reply.text


class NeverTwice(RuleBasedStateMachine):
    """Two processes look, workers answer (and put the question in), people wish, take back and time goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.engine = open_engine(f"sqlite:///{Path(self.folder.name) / 'x.db'}")
        upgrade(self.engine)
        self.clock, self.number = [NOON], meet(self.engine)
        self.wishes = FollowUps(self.engine, KEYS, lambda: self.clock[0])
        self.wished = self.in_answers = 0
        self.open_until: float | None = None

    @rule()
    def wish(self) -> None:
        if not self._has_wish():
            self.wished += 1
        self.wishes.wish("push", OWNER, "openid-1")

    @rule()
    def take_back(self) -> None:
        if self._has_wish():
            self.wished -= 1
        self.wishes.drop("push", OWNER)

    @rule(hours=st.integers(1, 30))
    def time_goes_by(self, hours: int) -> None:
        self.clock[0] += hours * 3600

    @rule()
    def a_process_looks(self) -> None:
        asking(self.engine, self.clock).push([PushChannel()])

    @rule(dies=st.booleans())
    def a_worker_answers(self, dies: bool) -> None:
        """As the desk does: lease, look whether the question is due, others look meanwhile, write and forget."""
        with self.engine.begin() as connection:
            connection.execute(update(person).values(lease_until=self.clock[0] + 60, lease_token="t"))
        due = self.wishes.is_due("push", OWNER)
        self.a_process_looks()
        with self.engine.begin() as connection:
            if due and not dies:
                follow_ups.forget(connection, "push", OWNER)
                self.in_answers += 1
            connection.execute(update(person).values(lease_until=0.0, lease_token=""))

    @invariant()
    def every_wish_is_asked_at_most_once(self) -> None:
        assert asked(self.engine) + self.in_answers + self._has_wish() == self.wished

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()

    def _has_wish(self) -> bool:
        with self.engine.connect() as connection:
            return connection.execute(select(follow_up.c.due_at)).first() is not None


TestNeverTwice = NeverTwice.TestCase
TestNeverTwice.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
