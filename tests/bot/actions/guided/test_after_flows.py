"""What comes after: frozen accounts, lists, strangers, extortion, children, shame. No fee, no payment, people first."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from bot.actions.guided import flow as flows
from bot.actions.guided import times
from bot.actions.guided.hearing import Heard, weigh
from bot.actions.guided.play import Player
from bot.actions.guided_form import flow_for

MINE = (
    "after_frozen",
    "after_list",
    "case_number",
    "recovery_offer",
    "extortion",
    "distress",
    "minor",
    "self_check",
)


def play(flow_id: str, *answers: str, first: str = "") -> Player:
    player = Player(flow_id, first)
    for answer in answers:
        player.say(answer)
    while player.state.status == "open":
        player.say("跳过")
    return player


def said(player: Player) -> str:
    return player.text + json.dumps([m.card for m in player.messages], ensure_ascii=False)


@pytest.mark.parametrize(
    ("intent", "flow_id"),
    [
        ("report", "report"),
        ("verify_official", "verify_official"),
        ("disbelief", "disbelief"),
        ("self_check", "self_check"),
        ("after_frozen", "after_frozen"),
        ("after_list", "after_list"),
        ("case_number", "case_number"),
        ("recovery_offer", "recovery_offer"),
        ("extortion", "extortion"),
        ("distress", "distress"),
        ("minor_threatened", "minor"),
    ],
)
def test_each_intent_begins_its_conversation(intent: str, flow_id: str) -> None:
    assert flow_for(intent, "x") == flow_id


@pytest.mark.parametrize("flow_id", MINE)
def test_no_end_promises_money_back_or_safety(flow_id: str) -> None:
    for end in flows.load()[flow_id].ends:
        card = end.card.model_dump_json() if end.card else ""
        for word in ("一定能追回", "肯定能追回", "保证追回", "绝对安全", "你很安全", "百分之百"):
            assert word not in end.text + card


def test_a_fee_for_unfreezing_is_refused_and_a_paid_one_is_an_emergency() -> None:
    assert play("after_frozen", "银行卡", "没说原因", "有人要我交钱").text.startswith("别交")
    assert "请求紧急止付" in play("after_frozen", "银行卡", "没说原因", "已经交了").text


def test_frozen_by_the_police_after_ones_own_report_or_by_the_bank() -> None:
    police = said(play("after_frozen", "银行卡", "公安冻结的", "没有人要钱"))
    assert "6个月" in police and "解冻费" in police
    assert "不收费" in said(play("after_frozen", "银行卡", "我报案后止付的", "没有人要钱"))
    assert "申诉" in said(play("after_frozen", "手机卡", "没说原因", "没有人要钱"))


def test_a_frozen_account_on_a_list_goes_on_with_the_list() -> None:
    player = Player("after_frozen")
    for answer in ("银行卡", "惩戒、名单", "没有人要钱"):
        player.say(answer)
    assert player.flow.id == "after_list" and player.state.status == "open"


def test_the_list_tells_years_rights_and_what_is_kept() -> None:
    long = said(play("after_list", "收到书面告知", "要多久"))
    for words in ("3年", "2年", "不超过5年", "申诉", "基本的金融和通信服务"):
        assert words in long
    assert "自己拨110核实" in play("after_list", "只有人打电话说").text


def test_a_stranger_gets_no_case_number() -> None:
    assert play("case_number", "自称警察", "还没给", "没提钱").text.startswith("不用给他")
    assert "请求紧急止付" in play("case_number", "说能帮我追回", "已经给了", "已经交了").text


def test_recovery_for_a_fee_is_a_second_swindle() -> None:
    assert "二次诈骗" in play("recovery_offer", "黑客、技术", "要我先交", "什么都没给", "就这些").text
    assert "冻结自己的卡" in play("recovery_offer", "律师、法务", "没提钱", "验证码、密码", "就这些").text
    assert "请求紧急止付" in play("recovery_offer", first="律师说能追回，我已经交了三千").text


@pytest.mark.parametrize("paid", ["给过了", "一分没给", "跳过"])
@pytest.mark.parametrize("age", ["满了", "还没满", "跳过"])
@pytest.mark.parametrize("app", ["装过", "没有", "跳过"])
def test_extortion_never_pays_and_shames_nobody(paid: str, age: str, app: str) -> None:
    result = said(play("extortion", paid, age, app))
    assert "110" in result and "一分钱都别给" in result
    assert "这不是你的错" in result
    assert "爸妈" in play("extortion", "一分没给", "还没满", "没有").text


def test_the_opening_of_extortion_says_not_to_pay_first() -> None:
    assert Player("extortion", "有人拿视频威胁我").text.startswith("一次都不付")


def test_a_child_is_told_that_no_policeman_arrests_on_the_net() -> None:
    player = Player("minor", "有警察叔叔说要抓我")
    assert "警察叔叔不会在网上抓人" in player.text and "爸爸妈妈或老师" in player.text
    assert "陪你打110" in play("minor", "我是小朋友", "拍照、视频", "就这些", "还没有").text
    assert play("minor", "我是家长", "付出去了").text.startswith("先抱抱孩子")
    assert "警察不会在网上抓人" in play("minor", "我是老师", "还没有").text


def test_distress_gives_the_lifelines_before_the_first_question() -> None:
    player = Player("distress", "我觉得自己太蠢了")
    opening = player.messages[0]
    for number in ("110", "120", "12356"):
        assert number in opening.text
    assert opening.card and opening.card["title"]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("有这个念头", "先护住自己"),
        ("我不想活了", "先护住自己"),
        ("没有，就是难受", ""),
        ("我妈想不开", "别让他一个人待着"),
    ],
)
def test_who_is_in_danger_gets_110_and_120_first(words: str, first: str) -> None:
    player = Player("distress")
    player.say(words)
    if not first:
        assert player.state.status == "open"
        return
    assert player.text.startswith(first) and "110或120" in player.text


@pytest.mark.parametrize("worry", ["不敢跟家里说", "怪自己笨", "钱没了怎么办", "怕人笑话", "跳过"])
def test_shame_is_met_with_one_small_step(worry: str) -> None:
    result = said(play("distress", "没有，就是难受", worry))
    assert "12356" in result
    assert "怎么会信" not in result


def test_what_happened_may_sound_like_another_service() -> None:
    """Told where a text is asked for it is the answer; at another question it leads there."""
    player = Player("report", "我要举报")
    for answer in ("骗人的电话", "在国内", "跳过", "跳过"):
        player.say(answer)
    now = datetime.now(times.CHINA)
    tale = "有人录了视频威胁我要钱"
    assert weigh(player.state, tale, "extortion", 1.0, now) is Heard.ANSWER
    opened = Player("report", "我要举报")
    opened.say("骗人的电话")
    assert weigh(opened.state, tale, "extortion", 1.0, now) is Heard.ELSEWHERE
