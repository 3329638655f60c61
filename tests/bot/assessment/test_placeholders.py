"""Personal data is found in every usual writing, and nothing else is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment.placeholders import PLACEHOLDER, find, mask, unmask

CARD = "6222021001116245702"  # passes Luhn
ID_CARD = "11010519491231002X"  # the example of GB 11643-1999


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("打我13800001234", "打我<手机号#1>"),
        ("打我138 0000 1234吧", "打我<手机号#1>吧"),
        ("打我１３８００００１２３４", "打我<手机号#1>"),
        ("+86 13800001234", "<手机号#1>"),
        ("一三八零零零零一二三四", "<手机号#1>"),
        ("加我微信abc_12345x", "加我微信<微信号#1>"),
        ("QQ:123456789", "QQ:<QQ号#1>"),
        (f"卡{CARD}", "卡<银行卡#1>"),
        (f"身份证{ID_CARD}", "身份证<身份证#1>"),
        ("验证码是 483920,别告诉别人", "验证码是 <验证码#1>,别告诉别人"),
        ("483920是您的验证码", "<验证码#1>是您的验证码"),
        ("写信到 xiao.hong@mail.example", "写信到 <邮箱#1>"),
        ("+85291234567打来", "<境外号码#1:+852>打来"),
        ("我叫王小明,住北京路12号3栋", "我叫<姓名#1>,住<地址#1>"),
        ("车牌粤B12345", "车牌<车牌#1>"),
        ("收款账号 6217 0000 1234 5678", "收款账号 <银行卡#1>"),
    ],
)
def test_masks(text: str, expected: str) -> None:
    assert mask(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "96110",
        "拨打110",
        "+86 10 12308",
        "12381发的短信",
        "订单号2024121012345678901",
        "转了30000元",
        "2026年11月22日",
        "http://a.example/13800",
        "第12345678号通知",
        "取件码6-3-2081",
        "我叫你别转",
        "三千五百六十七",
        "95588来电",
        "0512-96110",
        "1380000****",
        "工资条 5,300.00",
    ],
)
def test_leaves_alone(text: str) -> None:
    assert mask(text).text == text


def test_the_same_original_keeps_its_placeholder() -> None:
    first = mask("打13800001234")
    second = mask("还是138-0000-1234,或者13900001111", known=first.originals)
    assert second.text == "还是<手机号#1>,或者<手机号#2>"
    assert second.originals == {"<手机号#1>": "13800001234", "<手机号#2>": "13900001111"}


def test_a_written_placeholder_is_not_taken_for_ours() -> None:
    masked = mask("<手机号#1> 13800001234")
    assert masked.text == "<手机号#1> <手机号#2>"


def test_locate_leads_back() -> None:
    text = "喂13800001234是你吗"
    masked = mask(text)
    start = masked.text.index("是你")
    assert masked.locate(start, start + 2) == (text.index("是你"), text.index("是你") + 2)
    inside = masked.text.index("手")
    assert masked.locate(inside, inside + 2) == (1, 12)


digits = st.from_regex(r"1[3-9]\d{9}", fullmatch=True)
words = st.text(alphabet="我你他转账给请打收到了吗,。 abc", max_size=12)


@given(st.lists(st.tuples(words, digits), min_size=1, max_size=4), words)
def test_no_mobile_survives_and_its_owner_gets_it_back(parts: list[tuple[str, str]], tail: str) -> None:
    text = "".join(f"{word},{number}" + ";" for word, number in parts) + tail
    masked = mask(text)
    for _, number in parts:
        assert number not in masked.text
    assert unmask(masked.text, masked.originals) == text


@given(st.text(max_size=200))
def test_masking_is_idempotent_and_never_fails(text: str) -> None:
    once = mask(text)
    assert mask(once.text).text == once.text
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", PLACEHOLDER.sub("", once.text)) or not find(text)
