"""What rides on which request: on the newest one, again when it did not arrive, and never twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk_case import HELLO, KEYS, NOW, Desk
from sqlalchemy import Engine

from channels import inbox as inboxes
from channels import posting
from channels.base import Reply
from channels.deposits import Deposit
from channels.transitions import LEASE_SECONDS


@pytest.fixture
def desk(any_engine: Engine) -> Desk:
    return Desk(any_engine)


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
