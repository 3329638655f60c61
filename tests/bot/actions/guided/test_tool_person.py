"""The self-test: nothing hidden, the law with its article, the way out first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.actions.guided import times
from bot.actions.guided.play import Player
from bot.actions.guided.result import Told
from bot.actions.outcomes import tool_person

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=times.CHINA)
CLEAN = ["没有", "没有", "没有", "没有", "没有", "没做过"]


def put_to_the_test(*answers: str) -> Player:
    player = Player("tool_person", now=NOW)
    for answer in answers:
        player.say(answer)
    return player


def told(**answers: Any) -> Told:
    return Told("tool_person", answers, {}, 0, (), NOW, NOW)


def test_there_are_six_questions() -> None:
    player = Player("tool_person", now=NOW)
    assert len(player.flow.questions) == 6
    assert [question.ask[:3] for question in player.flow.questions] == [f"{n}/6" for n in range(1, 7)]


def test_nothing_found_is_said_without_calling_anything_safe() -> None:
    (message,) = put_to_the_test(*CLEAN).messages
    assert "都没对上" in message.text and message.card is None and "安全" not in message.text


@pytest.mark.parametrize(
    ("at", "answer", "law"),
    [
        (0, "给过", "第31条"),
        (1, "做过", "明知"),
        (2, "做过", "互联网账号"),
        (3, "做过", "第38条"),
        (4, "做过", "第14条"),
    ],
)
def test_each_deed_has_its_reason_and_its_law(at: int, answer: str, law: str) -> None:
    answers = [*CLEAN]
    answers[at] = answer
    (message,) = put_to_the_test(*answers).messages
    assert "先停手" in message.text and "对上1项" in message.text
    card: Any = message.card
    assert any(law in line for line in card["next"])
    assert card["first_line"].startswith("先停手") and card["contacts"][0]["number"] == "110"
    assert ("罚1到10倍" in str(card["next"])) == (at in (0, 2))


def test_going_on_in_spite_of_doubts_is_named() -> None:
    (message,) = put_to_the_test("给过", "做过", "没有", "没有", "没有", "还在做").messages
    assert "对上3项" in message.text
    assert "知道不对" in message.card["next"][0]  # type: ignore[index]


def test_an_offer_that_was_not_taken_is_praised_for_waiting() -> None:
    (message,) = put_to_the_test("有人要，还没给", *CLEAN[1:]).messages
    assert "还没做就好" in message.text


@pytest.mark.parametrize("words", ["没借过", "从来没有卖过", "没有", "不是，没给过"])
def test_a_no_with_the_deed_in_it_is_a_no(words: str) -> None:
    assert put_to_the_test(words).state.answers["lent"] == "none"


@pytest.mark.parametrize("words", ["借过一次", "卖了一张", "有，租了两个月"])
def test_a_yes_in_own_words_is_a_yes(words: str) -> None:
    assert put_to_the_test(words).state.answers["lent"] == "yes_did"


def test_going_back_changes_the_result() -> None:
    player = put_to_the_test("给过", "没有", "返回", "返回", "没有")
    assert player.state.answers["lent"] == "none"


def test_leaving_halfway_gives_what_is_known() -> None:
    assert tool_person.conclude(told(lent="yes_did")) != []
    player = put_to_the_test("给过", "退出")
    assert "对上1项" in player.messages[0].text
    player = put_to_the_test("退出")
    assert all("对上" not in message.text and "都没" not in message.text for message in player.messages)


def test_unsure_answers_are_no_acquittal() -> None:
    (message,) = tool_person.conclude(told(lent="none", moved=None))
    assert "说不清" in message.text


def test_the_unverified_penalty_is_not_stated() -> None:
    """The range of penalties of article 287-2 is confidence D in the facts."""
    text = str(tool_person.conclude(told(lent="yes_did", moved="yes_did", device="yes_did")))
    assert "三年以下" not in text and "3年以下" not in text and "287" not in text
