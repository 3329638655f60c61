"""Guides with steps: done, not found, another phone; nothing invented about menus."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.actions.guided import flow as flows
from bot.actions.guided import times
from bot.actions.guided.play import Player

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=times.CHINA)
GUIDES = ["howto_facetime", "howto_share", "howto_nfc", "howto_delay", "howto_numbers", "howto_bank"]
BRANDS = ["iPhone", "华为", "小米", "OPPO", "vivo", "荣耀", "其他"]


def played(flow: str, *answers: str, first: str = "") -> Player:
    player = Player(flow, first, now=NOW)
    for answer in answers:
        player.say(answer)
    return player


@pytest.mark.parametrize(
    ("words", "flow", "at"),
    [
        ("苹果手机facetime怎么关", "howto_facetime", "open"),
        ("华为手机nfc在哪里关", "howto_nfc", "search"),
        ("怎么停止屏幕共享", "howto_share", "phone"),
        ("微信延迟到账怎么设置", "howto_delay", "app"),
        ("怎么查名下银行卡", "howto_bank", "open"),
        ("一证通查怎么用", "howto_numbers", "way"),
        ("怎么打回去核实", "howto_call_back", "who"),
    ],
)
def test_the_words_open_the_right_guide_at_the_right_step(words: str, flow: str, at: str) -> None:
    player = played("howto", first=words)
    assert (player.flow.id, player.state.at) == (flow, at)


@pytest.mark.parametrize("flow", ["howto_facetime", "howto_share", "howto_nfc"])
def test_all_brands_are_there_and_can_be_changed_in_the_middle(flow: str) -> None:
    player = played(flow)
    assert [button["title"] for button in player.buttons][:7] == BRANDS
    player.say("iPhone")
    step = player.state.at
    player.say("换手机型号")
    assert player.state.at == "phone" and player.state.answers == {}
    player.say("苹果")
    assert player.state.at == step


def test_changing_the_phone_by_words_works_too() -> None:
    player = played("howto_nfc", "iPhone", "我想换个手机型号")
    assert player.state.at == "phone"


@pytest.mark.parametrize("flow", GUIDES)
def test_each_step_can_be_confirmed_or_not_found(flow: str) -> None:
    steps = [q for q in flows.load()[flow].questions if q.name.startswith(("第", "强制"))]
    assert steps
    for question in steps:
        ids = {option.id for option in question.options}
        assert ids & {"done", "fine"} and ids & {"lost", "strange"}, question.id


def test_only_settings_searches_are_named_and_no_key_combinations() -> None:
    for flow in [*GUIDES, "howto_call_back"]:
        text = str(flows.load()[flow].model_dump())
        assert not any(word in text for word in ("音量键", "组合键", "侧边键", "Home键", "开发者选项"))


RESULTS = [
    ("howto_facetime", ["华为"], "你的手机没有FaceTime"),
    ("howto_facetime", ["iPhone", "做完了", "做完了"], "关好了"),
    ("howto_facetime", ["iPhone", "找不到", "做完了", "要留着跟家人用"], "可以留着"),
    ("howto_facetime", ["iPhone", "找不到", "还是找不到"], "没找到也不要紧"),
    ("howto_share", ["小米", "做完了", "做完了", "没输过密码", "没少"], "停住了"),
    ("howto_share", ["小米", "做完了", "做完了", "做完了", "少了"], "现在就用另一部手机自己拨110"),
    ("howto_share", ["小米", "点不动、自己在动", "关不掉", "做完了", "做完了", "没少"], "关不掉就先断网"),
    ("howto_share", ["小米", "点不动、自己在动", "做完了", "做完了", "做完了", "没少"], "手机自己动过"),
    ("howto_nfc", ["vivo", "做完了", "做完了", "不是"], "关好了"),
    ("howto_nfc", ["iPhone", "找不到", "不是"], "找不到、关不掉也不要紧"),
    ("howto_nfc", ["iPhone", "找不到", "是"], "马上打卡背面"),
    ("howto_delay", ["微信", "做完了", "做完了"], "弄好了"),
    ("howto_delay", ["支付宝", "找不到", "先不调"], "找不到不要紧"),
    ("howto_delay", ["取款机", "找不到", "先不调"], "取款机转账不保证能撤"),
    ("howto_numbers", ["支付宝小程序", "做完了", "做完了", "有不认识的"], "打那家运营商"),
    ("howto_numbers", ["微信里的工信微报", "做完了", "提交不了", "跳过"], "查失败的"),
    ("howto_numbers", ["微信里的工信微报", "做完了", "做完了", "还没收到"], "再等等"),
    ("howto_numbers", ["微信里的工信微报", "做完了", "做完了", "都是自己的"], "好"),
    ("howto_bank", ["做完了", "做完了", "有不认识的"], "带身份证去那家银行"),
    ("howto_bank", ["做完了", "做完了", "还没出报告"], "不急"),
    ("howto_bank", ["做完了", "做完了", "都是自己的"], "好"),
    ("howto_bank", ["找不到"], "查不了不要紧"),
    ("howto_call_back", ["警察、法院", "他不让我挂", "还是挂不掉", "打不通"], "直接关机"),
    ("howto_call_back", ["银行", "做完了", "打通了，没这回事"], "那就是有人冒充"),
    ("howto_call_back", ["银行", "做完了", "打通了，真有其事"], "真有其事"),
    ("howto_call_back", ["警察、法院", "做完了", "打不通"], "自己拨110问"),
    ("howto_call_back", ["银行", "做完了", "打不通"], "翻过银行卡"),
    ("howto_call_back", ["平台、快递客服", "做完了", "打不通"], "自己打开那个App"),
    ("howto_call_back", ["家人、熟人", "做完了", "打不通"], "打他原来的号码"),
    ("howto_call_back", ["使领馆", "做完了", "打不通"], "自己手动按12308"),
    ("howto_call_back", ["航空公司、铁路", "做完了", "打不通"], "在官方App里"),
]


@pytest.mark.parametrize(("flow", "answers", "begins"), RESULTS)
def test_every_way_through_a_guide_ends_with_its_words(flow: str, answers: list[str], begins: str) -> None:
    player = played(flow, *answers)
    assert player.state.status == "done", player.text
    assert player.messages[0].text.startswith(begins), player.messages[0].text


def test_the_hint_for_finding_the_settings_is_given_and_the_step_asked_again() -> None:
    player = played("howto_nfc", "华为", "在哪里找")
    assert "齿轮" in player.text and player.state.at == "search"


def test_an_unknown_wish_offers_the_list_again() -> None:
    player = played("howto", "不知道")
    assert player.state.status == "done" and any("howto" in button["payload"] for button in player.buttons)
