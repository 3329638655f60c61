"""Personal data is found in every usual writing, and nothing else is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
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
        ("打138.0000.1234", "打<手机号#1>"),
        ("1 3 8 0 0 0 0 1 2 3 4", "<手机号#1>"),
        ("一三八 零零零零 一二三四", "<手机号#1>"),
        ("13八0000幺二34", "<手机号#1>"),
        ("①③⑧⓪⓪⓪⓪①②③④", "<手机号#1>"),
        ("身份证一一零一零五一九四九一二三一零零二X", "身份证<身份证#1>"),
        ("身份证110105491231002", "身份证<身份证#1>"),
        ("身份证号 110105194912310021 写错一位", "身份证号 <身份证#1> 写错一位"),
        ("卡号六二二二零二一零零一一一六二四五七零二", "卡号<银行卡#1>"),
        ("验证码是四八三九二零", "验证码是<验证码#1>"),
        ("四八三九二零是您的验证码", "<验证码#1>是您的验证码"),
        ("支付密码是483920", "支付密码是<密码#1>"),
        ("密码:abc12345", "密码:<密码#1>"),
        ("护照E12345678", "护照<证件号#1>"),
        ("医保卡号 123456789", "医保卡号 <证件号#1>"),
        ("扣扣一二三四五六七八九", "扣扣<QQ号#1>"),
        ("座机021 6234 5678", "座机<固话#1>"),
        ("粤 B 12345", "<车牌#1>"),
        ("我的名字是李雷", "我的名字是<姓名#1>"),
        ("收件人：王芳 电话", "收件人：<姓名#1> 电话"),
        ("家住幸福小区三栋二单元五零一", "家住<地址#1>"),
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
        "一二三四五六七八九十",
        "密码不要给别人",
        "密码锁坏了",
        "验证码三天没收到",
        "护照丢了",
        "基金代码110011",
        "股票600519",
        "客服电话4008001234",
        "邮箱里有封信",
        "我叫他不要转",
        "联系人马上来",
        "价格13.5 15.2 16.8 12",
        "2026-11-22 10:30",
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


tokens = st.sampled_from(
    [
        *"我叫王小明住在路号是的您 ,。:-.\n",
        *"一三八零幺两138069X",
        *("验证码", "密码", "身份证", "卡号", "QQ", "护照E12345678", "电话", "138", "0000", "一二三四"),
        *("13800001234", "6222021001116245702", "<手机号#1>", "北京路12号", "粤B", "a1b2c3", "@mail.example"),
    ]
)


@settings(max_examples=600, deadline=None)
@given(st.lists(tokens, max_size=30).map("".join))
def test_masking_a_masked_text_changes_nothing(text: str) -> None:
    once = mask(text)
    assert mask(once.text).text == once.text
    assert not PLACEHOLDER.sub("", unmask(once.text, once.originals)).count("#")


def test_only_the_same_number_shares_a_placeholder() -> None:
    masked = mask("北京路1200号,南京路1200号;打一三八零零零零一二三四或者138-0000-1234")
    assert masked.text == "<地址#1>,<地址#2>;打<手机号#1>或者<手机号#1>"
    assert unmask(masked.text, masked.originals).startswith("北京路1200号,南京路1200号;")


@given(st.text(max_size=200))
def test_masking_is_idempotent_and_never_fails(text: str) -> None:
    once = mask(text)
    assert mask(once.text).text == once.text
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", PLACEHOLDER.sub("", once.text)) or not find(text)
