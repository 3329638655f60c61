"""Traditional characters for those who write them; the person's own words stay as they are."""

from __future__ import annotations

import pytest

from channels.base import Button, Reply
from channels.script import SIMPLIFIED, TRADITIONAL, in_script, script_of, to_traditional


@pytest.mark.parametrize(
    ("text", "before", "script"),
    [
        ("我被騙了五萬塊", SIMPLIFIED, TRADITIONAL),
        ("我被骗了五万块", TRADITIONAL, SIMPLIFIED),
        ("help me", TRADITIONAL, TRADITIONAL),
        ("30000", TRADITIONAL, TRADITIONAL),
        ("好的", TRADITIONAL, TRADITIONAL),
        ("收款人是張三", SIMPLIFIED, SIMPLIFIED),
        ("打<手机号#1>", TRADITIONAL, TRADITIONAL),
    ],
)
def test_which_script_a_text_shows(text: str, before: str, script: str) -> None:
    assert script_of(text, before) == script


def test_replies_are_turned_but_payloads_and_own_words_are_not() -> None:
    card = {
        "kind": "card_110",
        "read": "请求紧急止付。收款方：范后里。",
        "facts": [{"name": "收款方", "value": "范后里", "own": True}],
        "timer": {"at": 1.5, "text": "距离转账"},
    }
    (reply,) = in_script((Reply("别转账", (Button("钱转了", '/answer{"a":"转"}'),), card),), TRADITIONAL)
    assert reply.text == "別轉賬" and reply.buttons == (Button("錢轉了", '/answer{"a":"转"}'),)
    assert reply.card is not None
    assert reply.card["read"] == "請求緊急止付。收款方：范后里。", "a payee's name is copied letter by letter"
    assert reply.card["kind"] == "card_110" and reply.card["timer"] == {"at": 1.5, "text": "距離轉賬"}


def test_simplified_replies_are_left_alone() -> None:
    replies = (Reply("别转账"),)
    assert in_script(replies, SIMPLIFIED) is replies
    assert to_traditional("") == ""


def test_placeholders_are_left_alone_so_that_the_originals_find_their_place() -> None:
    assert (
        to_traditional("转账到<银行卡#1>，<手机号#2:+852>的电话") == "轉賬到<银行卡#1>，<手机号#2:+852>的電話"
    )
