"""Inbox and outbox on both databases: once, in order, one worker for each person, nothing claimed twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select, text, update

from channels import inbox as inboxes
from channels import people, posting
from channels.base import Delivery, Inbound, Kind, Outcome, Push, Reply, Window
from channels.deposits import Deposit
from channels.inbox import Claim, Inbox, LeaseLost
from channels.keys import derive
from channels.outbox import Letter, Outbox
from channels.taken import Taken
from channels.transitions import LEASE_SECONDS, State
from storage.tables import outbox as outbox_table
from storage.tables import person, push_window

KEYS = derive([b"k" * 32])
NOW = 1_000_000.0
HELLO = Inbound("push", "openid-1", "你好", account="acc", dedupe_key="m1")


class Desk:
    """An inbox, an outbox, and short names for what the tests do with them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.inbox, self.outbox = Inbox(engine, KEYS), Outbox(engine, KEYS, lambda: 1.0)

    def take(self, number: str, sender: str = "openid-1", now: float = NOW, **more: object) -> Taken:
        message = replace(HELLO, sender=sender, dedupe_key=number, **more)  # type: ignore[arg-type]
        owner = KEYS.owner("push", sender, "acc")
        return self.inbox.take(message, message.text, owner, now)

    def answer(self, claim: Claim, *words: str, due: float | None = NOW, now: float = NOW) -> list[int]:
        _, batch = self.inbox.waiting(claim, [])
        with self.engine.begin() as connection:
            inboxes.fence(connection, claim)
            ids = [waiting.inbox_id for waiting in batch]
            inboxes.finish(connection, ids, now)
            replies = [(Reply(word), False) for word in words]
            posting.add(connection, KEYS, claim.person_id, replies, now, due, inbox_id=ids[-1])
            inboxes.release(connection, claim, now)
        return ids

    def push(self, now: float = NOW) -> list[Letter]:
        return self.outbox.claim_push(["push"], 10, now)

    def states(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.scalars(select(outbox_table.c.state).order_by(outbox_table.c.id)))


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


def test_a_passive_answer_is_given_again_to_a_later_request_only(desk: Desk) -> None:
    taken = desk.take("m1")
    (claim,) = desk.inbox.claim(NOW, 1, taken.person_id)
    desk.answer(claim, "一", "二", due=NOW + 5)
    first = desk.outbox.claim_passive(taken, 1, NOW + 1)
    assert [letter.reply.text for letter in first] == ["一"]
    desk.outbox.sent(first, NOW + 1)
    assert desk.outbox.claim_passive(taken, 1, NOW + 1)[0].reply.text == "二", (
        "the same request asks for more"
    )
    later = desk.take("m1")
    assert desk.outbox.claim_passive(taken, 0, NOW + 5) == [], "the platform has hung up on this one"
    again = desk.outbox.claim_passive(later, 0, NOW + 5)
    assert [letter.reply.text for letter in again] == ["一", "二"]


def test_an_answer_that_was_taken_up_late_goes_to_the_next_request_all_the_same(desk: Desk) -> None:
    first = desk.take("m1")
    second = desk.take("m1", now=NOW + 5)  # the platform hung up after five seconds and asks again
    (claim,) = desk.inbox.claim(NOW, 1, first.person_id)
    desk.answer(claim, "一", due=NOW + 9, now=NOW + 5.2)
    assert desk.outbox.claim_passive(first, 1, NOW + 5.3, hurry=True) == []
    assert [one.reply.text for one in desk.outbox.claim_passive(second, 1, NOW + 5.4, hurry=True) or ()] == [
        "一"
    ]


def test_what_rode_on_the_request_of_another_message_is_given_again_with_that_message(desk: Desk) -> None:
    first, second = desk.take("m1"), desk.take("m2", now=NOW + 1)
    (claim,) = desk.inbox.claim(NOW + 1, 1, first.person_id)
    _, batch = desk.inbox.waiting(claim, ["push"])
    with desk.engine.begin() as connection:
        inboxes.finish(connection, [waiting.inbox_id for waiting in batch], NOW + 1)
        replies = [(Reply("一起"), False)]
        posting.add(connection, KEYS, claim.person_id, replies, NOW + 1, NOW + 5, inbox_id=batch[-1].inbox_id)
    assert len(desk.outbox.claim_passive(first, 1, NOW + 2, hurry=True) or ()) == 1  # answers the second one
    assert desk.outbox.claim_passive(second, 1, NOW + 2, hurry=True) == []
    again = desk.outbox.claim_passive(desk.take("m1", now=NOW + 5), 1, NOW + 5, hurry=True) or []
    assert [letter.reply.text for letter in again] == ["一起"]


def test_what_was_not_written_to_the_line_is_given_back_unless_a_newer_request_has_it(desk: Desk) -> None:
    taken = desk.take("m1")
    (claim,) = desk.inbox.claim(NOW, 1, taken.person_id)
    desk.answer(claim, "一", due=NOW + 5)
    desk.outbox.claim_passive(taken, 1, NOW + 1)
    desk.outbox.recover([], NOW + 1 + LEASE_SECONDS)
    assert desk.states() == ["unknown"]
    desk.outbox.not_sent(taken, NOW + 25)
    assert [letter.reply.text for letter in desk.push(NOW + 25)] == ["一"]
    later = desk.take("m2")
    (claim,) = desk.inbox.claim(NOW, 1, later.person_id)
    desk.answer(claim, "二", due=NOW + 5)
    desk.outbox.claim_passive(later, 1, NOW + 1)
    desk.outbox.claim_passive(desk.take("m2"), 1, NOW + 6)
    desk.outbox.not_sent(later, NOW + 7)
    assert desk.states()[-1] == "sending"


def test_the_same_request_stored_again_is_one_delivery(desk: Desk) -> None:
    owner = KEYS.owner("push", "openid-1", "acc")
    deposit = Deposit(HELLO, "你好", owner, NOW)
    first, again = (desk.inbox.take_all([deposit])[0] for _ in range(2))
    assert first == again and (again.fresh, again.deliveries) == (True, 1)
    assert desk.take("m1").deliveries == 2
    nameless = Deposit(replace(HELLO, dedupe_key=""), "你好", owner, NOW)
    assert len({desk.inbox.take_all([nameless])[0].inbox_id for _ in range(2)}) == 1


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
