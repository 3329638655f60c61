"""Slips: what was told without the database is what the database says afterwards, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from channels import posting
from channels.base import Inbound, Push, Reply, Window
from channels.deposits import Deposit
from channels.inbox import Inbox
from channels.keys import Keys, derive
from channels.outbox import Outbox
from channels.slips import Slip, Slips
from channels.taken import Taken
from storage.tables import outbox, push_window

KEYS = derive([b"k" * 32])
NOW = 1_000_000.0
WINDOW = Window("message", 5, 3600.0)
HELLO = Inbound("push", "openid-1", "打给 13800001111", account="acc", dedupe_key="m1", window=WINDOW)
TOLD = Slip(HELLO, (Reply("打96110"),), NOW + 8, "c" * 32)


class Place:
    """A folder for slips beside a database."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder / "slips"
        self.inbox, self.outbox = Inbox(engine, KEYS), Outbox(engine, KEYS)
        self.slips = self.anew()

    def anew(self, keys: Keys = KEYS) -> Slips:
        return Slips(self.folder, self.engine, keys)

    def take(self, carrier: str = "a" * 32) -> Taken:
        owner = KEYS.owner("push", "openid-1", "acc")
        return self.inbox.take_all([Deposit(HELLO, "你好", owner, NOW, carrier=carrier)])[0]

    def answer(self, taken: Taken, words: str) -> None:
        with self.engine.begin() as connection:
            posting.add(
                connection, KEYS, taken.person_id, [(Reply(words), False)], NOW, NOW, inbox_id=taken.inbox_id
            )
            connection.exec_driver_sql("UPDATE inbox SET state = 'done'")

    def rows(self) -> list[tuple[str, str, int | None]]:
        wanted = select(outbox.c.state, outbox.c.via, outbox.c.rode_on).order_by(outbox.c.id)
        with self.engine.connect() as connection:
            return [(str(row[0]), str(row[1]), row[2]) for row in connection.execute(wanted)]

    def rides(self) -> list[str]:
        letters = self.outbox.claim_passive(self.take("b" * 32), 1, NOW + 15, hurry=True)
        return [letter.reply.text for letter in letters or ()]


@pytest.fixture
def place(any_engine: Engine, tmp_path: Path) -> Place:
    return Place(any_engine, tmp_path)


def test_what_was_never_stored_is_stored_as_answered(place: Place) -> None:
    assert place.slips.write(TOLD)
    (path,) = place.folder.iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert not any(word in path.read_bytes() for word in (b"openid", b"13800001111", "打".encode()))
    place.anew().settle()  # another process: this one was killed
    assert list(place.folder.iterdir()) == [] and place.rows() == [("sent", "passive", 1)]
    assert place.inbox.oldest(["wechat", "push"]) is None
    with place.engine.connect() as connection:
        assert connection.execute(select(push_window.c.messages_left)).scalar() == 5
    assert place.rides() == ["打96110"], "the platform asks again: it did not arrive"


def test_a_message_that_was_stored_is_answered_by_the_slip(place: Place) -> None:
    place.take()
    place.slips.write(TOLD)
    place.slips.settle()
    assert place.rows() == [("sent", "passive", 1)] and place.inbox.oldest(["wechat", "push"]) is None
    assert place.rides() == ["打96110"]


def test_an_answer_that_waits_is_taken_back(place: Place) -> None:
    place.answer(place.take(), "真正的回答")
    place.slips.write(TOLD)
    place.slips.settle()
    assert place.rows() == [("dead", "", None), ("sent", "passive", 1)]
    assert place.outbox.claim_push(["push"], 5, NOW + 60) == []


def test_an_answer_that_may_have_gone_out_stays_what_it_is(place: Place) -> None:
    place.answer(place.take(), "真正的回答")
    (letter,) = place.outbox.claim_push(["push"], 5, NOW)
    assert place.outbox.start(letter, Push.ALWAYS, NOW)
    place.slips.write(TOLD)
    place.slips.settle()
    assert place.rows() == [("sending", "push", None)]


def test_slips_wait_for_the_database_and_are_settled_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        place.slips.write(Slip(HELLO, TOLD.replies, NOW, f"{number}" * 32))
    assert len(list(place.folder.iterdir())) == 1, "the same message, told again"
    begin = place.engine.begin

    def away() -> object:
        raise OperationalError("begin", {}, Exception("away"))

    monkeypatch.setattr(place.engine, "begin", away)
    with pytest.raises(OperationalError):
        place.slips.settle()
    monkeypatch.setattr(place.engine, "begin", begin)
    place.slips.settle()
    place.slips.settle()
    assert place.rows() == [("sent", "passive", 1)]


def test_a_slip_that_cannot_be_read_or_stored_keeps_nobody_waiting(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place.slips.write(TOLD)
    place.anew(derive([b"x" * 32])).settle()
    assert list(place.folder.iterdir()) == [] and "cannot be read" in caplog.text
    slips, real = place.anew(), posting.add

    def add(connection: object, keys: object, person_id: int, replies: list[tuple[Reply, bool]], *rest: object,
            **more: object) -> None:  # fmt: skip
        if replies and replies[0][0].text == "坏":
            raise ValueError("bad")
        real(connection, keys, person_id, replies, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("channels.slips.posting.add", add)
    bad = Inbound("push", "openid-2", "你好", account="acc", dedupe_key="m2")
    slips.write(Slip(bad, (Reply("坏"),), NOW, "d" * 32))
    slips.write(TOLD)
    slips.settle()
    assert [row[:2] for row in place.rows()] == [("sent", "passive")] and list(place.folder.iterdir()) == []


def test_a_disk_that_takes_nothing_stops_no_answer(place: Place, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not Slips(tmp_path / "file", place.engine, KEYS).write(TOLD)
