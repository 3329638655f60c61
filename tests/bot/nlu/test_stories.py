"""Long tales: read piece by piece, told apart from what somebody else wrote; which emergency it is, and no driver's goods."""

from __future__ import annotations

import pytest

from bot.nlu.danger import Danger
from bot.nlu.features import LOOK_AT
from bot.nlu.routing import Route, load_lexicon, plain, route
from bot.nlu.weighing import is_own_story, weigh
from bot.nlu.windows import MOST, STEP, windows

LEXICON = load_lexicon()
PASTED = Route("paste", 1.0, "pasted")
STORY = (
    "我在网上认识一个人 聊了两个月 他说有个项目稳赚 我一开始不信 后来看他天天晒收益就动心了 "
    "上周把存的钱一笔一笔都投进去了 今天想取出来 客服说账户异常 现在谁都不理我"
)


@pytest.mark.parametrize("text", ["", "转了", "字" * LOOK_AT])
def test_a_short_text_is_one_piece(text: str) -> None:
    assert windows(text) == [text]


@pytest.mark.parametrize(
    "text", [STORY, STORY.replace(" ", ""), STORY.replace(" ", "，") * 3, "字" * 5000, " " * 99 + "x"]
)
def test_pieces_are_short_few_and_leave_nothing_out(text: str) -> None:
    pieces, seen = windows(text), plain(text)
    assert all(len(piece) <= LOOK_AT for piece in pieces) or len(pieces) == 1
    assert 1 <= len(pieces) <= MOST + 2
    for at in range(len(seen) - STEP // 2):
        inside = seen[at : at + STEP // 2]
        assert any(inside in piece for piece in pieces) or not inside.strip(), inside


def test_every_clause_of_a_story_begins_a_piece_or_stands_whole_in_one() -> None:
    pieces = windows(STORY)
    for clause in STORY.split():
        assert any(clause in piece for piece in pieces), clause


def test_the_persons_own_tale_may_be_an_emergency_though_it_is_long() -> None:
    assert is_own_story(STORY, LEXICON)
    assert weigh(PASTED, STORY, Danger(2.0, "already_paid"), LEXICON).route.intent == "already_paid"
    assert weigh(PASTED, STORY, Danger(0.0, "already_paid"), LEXICON).route.intent == "paste"


@pytest.mark.parametrize(
    "text",
    [
        "【某某银行】" + STORY,
        "对方：你好\n我：钱转过去了\n对方：请再转一笔",
        STORY + " 点击 https://a.example.cn 查看",
        "尊敬的客户 " + STORY,
        "新闻里说 " + STORY,
        "客户您好，账户存在异常，余额将被冻结，" * 4,
    ],
)
def test_what_somebody_else_wrote_is_none_however_sure_the_model_is(text: str) -> None:
    assert weigh(PASTED, text, Danger(9.0, "already_paid"), LEXICON).route.intent == "paste"


def test_a_question_for_knowledges_sake_is_not_overruled_and_ten_thousand_is_no_if() -> None:
    learn = Route("learn", 1.0, "hypothetical")
    asked = weigh(learn, "万一骗子还在线上先做什么", Danger(2.0, "on_the_line"), LEXICON)
    assert asked.route.intent == "learn" and asked.asks
    told = weigh(learn, "抢红包群里垫了一万一", Danger(2.0, "already_paid"), LEXICON)
    assert told.route.intent == "already_paid"
    assert not LEXICON.marks["what_if"].search("前面三万一拿不回来")
    assert LEXICON.marks["what_if"].search("万一拿不回来")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("验证码给了以后卡里的钱没了", "already_paid"),
        ("付款码发过去了 秒扣", "already_paid"),
        ("验证码给了他", "gave_info"),
    ],
)
def test_money_that_is_gone_comes_before_the_code_that_was_given(text: str, intent: str) -> None:
    found = Route("gave_info", 1.0, "own_emergency")
    assert weigh(found, text, Danger(5.0, "gave_info"), LEXICON).route.intent == intent


@pytest.mark.parametrize(
    "text", ["这单不敢想，货我已经交出去了", "包裹我已经交出去了咋办", "那袋东西刚送到了，越想越怪"]
)
def test_a_driver_who_handed_goods_over_lost_no_money(text: str) -> None:
    found = route(text, "already_paid", 0.9, LEXICON, {"already_paid": 0.9})
    assert (found.intent, found.reason) == ("driver_order", "goods")
    assert weigh(found, text, Danger(9.0, "already_paid"), LEXICON).route.intent == "driver_order"


@pytest.mark.parametrize(
    "text",
    ["货给他了 款没到 截图是假的", "单子做完了 我垫了三千没返", "包裹给他了 我的钱被扣了", "黄金交给他了"],
)
def test_a_seller_or_a_victim_did(text: str) -> None:
    assert route(text, "already_paid", 0.9, LEXICON, {"already_paid": 0.9}).reason != "goods"
