"""Inbox and outbox on both databases: once, in order, one worker for each person, nothing claimed twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from desk_case import HELLO, KEYS, NOW, Desk
from sqlalchemy import Engine, select, text, update

from channels import inbox as inboxes
from channels import people, posting
from channels.base import Delivery, Kind, Outcome, Push, Window
from channels.inbox import LeaseLost
from channels.transitions import LEASE_SECONDS, State
from storage.tables import person, push_window


@pytest.fixture
def desk(any_engine: Engine) -> Desk:
    return Desk(any_engine)


def test_the_same_message_is_stored_once_by_any_number_of_processes(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: desk.take("m1"), range(16)))
    assert sum(one.fresh for one in taken) == 1
    assert len({(one.inbox_id, one.person_id) for one in taken}) == 1
    assert max(one.deliveries for one in taken) == 16


def test_accounts_and_people_are_apart_and_nothing_is_in_clear(desk: Desk) -> None:
    ids = {desk.take("m1").person_id, desk.take("m2").person_id, desk.take("m3", "openid-2").person_id}
    ids.add(desk.take("m1", account="other").person_id)
    assert len(ids) == 3
    with desk.engine.connect() as connection:
        for table in ("person", "inbox"):
            rows = str([tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
                        for row in connection.execute(text(f"SELECT * FROM {table}"))])  # fmt: skip
            assert "openid" not in rows and "你好" not in rows


def test_one_worker_for_each_person_and_in_order(desk: Desk) -> None:
    for number in range(3):
        desk.take(f"m{number}", text=f"第{number}句")
        desk.take(f"n{number}", "openid-2")
    with ThreadPoolExecutor(8) as pool:
        claims = [
            claim for found in pool.map(lambda _: desk.inbox.claim(NOW, 5), range(8)) for claim in found
        ]
    assert len(claims) == len({claim.person_id for claim in claims}) == 2
    said = []
    for _ in range(3):
        claim = claims[0]
        said += [w.message.text for w in desk.inbox.waiting(claim, [])[1]]
        desk.answer(claim, "好")
        claims[:1] = desk.inbox.claim(NOW, 1, claim.person_id)
    assert said == ["第0句", "第1句", "第2句"]


def test_a_lost_lease_writes_nothing(desk: Desk) -> None:
    desk.take("m1")
    (old,) = desk.inbox.claim(NOW, 1)
    later = NOW + inboxes.LEASE_SECONDS + 1
    (new,) = desk.inbox.claim(later, 1)
    with pytest.raises(LeaseLost):
        desk.answer(old, "zu spät")
    assert not desk.inbox.prolong(old, later) and desk.inbox.prolong(new, later)
    desk.answer(new, "好", now=later)
    assert desk.states() == ["queued"]


def test_bursts_are_one_message_and_never_wait_for_ever(desk: Desk) -> None:
    owner = KEYS.owner("push", "openid-1", "acc")
    for number in range(8):
        message = replace(HELLO, dedupe_key=f"m{number}")
        desk.inbox.take(message, f"第{number}句", owner, NOW + number, 1.2)
    assert desk.inbox.claim(NOW + 4.7, 1) == [], "still typing"
    (claim,) = desk.inbox.claim(NOW + 7, 1)
    assert len(desk.inbox.waiting(claim, ["push"])[1]) == 8
    assert inboxes.burst(["text", "text", "button", "text"]) == 2
    assert inboxes.burst(["button", "text"]) == inboxes.burst(["media"]) == 1


def test_pushes_keep_a_persons_order_and_are_claimed_once(desk: Desk) -> None:
    for sender in ("openid-1", "openid-2"):
        taken = desk.take(f"m-{sender}", sender)
        (claim,) = desk.inbox.claim(NOW, 1, taken.person_id)
        desk.answer(claim, "一", "二")
    with ThreadPoolExecutor(6) as pool:
        letters = [letter for found in pool.map(lambda _: desk.push(), range(6)) for letter in found]
    assert sorted(letter.reply.text for letter in letters) == ["一", "一"]
    assert desk.outbox.start(letters[0], Push.ALWAYS, NOW)
    assert not desk.outbox.start(letters[0], Push.ALWAYS, NOW), "started once only"
    desk.outbox.settle(letters[0], Delivery(Outcome.SENT), NOW)
    assert [letter.reply.text for letter in desk.push()] == ["二"]


def test_a_retry_waits_and_an_unknown_one_is_left_to_people(desk: Desk) -> None:
    (claim,) = desk.inbox.claim(NOW, 1, desk.take("m1").person_id)
    desk.answer(claim, "好")
    (letter,) = desk.push()
    assert desk.outbox.start(letter, Push.ALWAYS, NOW)
    assert desk.outbox.settle(letter, Delivery(Outcome.RETRY, "busy"), NOW).due_at == NOW + 2.0
    assert desk.push() == []
    (letter,) = desk.push(NOW + 3)
    assert letter.attempt == 1 and desk.outbox.start(letter, Push.ALWAYS, NOW + 3)
    over = NOW + 3 + LEASE_SECONDS
    assert desk.outbox.recover([], over) == {"unknown": 1}
    assert desk.push(over) == [] and desk.outbox.recover([], over) == {}
    assert desk.outbox.order_again(letter.id, over)
    (again,) = desk.push(over)
    assert (again.key, again.attempt) == (letter.key, 0)
    assert not desk.outbox.order_again(letter.id, over), "it is on its way"


def test_a_late_answer_settles_what_was_unknown(desk: Desk) -> None:
    (claim,) = desk.inbox.claim(NOW, 1, desk.take("m1").person_id)
    desk.answer(claim, "好")
    (letter,) = desk.push()
    desk.outbox.start(letter, Push.ALWAYS, NOW)
    desk.outbox.recover([], NOW + LEASE_SECONDS)
    desk.outbox.settle(letter, Delivery(Outcome.SENT), NOW + LEASE_SECONDS + 1)
    assert desk.states() == ["sent"]


def test_the_sixth_push_of_a_window_is_not_sent_but_kept(desk: Desk) -> None:
    window = Window("message", 5, 48 * 3600.0)
    (claim,) = desk.inbox.claim(NOW, 1, desk.take("m1", window=window).person_id)
    desk.answer(claim, *"一二三四五六")
    for _ in range(5):
        (letter,) = desk.push()
        assert desk.outbox.start(letter, Push.WINDOW, NOW)
        desk.outbox.settle(letter, Delivery(Outcome.SENT), NOW)
    (sixth,) = desk.push()
    assert not desk.outbox.start(sixth, Push.WINDOW, NOW)
    assert desk.states() == ["sent"] * 5 + ["queued"] and desk.push() == []
    taken = desk.take("m2", window=window)
    with desk.engine.begin() as connection:
        posting.wake(connection, taken.person_id, NOW)
    (sixth,) = desk.push()
    assert sixth.reply.text == "六" and desk.outbox.start(sixth, Push.WINDOW, NOW)


def test_windows_end_and_the_shorter_one_is_spent_first(desk: Desk) -> None:
    taken = desk.take("m1", window=Window("message", 5, 48 * 3600.0))
    desk.take("m2", window=Window("click", 1, 60.0))
    with desk.engine.begin() as connection:
        assert people.spend_window(connection, taken.person_id, NOW)
        rows = connection.execute(select(push_window.c.name, push_window.c.messages_left)).all()
        assert dict(rows) == {"message": 5, "click": 0}
        assert not people.spend_window(connection, taken.person_id, NOW + 48 * 3600)


def test_hurry_and_news(desk: Desk) -> None:
    taken = desk.take("m1")
    (claim,) = desk.inbox.claim(NOW, 1, taken.person_id)
    desk.answer(claim, "一", "二", due=NOW + 5)
    assert desk.push() == []
    rode = desk.outbox.claim_passive(taken, 1, NOW, hurry=True)
    desk.outbox.sent(rode, NOW)
    assert [letter.reply.text for letter in desk.push()] == ["二"]
    desk.outbox.recover([], NOW + LEASE_SECONDS)
    news = desk.outbox.claim_news(taken.person_id, 0, NOW)
    desk.outbox.sent(news, NOW)
    assert [letter.id for letter in desk.outbox.claim_news(taken.person_id, 0, NOW)] == [news[0].id]
    assert desk.outbox.claim_news(taken.person_id, news[0].id, NOW) == []


def test_people_who_left_and_reports_need_no_answer(desk: Desk) -> None:
    taken = desk.take("m1", kind=Kind.LEAVE)
    assert taken.done and desk.inbox.claim(NOW, 1) == []
    with desk.engine.connect() as connection:
        assert connection.execute(select(person.c.reachable)).scalar() is False
    assert desk.take("m2", kind=Kind.REPORT).done
    desk.take("m3")
    assert desk.inbox.oldest(["push"]) == NOW and desk.inbox.oldest(["another"]) is None


def test_a_message_under_a_dropped_key_is_given_up(desk: Desk) -> None:
    taken = desk.take("m1")
    with desk.engine.begin() as connection:
        connection.execute(update(person).values(address=b"x" * 40))
    (claim,) = desk.inbox.claim(NOW, 1, taken.person_id)
    with pytest.raises(people.Unreadable):
        desk.inbox.waiting(claim, [])
    with desk.engine.begin() as connection:
        inboxes.give_up(connection, claim, NOW)
        assert inboxes.release(connection, claim, NOW) is None
    assert desk.inbox.answered(taken.inbox_id)
    assert State("queued") not in desk.states()
