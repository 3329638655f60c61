"""Drivers, students, guides with steps, the self-test and the school's code: named by words, silent on others'."""

from __future__ import annotations

import pytest

from bot.nlu.named import load_names, named_intent
from bot.nlu.routing import load_lexicon, plain, route

# Written for this test; not in the training phrases.
NAMED = {
    "school_code": ["学校代码 KJDX08", "校码 BJ77", "QHDX2025"],
    "tool_person": ["我怕自己成了工具人", "做一下两卡自测", "我这样算帮信罪吗"],
    "howto": [
        "怎么把nfc关掉",
        "教我查名下的手机号",
        "转账限额在哪改",
        "一证通查怎么弄",
        "手机防骗设置教一下",
    ],
    "student_topic": ["校园里常见的诈骗", "学生防骗讲一讲", "校园骗局有几种", "留学生遇到假使馆怎么办"],
    "driver_order": [
        "这单能送不能送",
        "接到一个怪单子",
        "我是跑腿的，客人给我一个封死的盒子",
        "俺是开出租的，老太太让捎一包东西",
        "可疑订单",
    ],
}
SILENT = [
    "什么叫工具人",
    "我是司机",
    "我是外卖员",
    "我是学生",
    "快递员说您的快递丢了",
    "您的学校代码已失效请点击",
    "他让我打开NFC贴卡",
    "屏幕共享有什么风险",
    "NFC怎么被盗刷的",
    "这单位靠谱吗",
    "微信转账到账了吗",
    "客服说我开了百万保障",
]


@pytest.mark.parametrize(("intent", "text"), [(i, t) for i, texts in NAMED.items() for t in texts])
def test_words_that_name_a_service_lead_there_whatever_the_classifier_says(intent: str, text: str) -> None:
    for guess in ("check", "learn", "out_of_scope"):
        assert route(text, guess, 0.9, load_lexicon()).intent == intent


@pytest.mark.parametrize("text", SILENT)
def test_other_words_are_left_to_the_classifier(text: str) -> None:
    assert named_intent(plain(text), load_names()) not in NAMED
