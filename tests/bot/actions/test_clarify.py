"""Typed and pressed answers; which questions are left."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.clarify import LONGEST_ANSWER, ValidateClarifyForm, read_answer

ALL = ["clarify_want", "clarify_who", "clarify_way", "clarify_hurry"]


@pytest.mark.parametrize(
    ("slot", "said", "option"),
    [
        ("clarify_want", "transfer", "transfer"),
        ("clarify_want", "让我给他打两千块钱", "transfer"),
        ("clarify_want", "要我把短信里的验证码念给他", "code"),
        ("clarify_want", "叫我下载个会议软件", "share"),
        ("clarify_want", "没要求什么", "nothing"),
        ("clarify_want", "我也说不清", "unknown"),
        ("clarify_who", "他自称是银行的", "claims_official"),
        ("clarify_who", "说是我舅舅", "claims_known"),
        ("clarify_who", "不认识", "stranger"),
        ("clarify_way", "抖音上刷到的广告", "web"),
        ("clarify_hurry", "没有", "no"),
        ("clarify_hurry", "他说不能告诉家里人", "secret"),
        ("clarify_hurry", "又催我又让我保密", "both"),
        ("clarify_hurry", "嗯", "hurry"),
    ],
)
def test_answers_are_read(slot: str, said: str, option: str) -> None:
    assert read_answer(slot, said) == option


def test_a_free_answer_is_kept_as_typed_but_bounded() -> None:
    assert read_answer("clarify_way", "飞鸽传书") == "飞鸽传书"
    assert len(read_answer("clarify_way", "鸽" * 5000) or "") == LONGEST_ANSWER
    assert read_answer("clarify_way", None) is None


@pytest.mark.parametrize(
    ("want", "left"),
    [
        (None, ALL),
        ("nothing", ALL[:2]),
        ("transfer", [ALL[0], ALL[1], ALL[3]]),
        ("group", ALL),
        ("别的", ALL),
    ],
)
def test_two_to_four_questions(want: str | None, left: list[str], talk: Any) -> None:
    talk.slots = {"clarify_want": want}
    form = ValidateClarifyForm()
    got = asyncio.run(form.required_slots(list(ALL), CollectingDispatcher(), talk.tracker("x"), {}))
    assert got == left


@pytest.mark.parametrize("slot", ALL)
def test_each_slot_is_validated(slot: str) -> None:
    validate = getattr(ValidateClarifyForm(), f"validate_{slot}")
    assert asyncio.run(validate("不知道", None, None, {})) == {slot: "unknown"}
