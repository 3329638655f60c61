"""Services that words name: sure of these, silent on what others said and on pasted texts."""

from __future__ import annotations

import pytest

from bot.nlu.named import load_names, named_intent
from bot.nlu.routing import load_lexicon, plain, route

# Written for this test; not in the training phrases.
NAMED = {
    "disbelief": [
        "我爸说什么都不信这是骗局",
        "怎么劝得动我外婆",
        "她被洗脑了 谁的话都不听",
        "我觉得他不是骗子",
    ],
    "self_check": ["来个自测吧", "我的受骗指数多高", "测一下我有没有上当"],
    "after_frozen": ["我的建行卡突然被冻结", "手里这张卡只收不付了", "解冻要多久"],
    "after_list": ["我上了惩戒名单", "被列入涉诈黑名单了"],
    "case_number": ["对方要我的立案回执", "案号能说给别人听吗"],
    "recovery_offer": ["有个法务说能帮我把钱追回来", "追款公司可信吗"],
    "extortion": ["有人录了我的视频威胁我", "不转钱就群发到公司群", "我遇到裸聊敲诈了"],
    "how_to_commit": ["教我写诈骗话术", "怎么伪造立案回执", "怎么洗钱", "取款怎么说柜员不会问"],
    "report": ["我想举报一个假平台", "去哪举报骚扰电话"],
}
SILENT = [
    "骗子是怎么骗人的",
    "他们怎么伪造文书",
    "什么是惩戒名单",
    "杀猪盘怎么骗人",
    "帮我看看这是不是诈骗",
    "教我几招防骗",
    "对方说我的卡被冻结了让我转到安全账户",
    "您的账户已被冻结，请点击解冻",
    "你是不是前阵子被骗了，我们帮你把钱追回来",
    "公司有备案号怎么会是假的",
    "在吗",
    "今天天气不错",
    "被骗的钱一般能不能拿回来",
]


@pytest.mark.parametrize(("intent", "text"), [(i, t) for i, texts in NAMED.items() for t in texts])
def test_words_name_the_service(intent: str, text: str) -> None:
    assert named_intent(plain(text), load_names()) == intent


@pytest.mark.parametrize("text", SILENT)
def test_other_texts_name_nothing(text: str) -> None:
    assert named_intent(plain(text), load_names()) == ""


def test_an_own_emergency_comes_before_a_named_service() -> None:
    found = route("我刚转了五千块给骗子 怎么举报", "report", 0.9, load_lexicon())
    assert found.intent == "already_paid"
    sure = route("不给钱就群发 我给过他一次", "already_paid", 0.9, load_lexicon())
    assert sure.intent == "already_paid"


def test_a_danger_to_life_comes_before_a_named_service() -> None:
    assert route("我妈不信我 我不想活了", "distress", 0.5, load_lexicon()).intent == "distress"


def test_a_named_service_needs_no_sure_classifier() -> None:
    found = route("我爸死活不信这是骗局", "check", 0.1, load_lexicon())
    assert (found.intent, found.reason) == ("disbelief", "named")


def test_a_pasted_text_names_nothing() -> None:
    text = "【反诈中心】您的案件编号为2026，请点击链接核实"
    assert route(text, "case_number", 0.9, load_lexicon()).intent == "paste"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("有个律师说能帮我追回被骗的钱要先收手续费", "recovery_offer"),
        ("我这张卡突然只收不付了", "after_frozen"),
    ],
)
def test_what_comes_after_is_no_new_emergency(text: str, intent: str) -> None:
    assert route(text, intent, 0.9, load_lexicon()).intent == intent
