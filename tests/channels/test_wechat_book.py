"""The ledger's judge: what is lost, doubled, told, unknown or out of order is seen."""

from __future__ import annotations

import hashlib
from typing import Any

from channels.slips import CAUSE
from tests.fakes.wechat.book import Balance, Letter, Message, balance, trace

Line = dict[str, Any]


class Street:
    """Builds a ledger and the gateway's book beside it."""

    def __init__(self) -> None:
        self.ledger: list[Line] = []
        self.messages: dict[str, Message] = {}
        self.letters: list[Letter] = []

    def said(self, number: int, stored: bool = True, person: int = 1, done: float | None = None) -> None:
        self._note("said", person, number=str(number), text=f"问{number}")
        if stored:
            digest = hashlib.sha256(f"m:{number}".encode()).hexdigest()
            self.messages[digest] = Message(number, person, "done", float(number) if done is None else done)

    def wrote(
        self,
        number: int,
        text: str,
        state: str = "sent",
        written: float = 0.0,
        via: str = "passive",
        cause: str = "",
    ) -> None:
        rode_on = number if via == "passive" else 0
        at = len(self.letters) + 1
        self.letters.append(Letter(at, 1, number, state, via, written, text, rode_on, cause))

    def came(self, text: str, way: str = "passive", number: int = 0) -> None:
        self._note(way, 1, number=str(number), text=text)

    def told(self, number: int) -> None:
        self._note("unavailable", 1, number=str(number), why="no answer")

    def balance(self) -> Balance:
        return balance(self.ledger, (self.messages, self.letters))

    def _note(self, way: str, person: int, **more: Any) -> None:
        at = len(self.ledger)
        self.ledger.append({"n": at, "at": float(at), "way": way, "openid": f"p{person}", **more})


def test_a_whole_ledger_balances_also_with_messages_answered_as_one() -> None:
    street = Street()
    street.said(1)
    street.wrote(1, "甲")
    street.came("甲", number=1)
    street.said(2, done=9.0)
    street.said(3, done=9.0)
    street.wrote(3, "乙", via="push")
    street.came("乙", "custom")
    found = street.balance()
    assert found.good and (found.sent, found.passive, found.pushed) == (3, 1, 2)


def test_what_was_stored_and_never_came_is_lost() -> None:
    street = Street()
    street.said(1)
    street.wrote(1, "甲")
    street.said(2, stored=False)
    assert (street.balance().lost, street.balance().good) == (2, False)
    street.told(2)
    assert (street.balance().lost, street.balance().told) == (1, 1)


def test_an_answer_that_came_twice_is_seen_however_it_came() -> None:
    street = Street()
    street.said(1)
    street.wrote(1, "甲")
    street.came("甲", number=1)
    street.came("甲", "custom")
    assert street.balance().doubled == 1
    other = Street()
    other.said(1)
    other.wrote(1, "甲", written=1.0)
    other.wrote(1, "乙", written=2.0, via="push")
    other.came("甲", number=1)
    other.came("乙", "custom")
    assert other.balance().doubled == 1


def test_hotlines_given_without_the_database_and_then_an_answer_are_two() -> None:
    street = Street()
    street.said(1, stored=False)
    street.came("打110", number=1)
    assert street.balance().unstored == 1 and street.balance().good
    street = Street()
    street.said(1)
    street.came("打110", number=1)
    street.wrote(1, "甲", via="push")
    street.came("甲", "custom")
    assert street.balance().doubled == 1


def test_what_the_gateway_calls_unknown_is_no_loss_but_is_named() -> None:
    street = Street()
    street.said(1)
    street.wrote(1, "甲", state="unknown")
    assert (street.balance().unknown, street.balance().lost) == (1, 0)


def test_an_answer_before_an_earlier_one_is_seen() -> None:
    street = Street()
    for number, text in ((1, "甲"), (2, "乙")):
        street.said(number)
        street.wrote(number, text, via="push")
    street.came("乙", "custom")
    street.came("甲", "custom")
    assert (street.balance().disordered, street.balance().good) == (1, False)


def test_the_same_words_twice_are_told_apart_by_their_message_and_their_way() -> None:
    street = Street()
    for number in (1, 2, 3):
        street.said(number)
    street.told(1)
    street.wrote(1, "打110")
    street.wrote(2, "甲", via="push")
    street.wrote(3, "打110", via="push")
    street.came("甲", "custom")
    street.came("打110", "custom")
    found = street.balance()
    assert (found.told, found.pushed, found.disordered, found.lost) == (1, 2, 0, 0)
    street.came("打110", number=1)
    assert street.balance().disordered == 1


def test_hotlines_on_a_request_are_not_taken_for_the_same_words_on_another_one() -> None:
    street = Street()
    street.said(1, stored=False)
    street.said(2)
    street.wrote(2, "打110")
    street.came("打110", number=1)
    street.came("打110", number=2)
    found = street.balance()
    assert (found.unstored, found.passive, found.lost, found.doubled) == (1, 1, 0, 0)


def test_an_answer_that_was_taken_back_because_the_hotlines_went_out_is_none() -> None:
    street = Street()
    street.said(1)
    street.wrote(1, "甲", state="dead", via="", written=1.0)
    street.wrote(1, "打110", written=2.0, cause=CAUSE)
    street.came("打110", number=1)
    assert (street.balance().unstored, street.balance().passive, street.balance().good) == (1, 0, True)


def test_a_fault_is_named_with_all_that_is_known_of_its_message() -> None:
    street = Street()
    street.said(1)
    street.wrote(1, "甲", state="sent")
    found = street.balance()
    assert found.faulty == {"1": ["lost"]}
    lines = trace("1", street.ledger, (street.messages, street.letters))
    assert any("said 1" in line for line in lines) and any("letter 1" in line for line in lines)
